# SPDX-License-Identifier: GPL-2.0
"""Running tests one after the other and adding up what they say."""

import time
from collections.abc import Callable

from host.failure import LabError
from host.progress import say
from report.tally import Tally, check

Steps = dict[str, Callable[[], Tally]]
"""Named parts of a test run, in order."""


def run(steps: Steps) -> int:
    """Run every step, whatever the ones before said. Return the exit status."""
    total = Tally()
    for name, step in steps.items():
        start = time.monotonic()
        try:
            tally = step()
        except LabError as error:
            tally = check(str(error))
        verdict = "FAILED" if tally.failed else "ok"
        say(f"{verdict:<7} {name}: {tally} ({time.monotonic() - start:.0f} s)")
        for problem in tally.problems:
            say(f"        {problem}")
        total += tally
    say(str(total))
    return 1 if total.failed else 0
