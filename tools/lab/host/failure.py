# SPDX-License-Identifier: GPL-2.0
"""What goes wrong in a way that the user can do something about."""

from pathlib import Path


class LabError(Exception):
    """One line that says what is wrong and what to do."""


class CommandError(LabError):
    """A command that ended with an error, and all that it printed."""

    def __init__(self, line: str, log: Path) -> None:
        super().__init__(line)
        self.log = log
