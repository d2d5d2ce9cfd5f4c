# SPDX-License-Identifier: GPL-2.0
"""Slices that the kernel's rseq-slice-hist.py finds in a trace."""

import re

TASK = "slice_test"
ENOUGH = 100
"""Of about a thousand in the trace."""

_SECTION = re.compile(r"^Task: (\S+) .*\n(?:.*\n){2}((?:  .* \| \d+\n?)*)", re.MULTILINE)
_ROW = re.compile(r"\| (\d+)$", re.MULTILINE)


def slices(said: str) -> dict[str, int]:
    """How many, by task."""
    return {task: sum(map(int, _ROW.findall(rows))) for task, rows in _SECTION.findall(said)}


def contradictions(said: str) -> list[str]:
    """What speaks against the script knowing slices when it sees them."""
    found = slices(said)
    if found.get(TASK, 0) >= ENOUGH:
        return []
    last = said.strip().splitlines()[-1:]
    return [f"rseq-slice-hist.py finds {found or 'nothing'}, not {TASK}: {' '.join(last)}"]
