# SPDX-License-Identifier: GPL-2.0
"""rustfmt, clippy and checkpatch, as the kernel runs them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from build import kernel, toolchain
from host.checkout import ROOT, Checkout
from host.commands import ask
from report import compiler
from report.tally import Tally, check
from steps.runner import Steps
from tree import patches

CHECKPATCH_IGNORED = {
    "MISSING_SIGN_OFF": "whoever submits a patch signs it",
    "EMBEDDED_FILENAME": "Kconfig files are sourced by name",
    "UNDOCUMENTED_SETUP": "the kernel documents its parameters already",
    "MACRO_WITH_FLOW_CONTROL": "a user access that faults jumps to a label",
    "ENOSYS": "this is about system calls that do not exist",
}


def steps(checkout: Checkout) -> Steps:
    return {
        "rustfmt": partial(_rustfmt, checkout),
        "clippy": partial(_clippy, checkout),
        "checkpatch, C": partial(_checkpatch, checkout, ["--file", *_files("*.c", "*.h")]),
        "checkpatch, patches": partial(_checkpatch, checkout, patches.series(patches.OURS)),
    }


def _rustfmt(checkout: Checkout) -> Tally:
    options = ["--check", "--config-path", checkout.source / ".rustfmt.toml"]
    return _said_nothing(toolchain.rust_tool("RUSTFMT"), *options, *_files("*.rs"))


def _clippy(checkout: Checkout) -> Tally:
    """Compile our objects with clippy, in a copy so that the real ones stay."""
    variant = replace(checkout.settings.variant, implementation="rust")
    kernel.build(checkout, variant)
    built = checkout.build(variant)
    directory = checkout.own / f"clippy-{variant}"
    if not directory.exists():
        kernel.copy(checkout, built, directory)
    config = (built / ".config").read_text()
    if (directory / ".config").read_text() != config:
        (directory / ".config").write_text(config)
    kernel.forget_ours(directory)
    argv = kernel.make(checkout, variant, directory, "CLIPPY=1", f"{patches.LINK}/")
    log = checkout.run("Running clippy", argv)
    return check(*compiler.clippy_findings(log.read_text(), f"{patches.LINK}/rust"))


def _checkpatch(checkout: Checkout, files: Iterable[object]) -> Tally:
    ignored = [f"--ignore={','.join(CHECKPATCH_IGNORED)}"]
    # In a git tree it would also want Python modules that not every python3 has.
    script = ["env", "GIT_DIR=none", "perl", checkout.source / "scripts/checkpatch.pl"]
    options = [f"--root={checkout.source}", "--strict", "--terse", "--quiet", "--no-summary"]
    return _said_nothing(*script, *options, *ignored, *files)


def _said_nothing(*argv: object) -> Tally:
    succeeded, said = ask(*argv)
    complaints = said.splitlines()
    if not succeeded and not complaints:
        complaints = [f"{argv[0]} failed"]
    return check(*complaints)


def _files(*patterns: str) -> Iterator[Path]:
    found = (path for pattern in patterns for path in sorted(ROOT.rglob(pattern)))
    return (path for path in found if "target" not in path.parts)
