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
SERIES = ("fixes", "rseq", "arm64/fixes", "arm64/entry", "arm64/tif")
"""The series in their order; each needs those before it."""
OPTIONAL = ("arm64/dispatch",)
"""Series for those who ask for them, on top of the others."""
LINK = "rseq"
"""What this repository is called in a kernel tree."""


def series(directory: Path, *optional: str) -> list[Path]:
    """The patches of all series in their order, without the cover letters."""
    names = (*SERIES, *optional)
    patches = [path for name in names for path in sorted((directory / name).glob("*.patch"))]
    return [path for path in patches if not path.name.startswith("0000-")]


def contents(directory: Path, *optional: str) -> list[str]:
    return [patch.read_text() for patch in series(directory, *optional)]


def files(directory: Path, *optional: str) -> set[str]:
    """The files of the kernel that the series touch, relative to the tree."""
    text = "".join(contents(directory, *optional))
    return set(re.findall(r"^(?:--- a|\+\+\+ b)/(\S+)", text, re.MULTILINE))


def take_out(tree: Path, names: Iterable[str], directory: Path, new: Path, *optional: str) -> None:
    """Copy `names` from a tree to the directory `new`, and there take our patches out of them."""
    for name in filter(lambda name: (tree / name).exists(), names):
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / name, new / name)
    revert(new, directory, *optional)


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


def apply(tree: Path, directory: Path, *optional: str) -> None:
    _all_or_none(tree, directory, series(directory, *optional), forward=())


def revert(tree: Path, directory: Path, *optional: str) -> None:
    _all_or_none(tree, directory, series(directory, *optional)[::-1], forward=("-R",))


def present(tree: Path, directory: Path) -> list[str]:
    """The optional series that `tree` has: their last patch can be taken out."""
    return [
        name
        for name in OPTIONAL
        if not _patch(tree, max((directory / name).glob("*.patch")), "-R", "--dry-run")
    ]


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
