# SPDX-License-Identifier: GPL-2.0
"""Where the guest's programs and libraries come from: the host, or Debian's packages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from host import apt
from host.arch import Arch
from host.checkout import Checkout
from host.commands import ask
from host.distribution import codename
from host.failure import LabError

# Nothing else is installed with them, so what they are linked to is listed.
PACKAGES = {
    "busybox-static": "is the user space of the guest",
    "bash": "runs the kernel's selftests",
    "util-linux": "has chrt",
    "libc6": "is what all of these and the selftests are linked to",
    "libgcc-s1": "is what the C library unwinds stacks with",
    "libtinfo6": "is what bash is linked to",
    "libcap2": "is what the kernel's selftests of seccomp are linked to",
    "libcap-dev": "is what they are compiled with",
}

# Packages do not agree on whether what is in / is in /usr.
_TOP = (".", "usr")
_PROGRAMS = ("bin", "usr/bin")
_UNWINDER = "libgcc_s.so.1"
"""What the C library loads, without being linked to it, when a thread exits."""
_INTERPRETER = re.compile(r"program interpreter: /(.+)\]")
_NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


@dataclass(frozen=True)
class Userland:
    root: Path
    arch: Arch

    def program(self, name: str) -> Path:
        return self._find(name, _PROGRAMS)

    def library(self, name: str) -> Path:
        return self._library(name)[1]

    def libraries(self, files: Iterable[Path]) -> dict[str, Path]:
        """What the loader needs to start the programs among `files`."""
        programs = [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]
        said = _readelf(programs)
        found = {f"/{name}": self._find(name, _TOP) for name in _INTERPRETER.findall(said)}
        # The selftests bring a library of their own.
        known = {path.name for path in (*programs, *map(Path, found))}
        missing = {_UNWINDER, *_NEEDED.findall(said)} - known
        while missing:
            new = dict(map(self._library, sorted(missing)))
            found |= new
            known |= missing
            missing = set(_NEEDED.findall(_readelf(new.values()))) - known
        return found

    def compile_options(self) -> list[str]:
        """How selftests find the headers and libraries that no compiler brings."""
        if self.arch.native:
            return []
        libraries = self.root / "usr/lib" / self.arch.triplet
        # They may be linked to a newer C library, which the guest has, than the compiler's.
        link = f"-L{libraries} -Wl,--allow-shlib-undefined"
        return [f"USERCFLAGS=-I{self.root}/usr/include", f"USERLDFLAGS={link}"]

    def _library(self, name: str) -> tuple[str, Path]:
        """Where a library is in the guest, and where it comes from."""
        multiarch = (f"{directory}/{self.arch.triplet}" for directory in ("lib", "usr/lib"))
        path = self._find(name, (*multiarch, "lib64", "usr/lib64", "lib", "usr/lib"))
        return "/" + str(path.relative_to(self.root)).removeprefix("usr/"), path

    def _find(self, name: str, directories: Iterable[str]) -> Path:
        for directory in directories:
            path = self.root / directory / name
            if path.exists():
                return path
        raise LabError(f"{name} for {self.arch.name} is not in {self.root}: install it there")


def obtain(checkout: Checkout, arch: Arch) -> Userland:
    """The host's own, or else packages, fetched unless they were before."""
    if arch.native:
        return Userland(Path("/"), arch)
    root = apt.obtain(
        checkout,
        checkout.downloads / f"root-{arch.debian}",
        f"user space of {arch.name}",
        PACKAGES,
        Path.rename,
        releases=[arch.release or codename()],
        architecture=arch.debian,
    )
    return Userland(root, arch)


def _readelf(files: Iterable[Path]) -> str:
    _, said = ask("readelf", "--wide", "--program-headers", "--dynamic", *files)
    return said
