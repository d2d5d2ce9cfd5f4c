# SPDX-License-Identifier: GPL-2.0
"""Configuring and building a kernel image."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import guest
import patches
import toolchain
from checkout import ROOT, Checkout
from settings import Variant

CONFIGS = Path(__file__).parent / "configs"


def build(checkout: Checkout, variant: Variant) -> Path:
    """Bring the image of `variant` up to date. Return the log of the build."""
    directory = checkout.build(variant)
    cold = not directory.exists() and not _seed(checkout, variant)
    _configure(checkout, variant)
    return checkout.run(
        f"Building kernel {variant}",
        make(checkout, variant, directory, Path(variant.arch.image).name),
        far=_objects(variant.arch.objects if cold else None),
    )


def make(checkout: Checkout, variant: Variant, directory: Path, *targets: str) -> list[object]:
    variables = toolchain.make_variables(checkout, variant)
    verbose = ["V=1"] if checkout.settings.verbose else []
    jobs = f"-j{os.cpu_count()}"
    return ["make", "-C", checkout.source, f"O={directory}", jobs, *variables, *verbose, *targets]


def copy(checkout: Checkout, origin: Path, target: Path) -> None:
    """Copy an object directory so that make finds everything in it up to date."""
    with checkout.replacing(target) as new:
        argv = ["cp", "-a", "--reflink=auto", origin, new]
        checkout.run(f"Copying {origin.name} to {target.name}", argv)
        # make compares commands, and some of them name the directory.
        for command in new.rglob(".*.cmd"):
            text = command.read_text()
            if str(origin) in text:
                command.write_text(text.replace(str(origin), str(target)))


def forget_ours(directory: Path) -> None:
    """Have make compile this repository's objects anew."""
    for path in (directory / patches.LINK).rglob("*.o"):
        path.unlink()


def _seed(checkout: Checkout, variant: Variant) -> bool:
    """Start from the other implementation's objects where they exist: few differ."""
    other = "c" if variant.implementation == "rust" else "rust"
    sibling = Variant(variant.arch, variant.toolchain, other)
    if not checkout.image(sibling).exists():
        return False
    copy(checkout, checkout.build(sibling), checkout.build(variant))
    return True


def _configure(checkout: Checkout, variant: Variant) -> None:
    """Write .config, if what it is made from has changed."""
    directory = checkout.build(variant)
    variables = toolchain.make_variables(checkout, variant)
    fragments = _fragments(variant)
    kconfig = [*fragments, ROOT / "Kconfig", *patches.series(patches.OURS)]
    request = "\n".join([*variables, *(path.read_text() for path in kconfig)])
    stamp = directory / ".request"
    if stamp.exists() and stamp.read_text() == request:
        return
    directory.mkdir(parents=True, exist_ok=True)
    checkout.run("Checking the Rust toolchain", make(checkout, variant, directory, "rustavailable"))
    checkout.run(
        f"Configuring kernel {variant}",
        ["scripts/kconfig/merge_config.sh", "-n", "-s", "-Q", "-O", directory, *fragments],
        cwd=checkout.source,
        env={"MAKEFLAGS": " ".join(variables)},
    )
    stamp.write_text(request)


def _fragments(variant: Variant) -> list[Path]:
    names = ["base", variant.arch.name]
    if toolchain.inlines_helpers(variant):
        names.append("inline_helpers")
    if variant.implementation == "rust":
        names.append("rseq_rust")
    return [*(CONFIGS / f"{name}.config" for name in names), guest.OURS / "config"]


def _objects(expected: int | None) -> Callable[[Path], str]:
    total = f" of about {expected}" if expected else ""

    def far(log: Path) -> str:
        return f"{len(re.findall(rb'^  [A-Z]', log.read_bytes(), re.MULTILINE))}{total} objects"

    return far
