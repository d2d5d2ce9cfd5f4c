# SPDX-License-Identifier: GPL-2.0
"""Every mutant of the concepts is found by the simulation, or is known to change nothing.

cargo-mutants changes expressions and empties functions. It deletes no statements, so this does.
"""

import re
import shutil
from functools import partial
from pathlib import Path

from build import toolchain
from host.checkout import ROOT, Checkout, remove
from host.commands import ask
from host.failure import CommandError, LabError
from host.progress import Progress
from report import mutants
from report.mutants import DELETED, Mutant
from report.tally import Tally
from steps.runner import Steps

VERSION = "27.1.0"
CRATE = Path("tools/testing/simulation")
_NOT_CONCEPTS = {"rseq.rs", "machine.rs", "machine", "kunit.rs", "kunit", "absent.rs"}
_PATIENCE = "60"
"""Seconds that no test run takes, unless the mutant made it endless."""

_FINISHED = re.compile(r"^\d+ mutants tested", re.MULTILINE)

# The files of a workspace are copied together, and those in rust/ are of the crate.
_WORKSPACE = f"""
[workspace]
members = ["{CRATE}"]
resolver = "2"
[profile.dev]
opt-level = 1
"""


def steps(checkout: Checkout) -> Steps:
    return {"mutants of the concepts": partial(_run, checkout)}


def _run(checkout: Checkout) -> Tally:
    tree = checkout.own / "mutants"
    _prepare(tree)
    found, survivors = _by_cargo(checkout, tree)
    more, others = _deletions(checkout, tree)
    return mutants.judge(found + more, [*survivors, *others])


def _prepare(tree: Path) -> None:
    """A workspace with the concepts and the simulation, in which all can be mutated in place."""
    tree.mkdir(exist_ok=True)
    for directory in (Path("rust"), CRATE):
        remove(tree / directory)
        shutil.copytree(ROOT / directory, tree / directory)
    (tree / "Cargo.toml").write_text(_WORKSPACE)
    shutil.move(tree / CRATE / "Cargo.lock", tree / "Cargo.lock")
    # cargo-mutants leaves alone what is only compiled for tests.
    _edit(tree / CRATE / "src/lib.rs", r"#!\[cfg\(test\)\]", "#![allow(dead_code, unused_imports)]")
    _edit(tree / CRATE / "src/lib.rs", r"\nmod tests;", "\n#[cfg(test)]\nmod tests;")
    # The mutants made by hand want to find what they change, so they are not made.
    _edit(tree / CRATE / "tests/mutants/table.rs", r"(MUTANTS: &\[Mutant\] = &\[).*\];", r"\1];")


def _edit(path: Path, pattern: str, replacement: str) -> None:
    text, times = re.subn(pattern, replacement, path.read_text(), flags=re.DOTALL)
    if times != 1:
        raise LabError(f"{path} has {pattern} {times} times: adapt what mutates it")
    path.write_text(text)


def _by_cargo(checkout: Checkout, tree: Path) -> tuple[int, list[Mutant]]:
    cargo_mutants = _ensure(checkout)
    options = ["--in-place", "--no-shuffle", "--colors=never", "--file=**/rust/**"]
    options.append(f"--minimum-test-timeout={_PATIENCE}")
    argv = [cargo_mutants, "mutants", *options, "--", "--locked", "--lib"]
    env = {"RUSTC": toolchain.rust_tool("RUSTC"), "CARGO": toolchain.tool("cargo")}
    results = tree / "mutants.out"
    remove(results)
    try:
        checkout.run("Mutating expressions", argv, cwd=tree, env=env, far=lambda _: _far(results))
    except CommandError as failure:
        # It fails if a mutant survives, which is judged here, but also if it cannot begin.
        if not _FINISHED.search(failure.log.read_text(errors="replace")):
            raise
    # An endless run is found as well.
    found = [_read(results / f"{name}.txt") for name in ("caught", "timeout")]
    survivors = mutants.listed(_read(results / "missed.txt"))
    sources = {file: (tree / file).read_text().splitlines() for file, _, _ in survivors}
    missed = [Mutant(file, sources[file][at - 1].strip(), how) for file, at, how in survivors]
    return sum(len(text.splitlines()) for text in found), missed


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _far(results: Path) -> str:
    outcomes = ("caught", "missed", "timeout", "unviable")
    return f"{sum(len(_read(results / f'{name}.txt').splitlines()) for name in outcomes)} mutants"


def _ensure(checkout: Checkout) -> Path:
    root = checkout.shared / f"cargo-mutants-{VERSION}"
    with checkout.locked(checkout.shared, "the shared tools"):
        if not root.exists():
            with checkout.replacing(root) as new:
                options = ["--version", VERSION, "--locked", "--root", new]
                install = [toolchain.tool("cargo"), "install", "cargo-mutants", *options]
                env = {"RUSTC": toolchain.rust_tool("RUSTC")}
                checkout.run("Building cargo-mutants", install, env=env)
    return root / "bin/cargo-mutants"


def _deletions(checkout: Checkout, tree: Path) -> tuple[int, list[Mutant]]:
    """The number that was found, and the survivors."""
    found, survivors = 0, []
    mark = ""
    progress = Progress("Deleting statements", lambda: mark)
    for path in _concepts(tree / "rust"):
        original = path.read_text()
        lines = original.splitlines(keepends=True)
        for number in mutants.statements(original):
            mutant = Mutant(str(path.relative_to(tree)), lines[number - 1].strip(), DELETED)
            mark = f"{mutant.file}:{number}"
            progress.tick()
            path.write_text("".join([*lines[: number - 1], "\n", *lines[number:]]))
            if not _test(tree, "--no-run"):
                continue
            if _test(tree):
                survivors.append(mutant)
            else:
                found += 1
        path.write_text(original)
    progress.done()
    return found, survivors


def _concepts(rust: Path) -> list[Path]:
    found = ((path, path.relative_to(rust).parts) for path in sorted(rust.rglob("*.rs")))
    return [path for path, parts in found if not _NOT_CONCEPTS.intersection(parts)]


def _test(tree: Path, *options: str) -> bool:
    env = {"RUSTC": toolchain.rust_tool("RUSTC")}
    cargo = [toolchain.tool("cargo"), "test", "--locked", "--quiet", "--lib", *options]
    limit = [] if options else ["timeout", _PATIENCE]
    succeeded, _ = ask(*limit, *cargo, cwd=tree / CRATE, env=env)
    return succeeded
