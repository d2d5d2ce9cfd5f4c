# SPDX-License-Identifier: GPL-2.0
"""How many tests passed, as the kernel's own KTAP parser counts them."""

import importlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

TAP_HEADER = re.compile(r"^TAP version 13$", re.MULTILINE)


@dataclass(frozen=True)
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.problems + other.problems,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


Steps = dict[str, Callable[[], Tally]]
"""Named parts of a test run, in order."""


def check(*problems: str) -> Tally:
    """One test that passes if there are no problems."""
    return Tally(failed=1, problems=problems) if problems else Tally(passed=1)


def of_kselftests(source: Path, console: str) -> Tally:
    """Count the documents that run_kselftest.sh wrote, subtests included."""
    # The runner comments out the output of a program; unwrapped, it is the
    # nested document that the parser expects.
    documents = re.sub(r"^# ", "  ", console, flags=re.MULTILINE)
    _, *bodies = TAP_HEADER.split(documents)
    if not bodies:
        return check("no test ran")
    return sum((of_ktap(source, f"TAP version 13{body}") for body in bodies), Tally())


def of_ktap(source: Path, text: str) -> Tally:
    """Count one document; none at all is a failure."""
    parser = _parser(source)
    printer = importlib.import_module("kunit_printer").null_printer
    test = parser.parse_run_tests(text.splitlines(), printer)
    counts = test.counts
    failed = counts.failed + counts.crashed + counts.errors
    if not counts.total():
        return check("no test ran")
    return Tally(counts.passed, failed, counts.skipped, tuple(_failures(test)))


def _parser(source: Path) -> ModuleType:
    tools = str(source / "tools/testing/kunit")
    if tools not in sys.path:
        sys.path.append(tools)
    return importlib.import_module("kunit_parser")


def _failures(test: Any) -> list[str]:
    """The innermost tests that failed."""
    inner = [failure for subtest in test.subtests for failure in _failures(subtest)]
    return inner if inner or test.ok_status() else [f"{test.name}: {test.status.name}"]
