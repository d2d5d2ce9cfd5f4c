# SPDX-License-Identifier: GPL-2.0
"""Configuring and building a kernel image."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from build import selftests, toolchain
from host.checkout import ROOT, Checkout
from host.failure import LabError
from host.settings import Variant
from report import configuration
from tree import patches

CONFIGS = Path(__file__).parent / "configs"
_OPTION = re.compile(r"^CONFIG_\w+", re.MULTILINE)


def build(checkout: Checkout, variant: Variant, base: Path | None = None) -> Path:
    """Bring the image of `variant` up to date. Return the log of the build.

    `base` is a whole configuration, which takes the place of our own minimal one.
    """
    directory = checkout.build(variant)
    cold = not directory.exists() and (base is not None or not _seed(checkout, variant))
    configure(checkout, variant, base)
    targets = [Path(variant.arch.image).name]
    if has(checkout, variant, "CONFIG_MODULES"):
        targets.append("modules")
    return checkout.run(
        f"Building kernel {variant}",
        make(checkout, variant, directory, *targets),
        far=_objects(variant.arch.objects if cold and not base else None),
    )


def make(checkout: Checkout, variant: Variant, directory: Path, *targets: str) -> list[object]:
    variables = toolchain.make_variables(checkout, variant)
    verbose = ["V=1"] if checkout.settings.verbose else []
    jobs = f"-j{os.cpu_count()}"
    tree = checkout.tree(variant)
    return ["make", "-C", tree, f"O={directory}", jobs, *variables, *verbose, *targets]


def make_external(
    checkout: Checkout, variant: Variant, headers: Path, module: Path
) -> list[object]:
    """Build the module in a directory against `headers`, as its own author would."""
    return ["make", "-C", headers, f"M={module}", *toolchain.make_variables(checkout, variant)]


def copy(checkout: Checkout, origin: Path, target: Path, *trees: Path) -> None:
    """Copy an object directory so that make finds everything in it up to date.

    Where the copy is for another kernel tree, `trees` are the old one and the new one.
    """
    with checkout.replacing(target) as new:
        argv = ["cp", "-a", "--reflink=auto", origin, new]
        checkout.run(f"Copying {origin.name} to {target.name}", argv)
        # make compares commands, and some of them name the directories.
        names = {str(origin): str(target)}
        if trees:
            names[str(trees[0])] = str(trees[1])
        named = re.compile(rf"({'|'.join(map(re.escape, names))})(?![\w.-])")
        for command in new.rglob(".*.cmd"):
            text = command.read_text()
            renamed = named.sub(lambda name: names[name[0]], text)
            if renamed != text:
                command.write_text(renamed)


def forget_ours(directory: Path) -> None:
    """Have make compile this repository's objects anew."""
    for path in (directory / patches.LINK).rglob("*.o"):
        path.unlink()


def has(checkout: Checkout, variant: Variant, option: str) -> bool:
    """Whether `variant` is configured with `option`."""
    return f"{option}=y" in (checkout.build(variant) / ".config").read_text().splitlines()


def _seed(checkout: Checkout, variant: Variant) -> bool:
    """Start from the objects of the nearest sibling, if it exists: few differ."""
    other = "rust" if variant.implementation == "c" else "c"
    plain = replace(variant, flavour="")
    sibling = plain if variant.flavour else replace(variant, implementation=other)
    if not checkout.image(sibling).exists():
        return False
    trees = (checkout.tree(sibling), checkout.tree(variant))
    copy(checkout, checkout.build(sibling), checkout.build(variant), *trees)
    return True


def configure(checkout: Checkout, variant: Variant, base: Path | None = None) -> None:
    """Write .config, if what it is made from has changed."""
    directory = checkout.build(variant)
    variables = toolchain.make_variables(checkout, variant)
    fragments = dict(_fragments(variant, with_base=not base))
    text = base.read_text() if base else ""
    series = patches.series(patches.made_for(checkout.source), *checkout.optional)
    kconfig = [ROOT / "Kconfig", *series]
    made_from = [*variables, text, *fragments.values(), *(path.read_text() for path in kconfig)]
    request = "\n".join(made_from)
    stamp = directory / ".request"
    if stamp.exists() and stamp.read_text() == request:
        return
    stamp.unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    checkout.run("Checking the Rust toolchain", make(checkout, variant, directory, "rustavailable"))
    if base:
        _complete(checkout, variant, text, "".join(fragments.values()))
    else:
        _merge(checkout, variant, fragments)
    stamp.write_text(request)


def _merge(checkout: Checkout, variant: Variant, fragments: Mapping[str, str]) -> None:
    """Have all that is asked for, what that needs, and no more."""
    directory = checkout.build(variant)
    (directory / "fragments").mkdir(exist_ok=True)
    files = [directory / "fragments" / name for name in fragments]
    for path, text in zip(files, fragments.values(), strict=True):
        path.write_text(text)
    checkout.run(
        f"Configuring kernel {variant}",
        ["scripts/kconfig/merge_config.sh", "-n", "-s", "-Q", "-O", directory, *files],
        cwd=checkout.tree(variant),
        env={"MAKEFLAGS": " ".join(toolchain.make_variables(checkout, variant))},
    )


def _complete(checkout: Checkout, variant: Variant, base: str, wanted: str) -> None:
    """Have what is asked for on top of a whole configuration."""
    directory = checkout.build(variant)
    config = directory / ".config"
    # Of two values the later one counts.
    config.write_text(f"{base}\n{wanted}")
    argv = make(checkout, variant, directory, "olddefconfig")
    checkout.run(f"Configuring kernel {variant}", argv)
    lost = configuration.lost(wanted, config.read_text())
    if lost:
        raise LabError(f"the configuration of {variant} has lost {', '.join(lost)}: see {config}")


def _fragments(variant: Variant, *, with_base: bool) -> Iterator[tuple[str, str]]:
    """The names and contents of what the configuration is merged from."""
    names = ["base"] if with_base else []
    if toolchain.inlines_helpers(variant):
        names.append("inline_helpers")
    if variant.implementation == "rust":
        names.append("rseq_rust")
    plain = {f"{name}.config": CONFIGS / f"{name}.config" for name in names}
    plain |= {f"{ours.name}.config": ours / "config" for ours in selftests.ours(variant.arch)}
    special = {path.name: path for path in _special(variant, with_base=with_base)}
    # Fragments that contradict each other are an error. Only an architecture and
    # then a flavour may change what others ask for, so theirs is left out.
    out = set(variant.arch.needs_patches if variant.implementation == "stock" else ())
    for name, path in reversed(special.items()):
        text = _without(out, path.read_text())
        yield name, text
        out.update(_OPTION.findall(text))
    for name, path in plain.items():
        yield name, _without(out, path.read_text())


def _special(variant: Variant, *, with_base: bool) -> Iterator[Path]:
    """What an architecture asks for, with this compiler too, then a flavour, then that there."""
    arch = variant.arch.name
    if with_base:
        yield CONFIGS / f"{arch}.config"
        yield from CONFIGS.glob(f"{arch}.{variant.toolchain}.config")
    if variant.flavour:
        yield CONFIGS / f"flavours/{variant.flavour}.config"
        yield from CONFIGS.glob(f"flavours/{variant.flavour}.{arch}.config")


def _without(options: set[str], fragment: str) -> str:
    lines = fragment.splitlines(keepends=True)
    return "".join(line for line in lines if not options.intersection(_OPTION.findall(line)))


def _objects(expected: int | None) -> Callable[[Path], str]:
    total = f" of about {expected}" if expected else ""

    def far(log: Path) -> str:
        return f"{len(re.findall(rb'^  [A-Z]', log.read_bytes(), re.MULTILINE))}{total} objects"

    return far
