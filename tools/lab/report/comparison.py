# SPDX-License-Identifier: GPL-2.0
"""Two kernels compared by what the same kselftests say on them, test by test."""

import re
from collections import Counter

from report.tally import Tally

_PROGRAM = re.compile(r"# selftests: (\S+): (\S+)")
# A program that dies in the middle of a line leaves the runner's verdict behind it.
_VERDICT = re.compile(r"(?P<no>not )?ok \d+ selftests: \S+: \S+(?: # (?P<what>\S+))?")
_RESULT = re.compile(
    r"(?P<depth>(# )+)(?P<no>not )?ok \d+(?: (?P<name>[^#]*[^# ]))?(?: # (?P<what>\S+).*)?"
)

Results = dict[str, str]
"""What each test said, named by its program and how deeply it is nested in that."""


def results(console: str) -> Results:
    found: Results = {}
    program = ""
    seen: Counter[str] = Counter()
    for line in console.splitlines():
        started = _PROGRAM.fullmatch(line)
        verdict = _VERDICT.search(line)
        nested = _RESULT.fullmatch(line)
        if started:
            program = ": ".join(started.groups())
        elif verdict:
            found[program] = _said(verdict)
        elif nested:
            test = f"{program}{' >' * (len(nested['depth']) // 2)} {nested['name'] or '(no name)'}"
            seen[test] += 1
            found[f"{test}, {seen[test]}" if seen[test] > 1 else test] = _said(nested)
    return found


def compare(reference: Results, other: Results, name: str) -> Tally:
    """A tally of the tests: one passes when it says the same on both kernels.

    The reference called `stock` lacks what our patches add: there, one may also pass on ours alone.
    """
    total = Tally()
    for test in {**reference, **other}:
        ours, theirs = (said.get(test, "missing") for said in (other, reference))
        if ours != theirs:
            difference = (f"{test}: {ours}, but {theirs} in {name}",)
            better = name == "stock" and ours == "ok"
            total += Tally(**{"passed" if better else "failed": 1}, problems=difference)
        elif ours == "SKIP":
            total += Tally(skipped=1)
        else:
            note = (f"{test}: {ours} on both kernels",) if ours.startswith("not ok") else ()
            total += Tally(passed=1, problems=note)
    return total


def _said(result: re.Match[str]) -> str:
    """Whether a test passed, and what sort of failure or exception it was."""
    if result["what"] == "SKIP":
        return "SKIP"
    return " ".join(filter(None, ["not ok" if result["no"] else "ok", result["what"]]))
