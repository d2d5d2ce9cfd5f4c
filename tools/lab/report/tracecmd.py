# SPDX-License-Identifier: GPL-2.0
"""Stands in for trace-cmd's module, which Debian lacks, when rseq-slice-hist.py imports that.

The trace is a guest's console instead of trace-cmd's file: the text of tracefs with each field's
number, and the symbols of the kernel that was traced, instead of those of the one that runs.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Trace", "open"]

_CONSOLE = Path("trace.dat")
_EVENT = re.compile(r" *(?P<comm>\S+)-\d+ +\[(\d+)\] \S+ +(\d+)\.(\d{6}): (\w+):(.*)")
_FIELD = re.compile(r" (\w+)=\S+ \((-?\d+)\)")
_SYMBOL = re.compile(r"^[0-9a-f]{16} \w \S+$", re.MULTILINE)


@dataclass(frozen=True)
class Event:
    comm: str
    ts: int
    """In ns, from a time in us: who shares one is told apart by the order."""
    name: str
    fields: dict[str, int]

    def num_field(self, name: str) -> int:
        return self.fields[name]


class Trace:
    def __init__(self, path: str) -> None:
        self._events = _events(Path(path).read_text())
        self.cpus = max(self._events, default=-1) + 1

    def read_event(self, cpu: int) -> Event | None:
        return next(self._events.get(cpu, iter(())), None)


def _events(console: str) -> dict[int, Iterator[Event]]:
    """By CPU."""
    events: dict[int, list[Event]] = {}
    shared: Counter[tuple[str, str]] = Counter()
    for line in console.splitlines():
        if found := _EVENT.fullmatch(line):
            comm, cpu, seconds, usec, name, fields = found.groups()
            ts = int(seconds + usec) * 1000 + shared[seconds, usec]
            shared[seconds, usec] += 1
            numbers = {field: int(value) % 2**64 for field, value in _FIELD.findall(fields)}
            events.setdefault(int(cpu), []).append(Event(comm, ts, name, numbers))
    return {cpu: iter(of_cpu) for cpu, of_cpu in events.items()}


def open(path: str, mode: str) -> io.StringIO:  # noqa: A001 (it is what the script calls)
    """The symbols."""
    return io.StringIO("\n".join(_SYMBOL.findall(_CONSOLE.read_text())))
