# SPDX-License-Identifier: GPL-2.0
"""The verdict on one boot: its tests, its statistics and its log together."""

from pathlib import Path

from report import console as log
from report import counters, ktap
from report.tally import Tally, check


def of_kunit(tree: Path, console: str) -> Tally:
    return ktap.of_document(tree, console) + log.quiet(console)


def of_selftests(tree: Path, console: str, *, counted: bool) -> Tally:
    """Statistics are judged where the kernel was configured to have counted."""
    balanced = check(*(counters.contradictions(counters.read(console)) if counted else []))
    return ktap.of_kselftests(tree, console) + balanced + log.quiet(console)


def of_demo(tree: Path, console: str, implementation: str) -> list[str]:
    """What speaks against slices having been granted by `implementation`, and well."""
    counted = counters.read(console)
    problems = [*ktap.of_kselftests(tree, console).problems, *counters.contradictions(counted)]
    if not counted.get("sgrant"):
        problems.append("no slice was granted")
    granter = log.implementation(console)
    if granter.lower() != implementation:
        problems.append(f"{implementation} should have granted, the kernel says {granter}")
    return problems
