# SPDX-License-Identifier: GPL-2.0
"""The distribution's packages: which are needed, which are missing, why."""

import os
import platform
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from host.arch import Arch
from host.checkout import Checkout
from host.commands import ask
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

_QEMU = {
    "x86_64": {"qemu-system-x86": "runs x86_64 guests"},
    "arm64": {"qemu-system-arm": "runs arm64 guests"},
    "riscv64": {
        "qemu-system-misc": "runs riscv64 guests",
        "opensbi": "is the firmware of riscv64 guests",
    },
}

_DEBIAN = {"arm-linux-gnueabihf": "armhf"}
"""Debian's architectures of 32-bit programs."""


@dataclass(frozen=True)
class Distribution:
    llvm: str
    """Suffix of the LLVM that the packaged rustc was built with."""
    rust: str

    def packages(self) -> dict[str, str]:
        llvm = [f"clang-{self.llvm}", f"lld-{self.llvm}", f"llvm-{self.llvm}"]
        return {
            **dict.fromkeys(llvm, _LLVM),
            f"libclang-{self.llvm}-dev": "is what bindgen reads C headers with",
            **dict.fromkeys(self.rust.split(), _RUST),
            **_EVERYWHERE,
        }


_DISTRIBUTIONS = {
    "bookworm": Distribution("22", "rustc-web rust-web-src rustfmt-web rust-web-clippy cargo-web"),
    "trixie": Distribution("19", "rustc rust-src rustfmt rust-clippy cargo"),
}

_PROGRAMS = (
    *("rustc", "rustfmt", "clippy-driver", "cargo", "clang", "ld.lld", "gcc"),
    *("flex", "bison", "bc", "perl", "patch", "cpio", "rsync", "xz", "busybox", "shellcheck"),
)


def codename() -> str:
    """The release that this machine runs, or nothing."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def distribution() -> Distribution | None:
    return _DISTRIBUTIONS.get(codename())


def ensure(checkout: Checkout, arches: Iterable[Arch]) -> None:
    """Install what is missing for kernels and guests of `arches`, after saying what and why."""
    known = distribution()
    if not known:
        _require_programs(arches)
        return
    needed = known.packages()
    for arch in arches:
        needed |= _of_architecture(arch)
    missing = {name: why for name, why in needed.items() if not _installed(name)}
    if not missing:
        return
    say("Debian packages that are needed and not installed:")
    for name, why in missing.items():
        say(f"  {name:<20} {why}")
    if not checkout.settings.install:
        raise LabError(f"NO_INSTALL is set: install them with apt-get install {' '.join(missing)}")
    _install(checkout, list(missing))


def _of_architecture(arch: Arch) -> dict[str, str]:
    """What only kernels and guests of one architecture need."""
    needed = dict(_QEMU[arch.name])
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


def _install(checkout: Checkout, names: list[str]) -> None:
    root = [] if os.geteuid() == 0 else ["sudo"]
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "Dpkg::Use-Pty=0"]
    if root and not shutil.which("sudo"):
        raise LabError(f"there is no sudo: as root, apt-get install {' '.join(names)}")
    checkout.run("Updating package lists", [*apt, "update"])
    install = [*apt, "install", "--no-install-recommends", *names]
    for name in _in_the_way([*install, "--simulate"]):
        say(f"  {name:<20} is removed, because it does not go with these")
    try:
        checkout.run("Installing packages", install)
    except LabError:
        # dpkg's temporary files have been seen to vanish under it, once.
        checkout.run("Installing packages again", install)


def _in_the_way(simulation: list[str]) -> list[str]:
    """Installed packages that apt would remove, as a backport of another QEMU's tools."""
    _, said = ask(*simulation)
    return re.findall(r"^Remv (\S+)", said, re.MULTILINE)


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
