# SPDX-License-Identifier: GPL-2.0
"""The totals that cargo test and Python's unittest end with."""

import re

from report.tally import Tally, check

_CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
_CARGO_FAILURE = re.compile(r"^test (.+) \.\.\. FAILED$", re.MULTILINE)
_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_OUTCOME = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
_COUNT = re.compile(r"(\w[\w ]*)=(\d+)")
_UNITTEST_FAILURE = re.compile(r"^((?:FAIL|ERROR|UNEXPECTED SUCCESS): .+)$", re.MULTILINE)


def of_cargo(log: str, failure: str = "") -> Tally:
    """Count the tests of each binary that cargo ran; none at all is a failure.

    Where cargo ended with a `failure`, a failed test explains it, or it counts as one.
    """
    total = Tally()
    for counts in _CARGO.findall(log):
        passed, failed, skipped = map(int, counts)
        total += Tally(passed, failed, skipped)
    if failure and not total.failed:
        return total + check(failure)
    if total == Tally():
        return check("no test ran")
    failures = (f"{name}: FAILED" for name in _CARGO_FAILURE.findall(log))
    return total + Tally(problems=tuple(failures))


def of_unittest(log: str) -> Tally:
    """Count what `python3 -m unittest` ran; none at all is a failure."""
    ran, outcome = _RAN.search(log), _OUTCOME.search(log)
    if not ran or not outcome or ran[1] == "0":
        return check("no test ran")
    counts = {name: int(count) for name, count in _COUNT.findall(outcome[1] or "")}
    failed = sum(counts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
    skipped = counts.get("skipped", 0)
    # A test may fail several times, once in each of its subtests.
    passed = max(int(ran[1]) - failed - skipped, 0)
    return Tally(passed, failed, skipped, tuple(_UNITTEST_FAILURE.findall(log)))
