# SPDX-License-Identifier: GPL-2.0
"""The seam between the implementation and the kernel, in its sources and in its object code."""

import re
from collections.abc import Iterable

_BELOW = re.compile(r"machine\.rs$|machine/|kunit\.rs$|kunit/")
"""The machine itself, and tests, which have to set the scene."""
_COMMENT = re.compile(r"//.*")
_REACHES_DOWN = re.compile(r"\bunsafe\b|\bbindings\b")
_ENTRY_POINTS = "rseq.rs"
_OF_ENTRY_POINTS = re.compile(
    r"unsafe extern \"C\" fn"
    r"|unsafe \{ (TaskContext|InterruptsOff|UserRegs|SliceTimer)::(new|from_raw)\(\w*\) \}"
    r"|unsafe \{ machine::timer::init\(\) \}"
    r"|\*mut bindings::(rseq|pt_regs|task_struct|hrtimer)\b"
    r"|bindings::(__NR_rseq_slice_yield|hrtimer_restart)\b"
    r"|^    bindings,$"
)

_INLINE = re.compile(
    r"4rseq.*("
    r"11user_memory|10user_field|12user_address|9rseq_data|8position"
    r"|9untouched|8granting|13clear_request|10initialize|4flip|9from_word|7to_word|3ids(4load|5store|6resume)"
    r"|16critical_section(4load|5abort|5clear)"
    r"|7machine(4task|5marks|8switches|11slice_state).*(4area|9signature|5is_v2|3ids|11interrupted"
    r"|10is_granted|9debugging|14slices_offered)"
    r")"
)
"""Mangled names of what runs with user access open: modules, and functions of others."""


def breaches(name: str, source: str) -> list[str]:
    """Where a file of rust/ reaches below the seam: `name` is its path from there."""
    if _BELOW.match(name):
        return []
    allowed = _OF_ENTRY_POINTS if name == _ENTRY_POINTS else None
    lines = (_COMMENT.sub("", line) for line in source.splitlines())
    return [
        f"{name}:{number}: {line.strip()}: this belongs below rust/machine"
        for number, line in enumerate(lines, 1)
        if _REACHES_DOWN.search(allowed.sub("", line) if allowed else line)
    ]


def outlined(symbols: Iterable[str]) -> list[str]:
    """Functions that were to be inlined, since nothing may be called with user access open."""
    return [
        f"{symbol} was not inlined, but runs with user access open"
        for symbol in symbols
        if _INLINE.search(symbol)
    ]
