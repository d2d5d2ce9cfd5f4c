# SPDX-License-Identifier: GPL-2.0
"""Putting our patches on a kernel tree and taking them off, all or none."""

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from host.checkout import ROOT
from host.commands import ask
from host.failure import LabError

KERNEL = "7.3"
"""The version that is fetched where the user has no tree."""
ALL = ROOT / "patches"
"""A directory for each version that there are patches for."""
SERIES = ("fixes", "rseq", "arm64/fixes", "arm64/entry", "arm64/tif", "arm64/dispatch")
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


def take_out(tree: Path, names: Iterable[str], directory: Path, new: Path) -> None:
    """Copy `names` from a tree to the directory `new`, and there take our patches out of them."""
    for name in filter(lambda name: (tree / name).exists(), names):
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / name, new / name)
    revert(new, directory)


def version(tree: Path) -> tuple[str, ...]:
    """The numbers of a kernel's version, the major one first, or none where there is no kernel."""
    makefile = tree / "Makefile"
    text = makefile.read_text(errors="replace") if makefile.is_file() else ""
    numbers = re.search(
        r"^VERSION = (\d+)\nPATCHLEVEL = (\d+)\n(?:SUBLEVEL = (\d+)\n)?", text, re.MULTILINE
    )
    return tuple(filter(None, numbers.groups())) if numbers else ()


def made_for(tree: Path, patches: Path = ALL) -> Path:
    """The directory of the patches for a tree. Refuse a tree without any."""
    numbers = version(tree)
    directory = patches / ".".join(numbers[:2])
    if numbers and directory.is_dir():
        return directory
    found = f"Linux {directory.name}" if numbers else "no kernel tree"
    known = " or ".join(sorted(path.name for path in patches.iterdir()))
    raise LabError(f"{tree} is {found}: name a tree of Linux {known}")


def apply(tree: Path, directory: Path) -> None:
    _all_or_none(tree, directory, series(directory), forward=())


def revert(tree: Path, directory: Path) -> None:
    _all_or_none(tree, directory, series(directory)[::-1], forward=("-R",))


def _all_or_none(
    tree: Path, directory: Path, patches: Sequence[Path], forward: Sequence[str]
) -> None:
    backward = () if forward else ("-R",)
    for position, patch in enumerate(patches):
        complaint = _patch(tree, patch, *forward, "--dry-run") or _patch(tree, patch, *forward)
        if complaint:
            for done in reversed(patches[:position]):
                _patch(tree, done, *backward)
            verb = "be taken out of" if forward else "be applied to"
            cause = f"{patch.name} cannot {verb} {tree} ({complaint})"
            raise LabError(f"{cause}: use an unmodified {directory.name} tree")


def _patch(tree: Path, patch: Path, *options: str) -> str:
    """Run patch(1). Return its complaint, or nothing."""
    strict = ("-p1", "--fuzz=0", "-s", "-f", "--no-backup-if-mismatch")
    succeeded, said = ask("patch", *strict, "-d", tree, "-i", patch, *options)
    return "" if succeeded else said.partition("\n")[0]
