# SPDX-License-Identifier: GPL-2.0
"""Static checks: the kernel's own, and linters."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from build import kernel, programs, toolchain
from guest.initramfs import ROOTFS
from host import linters
from host.checkout import ROOT, Checkout
from host.commands import NOTHING, ask
from report import compiler, seam
from report.tally import Tally, check
from steps.runner import Steps
from tree import patches

CHECKPATCH_IGNORED = {
    "MISSING_SIGN_OFF": "whoever submits a patch signs it",
    "EMBEDDED_FILENAME": "Kconfig files are sourced by name",
    "FILE_PATH_CHANGES": "the kernel's MAINTAINERS lists the directories of new files",
    "UNDOCUMENTED_SETUP": "the kernel documents its parameters already",
    "MACRO_WITH_FLOW_CONTROL": "a user access that faults jumps to a label",
    "ENOSYS": "this is about system calls that do not exist",
}

FOR_THE_KERNEL_ONLY = {
    "ARRAY_SIZE": "the kernel's macros are not there",
    "AVOID_EXTERNS": "a weak symbol of others is declared",
    "BIT_MACRO": "the kernel's macros are not there",
    "CAMELCASE": "C11 has keywords with capital letters",
    "PREFER_DEFINED_ATTRIBUTE_MACRO": "the kernel's macros are not there",
    "VOLATILE": "the kernel's accessors are not there",
    "WEAK_DECLARATION": "a header has no file of its own for what is shared",
}
"""What does not apply to C for user space."""

_SHELL = re.compile(rb"#!.*\b(ba|da)?sh$")
LAB = linters.CONFIG.parent
"""What modules are looked up in; ruff takes it to be where it is started."""
_NOT_OURS = {".git", "target", "__pycache__"}


def steps(checkout: Checkout) -> Steps:
    series = patches.series(patches.made_for(checkout.source), *patches.OPTIONAL)
    return {
        "rustfmt": partial(_rustfmt, checkout),
        "clippy": partial(_clippy, checkout),
        "clippy, crates": partial(_clippy_of_crates, checkout),
        "seam": _seam,
        "checkpatch, C": partial(_checkpatch_of_files, checkout),
        "checkpatch, patches": partial(_checkpatch, checkout, series),
        "ruff": partial(_ruff, checkout),
        "mypy": partial(_mypy, checkout),
        "shellcheck": _shellcheck,
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


def _clippy_of_crates(checkout: Checkout) -> Tally:
    clippy = [toolchain.tool("cargo-clippy"), "clippy", "--locked", "--all-targets", "--quiet"]
    env = {
        **programs.variables(checkout.own / f"clippy-{programs.WORKSPACE.name}"),
        "CARGO": toolchain.tool("cargo"),
    }
    return _said_nothing(*clippy, "--", "-Dwarnings", cwd=programs.WORKSPACE, env=env)


def _seam() -> Tally:
    """Above rust/machine there is no unsafe code, and nobody knows the kernel's bindings."""
    rust = ROOT / "rust"
    sources = ((path.relative_to(rust), path.read_text()) for path in sorted(rust.rglob("*.rs")))
    return check(*(breach for name, text in sources for breach in seam.breaches(str(name), text)))


def _checkpatch_of_files(checkout: Checkout) -> Tally:
    ours: list[Path] = []
    for_users: list[Path] = []
    for path in _files("*.c", "*.h"):
        directories = (programs.LIBRARIES, programs.SAMPLES)
        (for_users if any(map(path.is_relative_to, directories)) else ours).append(path)
    return _checkpatch(checkout, ["--file", *ours]) + _checkpatch(
        checkout, ["--file", *for_users], FOR_THE_KERNEL_ONLY
    )


def _checkpatch(checkout: Checkout, files: Iterable[object], others: Iterable[str] = ()) -> Tally:
    ignored = [f"--ignore={','.join([*CHECKPATCH_IGNORED, *others])}"]
    # In a git tree it would also want Python modules that not every python3 has.
    script = ["env", "GIT_DIR=none", "perl", checkout.source / "scripts/checkpatch.pl"]
    options = [f"--root={checkout.source}", "--strict", "--terse", "--quiet", "--no-summary"]
    return _said_nothing(*script, *options, *ignored, *files)


def _ruff(checkout: Checkout) -> Tally:
    """The formatter and the linter, one test each."""
    ruff = [*linters.obtain(checkout), "ruff"]
    options = ["--quiet", "--no-cache", "--config", linters.CONFIG, *_files("*.py")]
    formatted = _said_nothing(*ruff, "format", "--check", *options, cwd=LAB)
    return formatted + _said_nothing(
        *ruff, "check", "--output-format", "concise", *options, cwd=LAB
    )


def _mypy(checkout: Checkout) -> Tally:
    mypy = [*linters.obtain(checkout), "mypy", "--config-file", linters.CONFIG]
    options = ["--no-error-summary", "--cache-dir", checkout.own / "mypy"]
    return _said_nothing(*mypy, *options, *_files("*.py"), cwd=LAB)


def _shellcheck() -> Tally:
    shellcheck = ["shellcheck", "--format=gcc", "--external-sources", "--source-path=SCRIPTDIR"]
    # The jobs are read by /lab/run and name no interpreter.
    jobs = _said_nothing(*shellcheck, "--shell=bash", *sorted((ROOTFS / "jobs").iterdir()))
    return jobs + _said_nothing(*shellcheck, *filter(_is_shell_script, _files("*")))


def _is_shell_script(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(_SHELL.match(file.readline()))


def _said_nothing(
    *argv: object, cwd: Path | None = None, env: Mapping[str, str] = NOTHING
) -> Tally:
    succeeded, said = ask(*argv, cwd=cwd, env=env)
    complaints = said.splitlines()
    if not succeeded and not complaints:
        complaints = [f"{argv[0]} failed"]
    return check(*complaints)


def _files(*patterns: str) -> Iterator[Path]:
    found = (path for pattern in patterns for path in sorted(ROOT.rglob(pattern)))
    return (path for path in found if path.is_file() and _is_ours(path.relative_to(ROOT)))


def _is_ours(path: Path) -> bool:
    return not _NOT_OURS.intersection(path.parts)
