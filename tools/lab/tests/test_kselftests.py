# SPDX-License-Identifier: GPL-2.0
"""Verdicts on the selftests of a boot."""

from report import console as log
from report import counters, verdict
from report.tally import Tally
from tests import recorded
from tests.verdict_test import VerdictTest

_RESULT_LINE = "ok 2 selftests: rseq: run_syscall_errors_test.sh"


class Kselftests(VerdictTest):
    console = recorded("selftests_passing.log")

    def test_passing(self) -> None:
        # 71 tests, balanced counters, a quiet log.
        self.assert_counts(self.selftests(self.console), 73, 0, 0)

    def test_failing(self) -> None:
        tally = self.selftests(recorded("selftests_failing.log"))
        self.assert_counts(tally, 28, 1, 5)
        self.assertEqual(tally.problems, ("legacy.legacy_test: FAILURE",))

    def test_each_failing_program(self) -> None:
        for line in self.console.splitlines():
            if line.startswith("ok "):
                with self.subTest(program=line):
                    failing = self.console.replace(line, f"not {line} # exit=1")
                    self.assertTrue(self.selftests(failing).failed)

    def test_each_failing_subtest(self) -> None:
        subtests = [line for line in self.console.splitlines() if line.startswith("# ok ")]
        self.assertEqual(len(subtests), 69)
        for line in subtests:
            with self.subTest(test=line):
                failing = self.console.replace(f"{line}\n", f"{line.replace('ok', 'not ok', 1)}\n")
                self.assertTrue(self.selftests(failing).failed)

    def test_program_that_timed_out(self) -> None:
        late = self.console.replace(_RESULT_LINE, f"not {_RESULT_LINE} # TIMEOUT 45 seconds")
        tally = self.selftests(late)
        self.assert_counts(tally, 72, 1, 0)
        self.assertIn("selftests: rseq: run_syscall_errors_test.sh", tally.problems[0])

    def test_program_without_a_result(self) -> None:
        self.assertTrue(self.selftests(self.console.replace(f"{_RESULT_LINE}\n", "")).failed)

    def test_unknown_program(self) -> None:
        tally = self.selftests(recorded("selftests_unknown.log"))
        self.assert_counts(tally, 3, 1, 0)
        self.assertEqual(tally.problems, ("No such test 'rseq:no_such_test'",))

    def test_truncated_anywhere(self) -> None:
        """Between two documents only the missing end of the job tells."""
        lines = self.console.splitlines()
        for end in range(lines.index(log.JOB_DONE)):
            with self.subTest(last_line=lines[end - 1]):
                self.assertEqual(log.trouble(lines[:end]), "stopped too early")
        for end in range(lines.index("ok 3 selftests: rseq: run_timeslice_test.sh")):
            with self.subTest(last_line=lines[end - 1]):
                self.assertTrue(self.selftests("\n".join(lines[:end]), counted=False).failed)

    def test_splatting(self) -> None:
        console = recorded("selftests_splatting.log")
        self.assertEqual(log.quiet(console), Tally(failed=1, problems=("Call Trace:",)))
        self.assertEqual(log.trouble(console.splitlines()), "stopped too early")
        self.assertTrue(self.selftests(console, counted=False).failed)

    def test_panicking(self) -> None:
        console = recorded("selftests_panicking.log")
        reason = "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled"
        self.assertEqual(log.trouble(console.splitlines()), f"died ({reason})")
        # Even if the guest gets to the end all the same.
        lines = [*console.splitlines(), log.JOB_DONE]
        self.assertEqual(log.trouble(lines), f"died ({reason})")

    def test_splat_among_the_results(self) -> None:
        for place in ("TAP version 13\n# 1..46\n", f"{_RESULT_LINE}\n", f"{log.JOB_DONE}\n"):
            with self.subTest(before=place):
                splat = self.console.replace(place, f"WARNING: CPU: 0 PID: 1\n{place}", 1)
                self.assertTrue(self.selftests(splat).failed)

    def test_nothing_at_all(self) -> None:
        self.assertIn("no test ran", self.selftests("", counted=False).problems)

    def test_unbalanced(self) -> None:
        unbalanced = self.console.replace("srevok:            50448", "srevok:            50447")
        tally = self.selftests(unbalanced)
        self.assert_counts(tally, 72, 1, 0)
        self.assertEqual(tally.problems, ("sgrant = 50624, but syield + sabort + srevok = 50623",))
        self.assert_counts(self.selftests(unbalanced, counted=False), 73, 0, 0)


class Demo(VerdictTest):
    console = recorded("demo_passing.log")

    def problems(self, console: str, implementation: str = "rust") -> list[str]:
        return verdict.of_demo(self.tree, console, implementation)

    def test_passing(self) -> None:
        self.assertEqual(self.problems(self.console), [])

    def test_other_implementation(self) -> None:
        self.assertEqual(
            self.problems(self.console, "c"), ["c should have granted, the kernel says Rust"]
        )

    def test_unclear_implementation(self) -> None:
        self.assertEqual(log.implementation(self.console), "Rust")
        without_symbol = self.console.replace(" T rseq_slice_grant\n", " T rseq_slice_granted\n")
        self.assertEqual(log.implementation(without_symbol), "unclear")
        without_option = self.console.replace("CONFIG_RSEQ_RUST=y", "# CONFIG_RSEQ_RUST")
        self.assertEqual(log.implementation(without_option), "unclear")
        self.assertEqual(log.implementation(recorded("kunit_oops.log")), "C")
        self.assertEqual(len(self.problems(without_symbol)), 1)

    def test_failing(self) -> None:
        failing = self.console.replace("# ok 2 ", "# not ok 2 ")
        self.assertEqual(self.problems(failing), ["slice_ext.n50_2_50.slice_test: FAILURE"])

    def test_wrong_plan(self) -> None:
        self.assertTrue(self.problems(self.console.replace("# 1..3\n", "# 1..4\n")))

    def test_wrong_number(self) -> None:
        """All tests passed, but one that should be there has another number."""
        problems = self.problems(self.console.replace("# ok 2 ", "# ok 7 "))
        self.assertEqual(problems, ["1 errors in the document"])

    def test_unbalanced(self) -> None:
        unbalanced = self.console.replace("sgrant:            70966", "sgrant:            70967")
        self.assertEqual(len(self.problems(unbalanced)), 1)

    def test_nothing_granted(self) -> None:
        idle = self.console + "".join(f"{name}: 0\n" for name in counters.MEANINGS)
        self.assertEqual(self.problems(idle), ["no slice was granted"])
