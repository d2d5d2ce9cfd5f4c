# SPDX-License-Identifier: GPL-2.0
"""A run goes through all its steps, and fails if one did."""

import contextlib
import io
import multiprocessing
import os
import signal
import time
import unittest
from functools import partial
from multiprocessing.synchronize import Barrier

from host.failure import LabError
from report.tally import Tally, check
from steps import runner
from steps.runner import Steps


def _run(*lanes: Steps) -> tuple[int, list[str]]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = runner.run(lanes)
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


PATIENCE = 60


def _meets(barrier: Barrier) -> Tally:
    """Break off unless a step of another lane runs at the same time."""
    barrier.wait(PATIENCE)
    return Tally(1)


def _is_killed() -> Tally:
    os.kill(os.getpid(), signal.SIGKILL)
    return Tally(1)


def _interrupts(process: int) -> Tally:
    # Python drops an interrupt that comes while a process is being started.
    time.sleep(0.5)
    os.kill(process, signal.SIGINT)
    return _waits()


def _waits() -> Tally:
    time.sleep(PATIENCE)
    return Tally(1)


class Lanes(unittest.TestCase):
    def test_side_by_side(self) -> None:
        barrier = multiprocessing.get_context("fork").Barrier(2)
        lane: Steps = {"one": partial(_meets, barrier), "two": lambda: Tally(2)}
        status, lines = _run(lane, lane)
        self.assertEqual(status, 0)
        self.assertEqual(lines[-1], "6 passed, 0 failed, 0 skipped")

    def test_failing(self) -> None:
        for breaks in range(2):
            status, lines = _run(*({"one": _breaks} if i == breaks else {} for i in range(2)))
            self.assertEqual(status, 1)
            self.assertEqual(lines[-1], "0 passed, 1 failed, 0 skipped")

    def test_lane_that_is_killed(self) -> None:
        status, lines = _run({"one": lambda: Tally(1)}, {"two": _is_killed})
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], "1 passed, 1 failed, 0 skipped")

    def test_interrupt(self) -> None:
        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            _run({"one": partial(_interrupts, os.getpid())}, {"two": _waits})
        self.assertLess(time.monotonic() - start, PATIENCE)
