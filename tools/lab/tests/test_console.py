# SPDX-License-Identifier: GPL-2.0
"""Verdicts on what the kernel and its programs say beside the tests."""

import unittest

from report import console as log
from report import counters
from report.tally import Tally
from tests import recorded


class Splats(unittest.TestCase):
    def test_each_kind(self) -> None:
        kinds = (
            "WARNING: CPU: 1 PID: 7 at kernel/entry/common.c:51 exit_to_user_mode_loop+0x5b/0x1f0",
            "WARNING: possible circular locking dependency detected",
            "WARNING: suspicious RCU usage",
            "BUG: KASAN: slab-out-of-bounds in rseq_slice_grant+0x10/0x80",
            "BUG: sleeping function called from invalid context at mm/memory.c:6992",
            "BUG: scheduling while atomic: entry/123/0x00000002",
            "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [grant:99]",
            "Oops: general protection fault, 0000 [#1] SMP",
            "Internal error: Oops: 0000000096000004 [#1]  SMP",
            "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
            "INFO: task init:1 blocked for more than 120 seconds.",
            "rcu: INFO: rcu_sched self-detected stall on CPU",
            "INFO: trying to register non-static key.",
            "INFO: lockdep is turned off.",
            "turning off the locking correctness validator.",
            "traps: PANIC: double fault, error_code: 0x0, general protection",
            "Call trace:",
            "Call Trace:",
        )
        for line in kinds:
            with self.subTest(line=line):
                console = f"ok 1 selftests: rseq: basic_test\n{line}\nok 2"
                self.assertEqual(log.quiet(console), Tally(failed=1, problems=(line,)))

    def test_quiet(self) -> None:
        for name in ("demo_passing.log", "kunit_passing.log", "selftests_passing.log"):
            with self.subTest(log=name):
                self.assertEqual(log.quiet(recorded(name)), Tally(passed=1))


def _race(where: str, caller: str = "vfs_read", program: str = "grant") -> str:
    """A report as kernel/kcsan/report.c prints it."""
    line = "=" * 66
    one, _, other = where.partition(" / ")
    return f"""\
{line}
BUG: KCSAN: data-race in {where}

write to 0xffff000003a1c0f8 of 8 bytes by task 87 on cpu 1:
 {one}+0x40/0x1a0
 {caller}+0x1c/0x30

read to 0xffff000003a1c0f8 of 8 bytes by interrupt on cpu 0:
 {other}+0x88/0xc0

value changed: 0x0000000000002328 -> 0x0000000000002329

Reported by Kernel Concurrency Sanitizer on:
CPU: 0 UID: 0 PID: 88 Comm: {program} Not tainted 7.3.4 #1 PREEMPT_LAZY
Hardware name: linux,dummy-virt (DT)
{line}
"""


class Races(unittest.TestCase):
    def test_ours(self) -> None:
        for race in (
            _race("rseq_slice_grant / hrtimer_interrupt"),
            _race("resched_curr / update_curr", caller="__rseq_handle_slowpath"),
            _race("exit_to_user_mode_loop / resched_curr"),
        ):
            with self.subTest(race=race):
                self.assertEqual(log.quiet(f"ok 1\n{race}ok 2\n").failed, 1)

    def test_of_others(self) -> None:
        """A program that is named like us does not make it ours."""
        race = _race("update_curr / tick_sched_handle", program="rseq_test")
        self.assertEqual(log.quiet(f"ok 1\n{race}ok 2\n"), Tally(passed=1))

    def test_each_for_itself(self) -> None:
        others, ours = _race("a / b"), _race("a / rseq_exit_user_update")
        for console in (others + ours + others, others + others + ours, ours + others):
            with self.subTest(console=console):
                self.assertEqual(log.quiet(console).failed, 1)

    def test_other_splats_between(self) -> None:
        splat = "BUG: scheduling while atomic: entry/123/0x00000002\n"
        self.assertEqual(log.quiet(_race("a / b") + splat + _race("a / b")).failed, 1)

    def test_other_splats_inside(self) -> None:
        """Two CPUs may print at once."""
        splat = "value changed\nBUG: scheduling while atomic: entry/123/0x00000002"
        interrupted = _race("a / b").replace("value changed", splat)
        self.assertGreaterEqual(log.quiet(interrupted).failed, 1)

    def test_unfinished(self) -> None:
        """A report that is cut off counts."""
        self.assertEqual(log.quiet(_race("a / b").partition("Reported")[0]).failed, 1)


class Lockdep(unittest.TestCase):
    def test_watching(self) -> None:
        self.assertEqual(log.watched(" debug_locks:                             1\n").failed, 0)

    def test_switched_off(self) -> None:
        self.assertEqual(log.watched(" debug_locks:                             0\n").failed, 1)

    def test_not_asked(self) -> None:
        self.assertEqual(log.watched(recorded("selftests_passing.log")).failed, 1)


class Libraries(unittest.TestCase):
    def test_registration(self) -> None:
        self.assertEqual(log.registrations(recorded("libc.log")), "glibc 2.36: 32 bytes")

    def test_none(self) -> None:
        said = log.registrations(recorded("selftests_passing.log"))
        self.assertEqual(said, "no library told its registration")


class Counters(unittest.TestCase):
    console = recorded("selftests_passing.log")

    def test_balanced(self) -> None:
        counted = counters.read(self.console)
        self.assertEqual(counted["sgrant"], 50624)
        self.assertEqual(counters.contradictions(counted), [])

    def test_each_that_is_off_by_one(self) -> None:
        counted = counters.read(self.console)
        for name in ("sgrant", "syield", "sabort", "srevok"):
            for wrong in (counted[name] - 1, counted[name] + 1):
                with self.subTest(counter=name, value=wrong):
                    self.assertEqual(len(counters.contradictions({**counted, name: wrong})), 1)

    def test_expired_grants_are_not_ends(self) -> None:
        counted = counters.read(self.console)
        self.assertEqual(counters.contradictions({**counted, "sexpir": 0}), [])

    def test_each_that_is_missing(self) -> None:
        counted = counters.read(self.console)
        for name in counters.MEANINGS:
            with self.subTest(counter=name):
                others = {key: value for key, value in counted.items() if key != name}
                self.assertEqual(
                    counters.contradictions(others), ["the guest printed no rseq statistics"]
                )

    def test_the_last_statistics_count(self) -> None:
        later = self.console + "sgrant: 7\n"
        self.assertEqual(counters.read(later)["sgrant"], 7)

    def test_table(self) -> None:
        table = counters.table(counters.read(self.console))
        self.assertIn("sgrant      50624  granted", table)
        self.assertEqual(len(table.splitlines()), len(counters.MEANINGS))
