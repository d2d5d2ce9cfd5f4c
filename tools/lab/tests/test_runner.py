# SPDX-License-Identifier: GPL-2.0
"""A run goes through all its steps, and fails if one did."""

import contextlib
import io
import unittest

from host.failure import LabError
from report.tally import Tally, check
from steps import runner
from steps.runner import Steps


def _run(steps: Steps) -> tuple[int, list[str]]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = runner.run(steps)
    return status, said.getvalue().splitlines()


def _breaks() -> Tally:
    raise LabError("no such compiler: install it")


class Runs(unittest.TestCase):
    def test_passing(self) -> None:
        status, lines = _run({"one": lambda: Tally(3), "two": lambda: Tally(4, skipped=1)})
        self.assertEqual(status, 0)
        self.assertEqual(lines[0], "ok      one: 3 passed, 0 failed, 0 skipped (0 s)")
        self.assertEqual(lines[-1], "7 passed, 0 failed, 1 skipped")

    def test_failing(self) -> None:
        status, lines = _run({"one": lambda: check("it is broken"), "two": lambda: Tally(4)})
        self.assertEqual(status, 1)
        self.assertEqual(lines[0], "FAILED  one: 0 passed, 1 failed, 0 skipped (0 s)")
        self.assertEqual(lines[1], "        it is broken")
        self.assertEqual(lines[2], "ok      two: 4 passed, 0 failed, 0 skipped (0 s)")
        self.assertEqual(lines[-1], "4 passed, 1 failed, 0 skipped")

    def test_step_that_cannot_run(self) -> None:
        status, lines = _run({"one": _breaks, "two": lambda: Tally(4)})
        self.assertEqual(status, 1)
        self.assertEqual(lines[1], "        no such compiler: install it")
        self.assertEqual(lines[-1], "4 passed, 1 failed, 0 skipped")

    def test_passing_with_a_note(self) -> None:
        status, lines = _run({"one": lambda: Tally(1, problems=("fails in both",))})
        self.assertEqual(status, 0)
        self.assertEqual(lines[1], "        fails in both")
