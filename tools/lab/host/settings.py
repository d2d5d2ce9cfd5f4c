# SPDX-License-Identifier: GPL-2.0
"""The variables that a user gives to make, checked."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.arch import ALIASES, ARCHES, TESTED, Arch
from host.failure import LabError


@dataclass(frozen=True)
class Variant:
    """One kernel image: what it is for, compiled by what, implemented in what."""

    arch: Arch
    toolchain: str
    implementation: str
    flavour: str = ""
    """The fragment in configs/flavours that the configuration ends with, if any."""

    def __str__(self) -> str:
        name = f"{self.arch.name}-{self.toolchain}-{self.implementation}"
        return f"{name}-{self.flavour}" if self.flavour else name


@dataclass(frozen=True)
class Settings:
    variant: Variant
    arches: tuple[Arch, ...]
    """The architectures that a test run is about."""
    cache: Path
    kernel_src: Path | None
    share: Path | None
    sample: str
    install: bool
    verbose: bool


def from_environment() -> Settings:
    arch = _arch()
    return Settings(
        variant=Variant(
            arch,
            _choice("TOOLCHAIN", {"": "clang", **{name: name for name in arch.toolchains}}),
            _choice("RSEQ_RUST", {"": "rust", "y": "rust", "n": "c"}),
        ),
        arches=(arch,) if os.environ.get("ARCH") else TESTED,
        cache=_cache(),
        kernel_src=_existing("KERNEL_SRC"),
        share=_directory("SHARE"),
        sample=os.environ.get("NAME", ""),
        install=_choice("NO_INSTALL", {"": True, "0": True, "1": False}),
        verbose=_choice("V", {"": False, "0": False, "1": True}),
    )


def _arch() -> Arch:
    known = {**ARCHES, **ALIASES}
    arch: Arch = _choice("ARCH", {"": known.get(os.uname().machine), **known})
    return arch


def _choice(variable: str, meanings: dict[str, Any]) -> Any:
    value = os.environ.get(variable, "")
    if meanings.get(value) is None:
        choices = ", ".join(filter(None, meanings))
        raise LabError(f"{variable}={value} is not known: use one of {choices}")
    return meanings[value]


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else None


def _existing(variable: str) -> Path | None:
    path = _path(variable)
    if path and not path.exists():
        raise LabError(f"{variable}={path} does not exist: name an existing one")
    return path


def _directory(variable: str) -> Path | None:
    path = _existing(variable)
    if path and not path.is_dir():
        raise LabError(f"{variable}={path} is no directory: name one")
    return path


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = _path("CACHE") or Path(base).resolve() / "rseq-rust"
    if re.search(r"[\s:]", str(cache)):
        advice = "the kernel's make takes neither spaces nor colons, name another directory"
        raise LabError(f"CACHE={cache}: {advice}")
    return cache
