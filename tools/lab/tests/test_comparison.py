# SPDX-License-Identifier: GPL-2.0
"""Two kernels compared by their selftests."""

import unittest

from report import comparison
from report.tally import Tally
from tests import recorded

_RESULT_LINE = "ok 2 selftests: rseq: run_syscall_errors_test.sh"


class Comparison(unittest.TestCase):
    console = recorded("selftests_passing.log")
    failing = recorded("selftests_failing.log")

    def compare(self, before: str, now: str, name: str = "c") -> Tally:
        return comparison.compare(comparison.results(before), comparison.results(now), name)

    def test_every_result_is_seen(self) -> None:
        # 5 programs; 3 of them have subtests.
        self.assertEqual(len(comparison.results(self.console)), 5 + 69)
        found = comparison.results(self.failing)
        self.assertEqual(found["rseq: run_legacy_check.sh"], "not ok exit=1")
        self.assertEqual(found["rseq: run_legacy_check.sh > legacy.legacy_test"], "not ok")
        self.assertEqual(found["rseq_abi: modes > mode.legacy.section_sleeps"], "SKIP")

    def test_alike(self) -> None:
        self.assertEqual(self.compare(self.console, self.console), Tally(passed=74))

    def test_alike_but_failing(self) -> None:
        tally = self.compare(self.failing, self.failing)
        self.assertEqual((tally.failed, tally.skipped), (0, 5))
        self.assertIn("rseq: run_legacy_check.sh: not ok exit=1 on both kernels", tally.problems)

    def test_worse(self) -> None:
        worse = self.console.replace(_RESULT_LINE, f"not {_RESULT_LINE} # exit=1")
        tally = self.compare(self.console, worse)
        self.assertEqual((tally.passed, tally.failed), (73, 1))
        self.assertEqual(
            tally.problems, ("rseq: run_syscall_errors_test.sh: not ok exit=1, but ok in c",)
        )

    def test_better_counts_only_against_the_stock_kernel(self) -> None:
        worse = self.console.replace(_RESULT_LINE, f"not {_RESULT_LINE} # exit=1")
        self.assertEqual(self.compare(worse, self.console, "c").failed, 1)
        self.assertEqual(self.compare(worse, self.console, "stock").failed, 0)
        self.assertEqual(self.compare(self.console, worse, "stock").failed, 1)

    def test_missing(self) -> None:
        without = self.console.replace(f"{_RESULT_LINE}\n", "")
        for before, now in ((self.console, without), (without, self.console)):
            self.assertEqual(self.compare(before, now).failed, 1)

    def test_skipped_on_one_kernel(self) -> None:
        skipping = self.console.replace(_RESULT_LINE, f"{_RESULT_LINE} # SKIP")
        self.assertEqual(self.compare(self.console, skipping).failed, 1)

    def test_each_of_one_name(self) -> None:
        first, second = (f"# ok {number} (no name)\n" for number in (1, 2))
        both = self.console.replace("# testing current cpu\n", first + second)
        worse = both.replace(first, f"# not {first.removeprefix('# ')}")
        self.assertEqual(self.compare(both, worse).failed, 1)
        self.assertEqual(self.compare(both, both.replace(second, "")).failed, 1)

    def test_other_exception(self) -> None:
        timed_out = self.failing.replace("# exit=1", "# TIMEOUT 45 seconds")
        self.assertEqual(self.compare(self.failing, timed_out).failed, 1)

    def test_verdict_behind_the_last_words_of_a_program(self) -> None:
        program = "rseq: run_syscall_errors_test.sh"
        for words in ("# Registration with", "# Registration with "):
            with self.subTest(words=words):
                dying = self.console.replace(_RESULT_LINE, f"{words}not {_RESULT_LINE} # exit=139")
                self.assertEqual(comparison.results(dying)[program], "not ok exit=139")
                fine = self.console.replace(_RESULT_LINE, f"{words}{_RESULT_LINE}")
                self.assertEqual(comparison.results(fine)[program], "ok")
