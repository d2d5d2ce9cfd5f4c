# SPDX-License-Identifier: GPL-2.0
"""What differs from one architecture to the next."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    """An architecture that the kernel is built for and QEMU emulates."""

    name: str
    uname: str
    """What uname, QEMU and compilers call it."""
    kbuild: str
    """What the kernel's make calls it."""
    debian: str
    image: str
    objects: int
    """Roughly how many objects a build from nothing makes, for progress."""
    machine: tuple[str, ...]
    console: str
    cmdline: str = ""
    cpu: tuple[str, ...] = ("-cpu", "max")
    """The processor that QEMU emulates."""
    accelerator: tuple[str, ...] = ("-accel", "tcg,thread=multi")
    """How QEMU runs the CPUs that it emulates, where nothing else is asked for."""
    hypervisor: tuple[str, ...] = ()
    """How QEMU gives a guest what KVM needs, unless it does anyway."""
    old_cpu: tuple[str, ...] = ()
    """One that lacks what the kernel then does in software, if that concerns rseq."""
    kvm_flags: frozenset[str] = frozenset()
    """Flags of a host's processor that can run KVM. Without any, KVM is not used."""
    toolchains: tuple[str, ...] = ("clang", "gcc")
    """The compilers that Rust for Linux goes with."""
    inlines_helpers: bool = True
    """Whether Kconfig offers RUST_INLINE_HELPERS."""
    needs_patches: frozenset[str] = frozenset()
    """Options that the kernel only has with our patches, apart from RSEQ_RUST."""
    compat: str = ""
    """The GNU triplet of the 32-bit programs that tests run."""
    ours: tuple[str, ...] = ()
    """Our selftests of this architecture alone."""
    suites: tuple[str, ...] = ()
    """Selftests of the kernel that are of use here, besides those of use everywhere."""
    reference: str = "c"
    """The implementation that the kernel's selftests compare ours with."""
    rust_cpu: str = ""
    """What rustc calls the processor, unless it is what all call it."""
    release: str = ""
    """The Debian release that its programs come from, if not every release has it."""

    @property
    def native(self) -> bool:
        return os.uname().machine == self.uname

    @property
    def triplet(self) -> str:
        return f"{self.uname}-linux-gnu"

    @property
    def rust(self) -> str:
        """What rustc calls programs for it."""
        return f"{self.rust_cpu or self.uname}-unknown-linux-gnu"

    @property
    def cross_compile(self) -> str:
        """What names of compilers and of their tools start with."""
        return "" if self.native else f"{self.triplet}-"

    @property
    def qemu(self) -> str:
        return f"qemu-system-{self.uname}"


# With a thread for each CPU, QEMU now and then executes the breakpoint of a jump
# label that the kernel has patched away already.
X86_64 = Arch(
    name="x86_64",
    uname="x86_64",
    kbuild="x86_64",
    debian="amd64",
    image="arch/x86/boot/bzImage",
    objects=1700,
    machine=("-M", "pc"),
    console="ttyS0",
    cmdline="tsc=reliable",
    accelerator=("-accel", "tcg,thread=single"),
    kvm_flags=frozenset({"vmx", "svm"}),
)

# The entry code of arm64 is what our patches change most: it is compared with
# what it was. QEMU's own algorithm spares it most of the time that signing
# pointers would take.
ARM64 = Arch(
    name="arm64",
    uname="aarch64",
    kbuild="arm64",
    debian="arm64",
    image="arch/arm64/boot/Image",
    objects=1400,
    machine=("-M", "virt,gic-version=3"),
    console="ttyAMA0",
    cpu=("-M", "mte=on", "-cpu", "max,pauth-impdef=on"),
    hypervisor=("-M", "virtualization=on"),
    old_cpu=("-cpu", "cortex-a57"),
    needs_patches=frozenset({"CONFIG_RSEQ_SLICE_EXTENSION"}),
    compat="arm-linux-gnueabihf",
    ours=("arm64_entry",),
    suites=("breakpoints", "arm64"),
    reference="stock",
)

RISCV64 = Arch(
    name="riscv64",
    uname="riscv64",
    kbuild="riscv",
    debian="riscv64",
    image="arch/riscv/boot/Image",
    objects=1400,
    machine=("-M", "virt"),
    console="ttyS0",
    cpu=("-cpu", "rv64"),
    toolchains=("clang",),
    inlines_helpers=False,
    rust_cpu="riscv64gc",
    release="forky",
)

ARCHES = {arch.name: arch for arch in (X86_64, ARM64, RISCV64)}
ALIASES = {"amd64": X86_64, "aarch64": ARM64}
TESTED = (X86_64, ARM64)
"""What a test run is about that is not told an architecture."""
