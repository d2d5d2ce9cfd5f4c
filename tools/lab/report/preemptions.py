# SPDX-License-Identifier: GPL-2.0
"""How often owners of a lock were preempted, with and without slices."""

import re

_COUNT = re.compile(r"^(without|with) slices: +preempted in (\d+) of \d+ sections$", re.MULTILINE)
FEWER = 5
"""Slices divide the preemptions by that, at least."""


def contradictions(console: str, programs: int) -> list[str]:
    """What speaks against `programs` having shown the use of slices."""
    shown = [(kind, int(count)) for kind, count in _COUNT.findall(console)]
    if [kind for kind, _ in shown] != ["without", "with"] * programs:
        return [f"{programs} programs should tell preemptions without and with slices"]
    counts = [count for _, count in shown]
    pairs = zip(counts[::2], counts[1::2], strict=True)
    return [
        f"preempted {before} times without slices, {after} times with"
        for before, after in pairs
        if before == 0 or after * FEWER > before
    ]
