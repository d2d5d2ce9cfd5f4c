# SPDX-License-Identifier: GPL-2.0
"""A long step's one line: what, how far, how long so far."""

import shutil
import sys
import time
from collections.abc import Callable

LOG_INTERVAL = 30.0

_shared = False


def say(text: str = "") -> None:
    print(text, flush=True)


def share_terminal() -> None:
    """From now on others write to the terminal, too: no line can be rewritten."""
    global _shared  # noqa: PLW0603 - it is a property of the process
    _shared = True


class Progress:
    """A line that rewrites itself on a terminal and repeats itself in a log."""

    def __init__(self, what: str, far: Callable[[], str] = str) -> None:
        self._what = what
        self._far = far
        self._terminal = sys.stdout.isatty() and not _shared
        self._start = time.monotonic()
        self._next_line = LOG_INTERVAL
        self._shown = 0
        if not self._terminal:
            say(f"{what} ...")

    def tick(self) -> None:
        seconds = time.monotonic() - self._start
        if self._terminal:
            self._rewrite(self._line(seconds))
        elif seconds >= self._next_line:
            self._next_line = seconds + LOG_INTERVAL
            say(self._line(seconds))

    def done(self) -> None:
        seconds = time.monotonic() - self._start
        line = self._line(seconds)
        if self._terminal:
            self._rewrite(line)
            say()
        elif seconds >= 1:
            say(line + ", done")

    def _line(self, seconds: float) -> str:
        far = self._far()
        time_spent = f"[{int(seconds) // 60}:{int(seconds) % 60:02}]"
        return f"{self._what}{': ' if far else ''}{far} {time_spent}"

    def _rewrite(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]
        print("\r" + line.ljust(self._shown), end="", flush=True)
        self._shown = len(line)
