# SPDX-License-Identifier: GPL-2.0
"""Kselftests of which some have to fail."""

import unittest

from report import expectations
from report.tally import Tally
from steps.stock import EXPECTED
from tests import recorded
from tree import patches

_UNLISTED = "# ok 5 slice_regression.x32_yields # SKIP Needs CONFIG_X86_X32_ABI\n"


class Expectations(unittest.TestCase):
    stock = recorded("regressions_stock.log")
    fixed = recorded("regressions_fixed.log")
    expected = expectations.listed((patches.ALL / patches.KERNEL / EXPECTED).read_text())

    def compare(self, console: str) -> Tally:
        return expectations.compare(console, self.expected)

    def verdict(self, test: str) -> str:
        """The line that says that `test` failed."""
        lines = self.stock.splitlines(keepends=True)
        return next(line for line in lines if line.startswith("# not ok") and test in line)

    def test_list(self) -> None:
        self.assertEqual(len({*self.expected}), 6)
        self.assertEqual(expectations.listed("# comment\n\na.b\nc.d\n"), ["a.b", "c.d"])

    def test_as_expected(self) -> None:
        self.assertEqual(self.compare(self.stock), Tally(passed=6, skipped=1))

    def test_each_that_passes(self) -> None:
        for test in self.expected:
            with self.subTest(test=test):
                line = self.verdict(test)
                tally = self.compare(self.stock.replace(line, line.replace("not ok", "ok")))
                problem = f"{test}: ok, but was expected to fail"
                self.assertEqual(tally, Tally(5, 1, 1, (problem,)))

    def test_each_that_is_missing(self) -> None:
        for test in self.expected:
            with self.subTest(test=test):
                tally = self.compare(self.stock.replace(self.verdict(test), ""))
                problem = f"{test}: missing, but was expected to fail"
                self.assertEqual(tally, Tally(5, 1, 1, (problem,)))

    def test_each_that_is_skipped(self) -> None:
        for test in self.expected:
            with self.subTest(test=test):
                line = self.verdict(test)
                skipped = line.replace("not ok", "ok").replace("\n", " # SKIP needs two CPUs\n")
                problem = f"{test}: SKIP, but was expected to fail"
                self.assertEqual(
                    self.compare(self.stock.replace(line, skipped)), Tally(5, 1, 1, (problem,))
                )

    def test_unlisted_that_fails(self) -> None:
        self.assertIn(_UNLISTED, self.stock)
        failing = self.stock.replace(_UNLISTED, "# not ok 5 slice_regression.x32_yields\n")
        tally = self.compare(failing)
        self.assertEqual(tally, Tally(6, 1, 0, ("slice_regression.x32_yields: not ok",)))
        # Nor does it help that the program as a whole was going to fail.
        self.assertIn("not ok 1 selftests: rseq: run_slice_regression_test.sh", failing)

    def test_unlisted_that_passes(self) -> None:
        passing = self.stock.replace(_UNLISTED, "# ok 5 slice_regression.x32_yields\n")
        self.assertEqual(self.compare(passing), Tally(passed=7))

    def test_kernel_that_is_mended(self) -> None:
        self.assertEqual(self.compare(self.fixed).failed, 6)
        self.assertEqual(expectations.compare(self.fixed, []), Tally(passed=6, skipped=1))

    def test_nothing_ran(self) -> None:
        skipped = "ok 1 selftests: rseq: run_slice_regression_test.sh # SKIP\n"
        for console in ("", f"# selftests: rseq: run_slice_regression_test.sh\n{skipped}"):
            self.assertEqual(self.compare(console).problems, ("no test ran",))
