# SPDX-License-Identifier: GPL-2.0
"""Running tests and adding up what they say."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from host import progress
from host.failure import LabError
from host.progress import say
from report.tally import Tally, check

Steps = dict[str, Callable[[], Tally]]
"""Named parts of a test run, in order."""

# Steps need not be copied to a process that is a copy of this one.
_FORK = multiprocessing.get_context("fork")


def run(*stages: Sequence[Steps]) -> int:
    """Run every step, whatever the ones before said. Return the exit status.

    Stages run one after the other, the lanes of a stage side by side.
    """
    total = sum(map(_stage, stages), Tally())
    say(str(total))
    return 1 if total.failed else 0


def _stage(lanes: Sequence[Steps]) -> Tally:
    if len(lanes) == 1:
        return _in_turn(lanes[0])
    running = [_start(lane) for lane in lanes]
    try:
        return sum((_result(results) for _, results in running), Tally())
    finally:
        for process, _ in running:
            process.terminate()
            process.join()


def _start(lane: Steps) -> tuple[BaseProcess, Connection]:
    """Run a lane in a process of its own, which can be interrupted like this one."""
    results, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_send, args=(lane, sender))
    process.start()
    sender.close()
    return process, results


def _send(lane: Steps, sender: Connection) -> None:
    progress.share_terminal()
    with suppress(KeyboardInterrupt):
        sender.send(_in_turn(lane))


def _result(results: Connection) -> Tally:
    try:
        tally: Tally = results.recv()
    except EOFError:
        return check("a process of the lab was killed, so steps are missing: see dmesg")
    return tally


def _in_turn(steps: Steps) -> Tally:
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
    return total
