# SPDX-License-Identifier: GPL-2.0
"""What differs from one architecture to the next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    """An architecture that the kernel is built for and QEMU emulates."""

    name: str
    image: str
    objects: int
    """Roughly how many objects a build from nothing makes, for progress."""
    qemu: str
    machine: tuple[str, ...]
    console: str
    cmdline: str
    kvm_flags: frozenset[str]


ARCHES = {
    "x86_64": Arch(
        name="x86_64",
        image="arch/x86/boot/bzImage",
        objects=1700,
        qemu="qemu-system-x86_64",
        machine=("-M", "pc"),
        console="ttyS0",
        cmdline="tsc=reliable",
        kvm_flags=frozenset({"vmx", "svm"}),
    ),
}

UNSUPPORTED = {
    name: "stock 7.3 has no generic entry code there, so slices cannot be enabled yet; use ARCH=x86_64"
    for name in ("arm64", "aarch64")
}
