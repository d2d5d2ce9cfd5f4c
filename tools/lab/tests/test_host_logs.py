# SPDX-License-Identifier: GPL-2.0
"""Verdicts on what programs of the host print."""

import io
import unittest

from report import compiler, totals
from report.tally import Tally, check
from tests import recorded


class Cargo(unittest.TestCase):
    def test_passing(self) -> None:
        self.assertEqual(totals.of_cargo(recorded("cargo_passing.log")), Tally(passed=41))

    def test_failing(self) -> None:
        name = "ids::what_was_published_is_untouched_and_nothing_else"
        failing = Tally(40, 1, 0, (f"{name}: FAILED",))
        self.assertEqual(totals.of_cargo(recorded("cargo_failing.log")), failing)
        self.assertEqual(totals.of_cargo(recorded("cargo_failing.log"), "it failed"), failing)

    def test_several_binaries(self) -> None:
        log = recorded("cargo_passing.log") + recorded("cargo_failing.log")
        self.assertEqual(str(totals.of_cargo(log)), "81 passed, 1 failed, 0 skipped")

    def test_ignored_tests(self) -> None:
        log = recorded("cargo_passing.log").replace(
            "41 passed; 0 failed; 0", "40 passed; 0 failed; 1"
        )
        self.assertEqual(str(totals.of_cargo(log)), "40 passed, 0 failed, 1 skipped")

    def test_no_test(self) -> None:
        for log in ("", recorded("cargo_passing.log").replace("41 passed", "0 passed")):
            self.assertEqual(totals.of_cargo(log), check("no test ran"))

    def test_other_failure(self) -> None:
        """The compiler failed, or a test took the whole program with it."""
        self.assertEqual(totals.of_cargo("", "error: no"), check("error: no"))
        crashed = totals.of_cargo(recorded("cargo_passing.log"), "signal: 6")
        self.assertEqual(crashed, Tally(41, 1, 0, ("signal: 6",)))


class Unittest(unittest.TestCase):
    def test_passing(self) -> None:
        self.assertEqual(_tally("test_passes", "test_passes"), Tally(passed=2))

    def test_failing(self) -> None:
        for name, verb in {"test_fails": "FAIL", "test_breaks": "ERROR"}.items():
            with self.subTest(test=name):
                tally = _tally("test_passes", name)
                self.assertEqual((tally.passed, tally.failed), (1, 1))
                self.assertTrue(tally.problems[0].startswith(f"{verb}: {name}"))

    def test_failing_subtests(self) -> None:
        tally = _tally("test_passes", "test_fails_twice")
        self.assertEqual((tally.failed, len(tally.problems)), (2, 2))

    def test_unexpected_success(self) -> None:
        self.assertEqual(_tally("test_passes", "test_passes_unexpectedly").failed, 1)

    def test_skipping(self) -> None:
        self.assertEqual(_tally("test_passes", "test_is_skipped"), Tally(passed=1, skipped=1))

    def test_no_test(self) -> None:
        self.assertEqual(_tally(), check("no test ran"))

    def test_died(self) -> None:
        self.assertEqual(totals.of_unittest(".....\nKilled\n"), check("no test ran"))


class Compiler(unittest.TestCase):
    def test_warnings(self) -> None:
        quiet = (
            "  CC      kernel/fork.o\n  RUSTC L rseq/rust/rseq.o\n"
            "WARNING: Unable to reopen jobserver read-side pipe: FileNotFoundError(2)\n"
        )
        self.assertEqual(compiler.warnings(quiet), [])
        for warning in (
            "warning: unused variable: `task`",
            "vmlinux.o: warning: objtool: rseq_slice_grant+0x10: call with UACCESS enabled",
            "WARNING: modpost: missing MODULE_DESCRIPTION() in lib/test.o",
        ):
            with self.subTest(warning=warning):
                self.assertEqual(compiler.warnings(f"{quiet}{warning}\n{quiet}"), [warning])

    def test_clippy_findings(self) -> None:
        log = recorded("clippy_findings.log")
        expected = [
            "rseq/rust/lib.rs:3:27: warning: unneeded `return` statement",
            "rseq/rust/lib.rs:3:34: warning: this operation has no effect",
        ]
        self.assertEqual(compiler.clippy_findings(log, "rseq/rust"), expected)
        self.assertEqual(compiler.clippy_findings(log, "rust/kernel"), [])

    def test_reason_of_a_failure(self) -> None:
        reasons = {
            "CC fork.o\nerror[E0425]: cannot find value\n  --> a.rs\nmake: *** [x] Error 2": (
                "error[E0425]: cannot find value"
            ),
            "***\n*** Rust is not available\n*** install it\n***\nmake: Error 1": (
                "Rust is not available install it"
            ),
            "Reading package lists...\nE: Unable to locate package clang-99\n": (
                "E: Unable to locate package clang-99"
            ),
            recorded("disk_full.log"): recorded("disk_full.log").splitlines()[0],
            "one\n\nlast words\n\n": "last words",
            "": "it said nothing",
        }
        for log, reason in reasons.items():
            with self.subTest(reason=reason):
                self.assertEqual(compiler.reason(log), reason)


class Tallies(unittest.TestCase):
    def test_sum(self) -> None:
        both = Tally(1, 2, 3, ("a",)) + Tally(10, 20, 30, ("b",))
        self.assertEqual(both, Tally(11, 22, 33, ("a", "b")))

    def test_check(self) -> None:
        self.assertEqual(check(), Tally(passed=1))
        self.assertEqual(check("a", "b"), Tally(failed=1, problems=("a", "b")))


class _Sample(unittest.TestCase):
    """What the tests above run; load_tests() leaves it out."""

    def test_passes(self) -> None:
        pass

    def test_fails(self) -> None:
        self.fail("as it should")

    def test_breaks(self) -> None:
        raise ValueError

    def test_fails_twice(self) -> None:
        for number in range(2):
            with self.subTest(number=number):
                self.fail("as it should")

    @unittest.expectedFailure
    def test_passes_unexpectedly(self) -> None:
        pass

    @unittest.skip("as it should")
    def test_is_skipped(self) -> None:
        pass


def _tally(*names: str) -> Tally:
    """What a run of samples is counted as."""
    said = io.StringIO()
    suite = unittest.TestSuite(map(_Sample, names))
    unittest.TextTestRunner(stream=said).run(suite)
    return totals.of_unittest(said.getvalue())


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
    cases = (Cargo, Unittest, Compiler, Tallies)
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, cases))
