# SPDX-License-Identifier: GPL-2.0
"""KTAP documents, as the kernel's own parser counts them."""

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from report.tally import Tally, check

# The runner ends without a document then.
_UNKNOWN = re.compile(r"^No such (?:test|collection) '.*'$", re.MULTILINE)
_HEADER = re.compile(r"^TAP version 13$", re.MULTILINE)


def of_kselftests(tree: Path, console: str) -> Tally:
    """Count the documents that run_kselftest.sh wrote, subtests included."""
    # The runner comments out the output of a program; unwrapped, it is the
    # nested document that the parser expects.
    unwrapped = re.sub(r"^# ", "  ", console, flags=re.MULTILINE)
    _, *bodies = _HEADER.split(unwrapped)
    if not bodies:
        return check("no test ran")
    unknown = (check(complaint) for complaint in _UNKNOWN.findall(console))
    documents = (of_document(tree, f"TAP version 13{body}") for body in bodies)
    return sum([*unknown, *documents], Tally())


def of_document(tree: Path, text: str) -> Tally:
    """Count one document; none at all is a failure."""
    parser = _parser(tree)
    printer = importlib.import_module("kunit_printer").null_printer
    test = parser.parse_run_tests(text.splitlines(), printer)
    counts = test.counts
    failed = counts.failed + counts.crashed + counts.errors
    if not counts.total():
        return check("no test ran")
    problems = _failures(test)
    if failed and not problems:
        # Where a plan is wrong there may be no test to name.
        problems = [f"{failed} errors in the document"]
    return Tally(counts.passed, failed, counts.skipped, tuple(problems))


def _parser(tree: Path) -> ModuleType:
    tools = str(tree / "tools/testing/kunit")
    if tools not in sys.path:
        sys.path.append(tools)
    return importlib.import_module("kunit_parser")


def _failures(test: Any) -> list[str]:
    """The innermost tests that failed."""
    inner = [failure for subtest in test.subtests for failure in _failures(subtest)]
    return inner if inner or test.ok_status() else [f"{test.name}: {test.status.name}"]
