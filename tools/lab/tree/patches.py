# SPDX-License-Identifier: GPL-2.0
"""Putting our patches on a kernel tree and taking them off, all or none."""

import re
from collections.abc import Sequence
from pathlib import Path

from host.checkout import ROOT
from host.commands import ask
from host.failure import LabError

KERNEL = "7.3"
OURS = ROOT / "patches" / KERNEL
SERIES = ("rseq", "arm64/entry", "arm64/tif", "arm64/dispatch")
"""The series in their order; each needs those before it."""
LINK = "rseq"
"""What this repository is called in a kernel tree."""


def series(directory: Path) -> list[Path]:
    """The patches of all series in their order, without the cover letters."""
    patches = [path for name in SERIES for path in sorted((directory / name).glob("*.patch"))]
    return [path for path in patches if not path.name.startswith("0000-")]


def contents(directory: Path) -> list[str]:
    return [patch.read_text() for patch in series(directory)]


def files(directory: Path) -> set[str]:
    """The files of the kernel that a series touches, relative to the tree."""
    return set(re.findall(r"^(?:--- a|\+\+\+ b)/(\S+)", "".join(contents(directory)), re.MULTILINE))


def require_kernel(tree: Path) -> None:
    """Refuse what is not a tree that the patches are made for."""
    makefile = tree / "Makefile"
    text = makefile.read_text(errors="replace") if makefile.is_file() else ""
    number = dict(re.findall(r"^(VERSION|PATCHLEVEL) = (\d+)$", text, re.MULTILINE))
    version = f"{number.get('VERSION')}.{number.get('PATCHLEVEL')}"
    if version != KERNEL:
        found = "no kernel tree" if "None" in version else f"Linux {version}"
        raise LabError(f"{tree} is {found}: name a tree of Linux {KERNEL}")


def apply(tree: Path, directory: Path) -> None:
    _all_or_none(tree, series(directory), forward=())


def revert(tree: Path, directory: Path) -> None:
    _all_or_none(tree, series(directory)[::-1], forward=("-R",))


def _all_or_none(tree: Path, patches: Sequence[Path], forward: Sequence[str]) -> None:
    backward = () if forward else ("-R",)
    for position, patch in enumerate(patches):
        complaint = _patch(tree, patch, *forward, "--dry-run") or _patch(tree, patch, *forward)
        if complaint:
            for done in reversed(patches[:position]):
                _patch(tree, done, *backward)
            verb = "be taken out of" if forward else "be applied to"
            raise LabError(
                f"{patch.name} cannot {verb} {tree} ({complaint}): use an unmodified {KERNEL} tree"
            )


def _patch(tree: Path, patch: Path, *options: str) -> str:
    """Run patch(1). Return its complaint, or nothing."""
    strict = ("-p1", "--fuzz=0", "-s", "-f", "--no-backup-if-mismatch")
    succeeded, said = ask("patch", *strict, "-d", tree, "-i", patch, *options)
    return "" if succeeded else said.partition("\n")[0]
