# SPDX-License-Identifier: GPL-2.0
"""Linking this repository into a tree that the user has, and out again."""

import os
from pathlib import Path

from host.checkout import ROOT
from host.failure import LabError
from host.progress import say
from tree import patches


def integrate() -> None:
    tree = _tree()
    link = tree / patches.LINK
    if link.is_symlink() or link.exists():
        raise LabError(f"{link} exists already: make unintegrate TREE={tree} takes it out")
    patches.apply(tree, patches.made_for(tree), *_optional())
    link.symlink_to(ROOT)
    say(f"{tree} now builds Rust rseq: enable CONFIG_RUST and CONFIG_RSEQ_RUST there.")


def unintegrate() -> None:
    tree = _tree()
    link = tree / patches.LINK
    if not link.is_symlink() or link.resolve() != ROOT:
        raise LabError(f"{link} is not a link to {ROOT}: this repository is not integrated there")
    ours = patches.made_for(tree)
    patches.revert(tree, ours, *patches.present(tree, ours))
    link.unlink()
    say(f"{tree} is as it was.")


def _optional() -> list[str]:
    names = os.environ.get("WITH", "").split()
    for name in names:
        if name not in patches.OPTIONAL:
            choices = ", ".join(patches.OPTIONAL)
            raise LabError(f"WITH={name} is no optional series: use one of {choices}")
    return names


def _tree() -> Path:
    # KERNEL is what TREE was called before.
    name = os.environ.get("TREE") or os.environ.get("KERNEL")
    if not name:
        raise LabError(f"no tree is named: pass TREE=<Linux {patches.KERNEL} tree>")
    tree = Path(name).expanduser().resolve()
    patches.made_for(tree)
    if not os.access(tree, os.W_OK):
        raise LabError(f"{tree} cannot be written to: name a tree of your own")
    return tree
