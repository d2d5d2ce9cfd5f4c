# SPDX-License-Identifier: GPL-2.0
"""The distribution's packages: which are needed, which are missing, why."""

import shutil
from collections.abc import Iterable, Mapping

from host import emulators, installation
from host.arch import Arch
from host.checkout import Checkout
from host.commands import ask
from host.distribution import Distribution, distribution
from host.failure import LabError
from host.progress import say

_RUST = "compiles the Rust code of the kernel"
_LLVM = "compiles and links the kernel with the LLVM of rustc"

_EVERYWHERE = {
    "gcc": "compiles host tools, selftests and the gcc variant",
    "g++": "compiles host tools",
    "libc6-dev": "headers for host tools and selftests",
    "flex": "generates the lexers of Kconfig and dtc",
    "bison": "generates the parsers of Kconfig and dtc",
    "bc": "computes time constants of the kernel",
    "perl": "runs checkpatch.pl",
    "patch": "applies patches/7.3",
    "libelf-dev": "is what objtool reads objects with",
    "libssl-dev": "signs and hashes in the kernel build",
    "libcap-dev": "is what the kernel's selftests of seccomp drop capabilities with",
    "cpio": "packs headers of the kernel",
    "kmod": "is what the kernel build indexes modules with",
    "rsync": "copies kernel trees and installs selftests",
    "xz-utils": "unpacks the kernel source",
    "ca-certificates": "lets cargo download bindgen",
    "busybox-static": "is the user space of the guest",
    "python3-venv": "keeps the linters of Python apart from the system",
    "shellcheck": "checks shell scripts",
}

FOR_VERSIONED_MODULES = {"libdw-dev": "reads what the versions of symbols are computed from"}
FOR_DISTRO = {
    **FOR_VERSIONED_MODULES,
    "pahole": "makes BTF of debugging information",
    "openssl": "makes the key that modules are signed with",
    "zstd": "compresses the image",
}

_DEBIAN = {"arm-linux-gnueabihf": "armhf"}
"""Debian's architectures of 32-bit programs."""


_PROGRAMS = (
    *("rustc", "rustfmt", "clippy-driver", "cargo", "clang", "ld.lld", "gcc"),
    *("flex", "bison", "bc", "perl", "patch", "cpio", "rsync", "xz", "busybox", "shellcheck"),
)


def ensure(checkout: Checkout, arches: Iterable[Arch], others: Mapping[str, str]) -> None:
    """Install what is missing for kernels and guests of `arches`, after saying what and why.

    `others` are packages that only one command needs.
    """
    known = distribution()
    if not known:
        _require_programs(arches)
        return
    required = {**_of_distribution(known), **others}
    groups = {}
    for arch in arches:
        required |= _of_compilers(arch)
        emulator = _missing(emulators.PACKAGES[arch.name])
        if emulator and not emulators.unpacked(checkout, arch).exists():
            groups[arch.name] = emulator
    required = _missing(required)
    missing = required | {name: why for group in groups.values() for name, why in group.items()}
    if not missing:
        return
    say("Debian packages that are needed and not installed:")
    for name, why in missing.items():
        say(f"  {name:<20} {why}")
    if not checkout.settings.install:
        raise LabError(f"NO_INSTALL is set: install them with apt-get install {' '.join(missing)}")
    installation.install(checkout, required, groups)


def _missing(needed: dict[str, str]) -> dict[str, str]:
    return {name: why for name, why in needed.items() if not _installed(name)}


def _of_distribution(known: Distribution) -> dict[str, str]:
    llvm = [f"clang-{known.llvm}", f"lld-{known.llvm}", f"llvm-{known.llvm}"]
    return {
        **dict.fromkeys(llvm, _LLVM),
        f"libclang-{known.llvm}-dev": "is what bindgen reads C headers with",
        **dict.fromkeys(known.rust, _RUST),
        **_EVERYWHERE,
    }


def _of_compilers(arch: Arch) -> dict[str, str]:
    """What only kernels and programs of one architecture are compiled with."""
    needed: dict[str, str] = {}
    if not arch.native:
        needed |= _compiler(arch.triplet, arch.debian, f"{arch.name} selftests and gcc kernels")
    if arch.compat:
        needed |= _compiler(arch.compat, _DEBIAN[arch.compat], f"32-bit selftests of {arch.name}")
    return needed


def _compiler(triplet: str, debian: str, what: str) -> dict[str, str]:
    return {
        f"gcc-{triplet.replace('_', '-')}": f"compiles {what}",
        f"libc6-dev-{debian}-cross": f"headers for {what}",
    }


def _installed(name: str) -> bool:
    _, status = ask("dpkg-query", "-W", "-f", "${Status}", name)
    return status.endswith("ok installed")


def _require_programs(arches: Iterable[Arch]) -> None:
    programs = [*_PROGRAMS]
    for arch in arches:
        compilers = filter(None, [arch.cross_compile, arch.compat and f"{arch.compat}-"])
        programs += [arch.qemu, *(f"{prefix}gcc" for prefix in compilers)]
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise LabError(
            f"not Debian 12 or 13, so nothing is installed for you: install {', '.join(missing)}, "
            "libelf, OpenSSL and libcap headers, libclang and the Rust library source"
        )
