# SPDX-License-Identifier: GPL-2.0
"""Verdicts on the KUnit suites of a boot."""

from report import ktap
from tests import recorded
from tests.verdict_test import VerdictTest


class KUnit(VerdictTest):
    console = recorded("kunit_passing.log")

    def test_passing(self) -> None:
        # 95 cases, and a quiet log.
        self.assert_counts(self.kunit(self.console), 96, 0, 0)

    def test_each_failing_case(self) -> None:
        lines = self.console.splitlines()
        cases = [place for place, line in enumerate(lines) if line.startswith("    ok ")]
        self.assertEqual(len(cases), 95)
        for place in cases:
            name = lines[place].split()[2]
            with self.subTest(case=name):
                failing = [*lines]
                failing[place] = lines[place].replace("ok", "not ok", 1)
                tally = self.kunit("\n".join(failing))
                self.assert_counts(tally, 95, 1, 0)
                self.assertEqual(tally.problems, (f"{name}: FAILURE",))

    def test_skipped_case(self) -> None:
        skipping = self.console.replace("    ok 2 v2\n", "    ok 2 v2 # SKIP no memory\n")
        self.assert_counts(self.kunit(skipping), 95, 0, 1)

    def test_truncated_anywhere(self) -> None:
        lines = self.console.splitlines()
        last = lines.index("ok 8 rseq_slice_timer")
        for end in range(last):
            with self.subTest(last_line=lines[end - 1]):
                self.assertTrue(self.kunit("\n".join(lines[:end])).failed)

    def test_without_a_case(self) -> None:
        for case in ("    ok 2 v2\n", "    ok 9 vanished\n"):
            with self.subTest(case=case):
                self.assertIn(case, self.console)
                self.assertTrue(self.kunit(self.console.replace(case, "")).failed)

    def test_no_suite(self) -> None:
        tally = self.kunit("KTAP version 1\n1..0\n")
        self.assertTrue(tally.failed)

    def test_oops(self) -> None:
        tally = self.kunit(recorded("kunit_oops.log"))
        self.assertIn("no test ran", tally.problems)
        self.assertIn("Oops: Oops: 0000 [#1] SMP", tally.problems)

    def test_logs_of_the_kernel(self) -> None:
        """The parser's own examples: those that fail do so here."""
        data = self.tree / "tools/testing/kunit/test_data"
        expected = {
            "all_passed": (10, 0, 0),
            "failure": (9, 1, 0),
            "failure-nested": (1, 2, 0),
            "kselftest": (2, 0, 1),
            "no_tests_run_with_header": (0, 1, 0),
        }
        for name, counts in expected.items():
            with self.subTest(log=name):
                text = (data / f"test_is_test_passed-{name}.log").read_text()
                self.assert_counts(ktap.of_document(self.tree, text), *counts)
        crash = (data / "test_kernel_panic_interrupt.log").read_text()
        self.assert_counts(ktap.of_document(self.tree, crash), 8, 5, 0)
