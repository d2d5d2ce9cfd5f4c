# SPDX-License-Identifier: GPL-2.0
"""Whether a program showed the cases of a table, all of them and no others."""

import re

_RESULT = re.compile(r"(?:not )?ok (\d+) (\w+)")


def listed(table: str) -> list[str]:
    """The names at the beginning of its lines."""
    lines = (line.split("#", 1)[0].split() for line in table.splitlines())
    return [words[0] for words in lines if words]


def contradictions(console: str, table: list[str], runs: int) -> list[str]:
    """What speaks against `runs` programs having shown the cases in order."""
    shown = [match[2] for line in console.splitlines() if (match := _RESULT.match(line))]
    size = len(table)
    complete, rest = divmod(len(shown), size)
    problems = []
    if rest or complete != runs:
        problems.append(f"{runs} programs should show {size} cases each, {len(shown)} were shown")
    for position, name in enumerate(shown):
        if name != table[position % size]:
            problems.append(f"{name} was shown in place of {table[position % size]}")
            break
    return problems
