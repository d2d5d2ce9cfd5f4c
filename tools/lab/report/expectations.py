# SPDX-License-Identifier: GPL-2.0
"""Kselftests of which some have to fail: a test that detects nothing proves nothing."""

from collections.abc import Collection

from report import comparison
from report.tally import Tally, check

_NESTED = " > "


def listed(text: str) -> list[str]:
    """The names in a list of expected failures: one a line, apart from comments."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def compare(console: str, expected: Collection[str]) -> Tally:
    """Count the tests inside of programs; one is as expected if it fails where it is listed.

    A program fails as soon as one of its tests does, so its own verdict says nothing.
    """
    found = {
        name.rpartition(_NESTED)[2]: said
        for name, said in comparison.results(console).items()
        if _NESTED in name
    }
    if not found:
        return check("no test ran")
    total = Tally()
    for test in {**dict.fromkeys(expected), **found}:
        said = found.get(test, "missing")
        failed = said.startswith("not ok")
        if test in expected:
            total += check() if failed else check(f"{test}: {said}, but was expected to fail")
        elif said == "SKIP":
            total += Tally(skipped=1)
        else:
            total += check(f"{test}: {said}") if failed else check()
    return total
