# SPDX-License-Identifier: GPL-2.0
"""The verdict on mutants."""

import unittest

from report import mutants
from report.mutants import DELETED, EQUIVALENT, Mutant
from report.tally import Tally
from tests import LAB

CRATE = "tools/testing/simulation/src/../../../.."


class Lists(unittest.TestCase):
    def test_of_cargo(self) -> None:
        said = (
            f"{CRATE}/rust/abi.rs:152:47: replace << with >>\n"
            f"{CRATE}/rust/registration.rs:137:42: replace | with ^ in area_flags\n"
            f"{CRATE}/rust/slice.rs:79:5: replace initialize -> Result<(), Fault> with Ok(())\n"
        )
        expected = [
            ("rust/abi.rs", 152, "replace << with >>"),
            ("rust/registration.rs", 137, "replace | with ^"),
            ("rust/slice.rs", 79, "replace initialize -> Result<(), Fault> with Ok(())"),
        ]
        self.assertEqual(mutants.listed(said), expected)

    def test_statements(self) -> None:
        deleted = (
            "    slice.unwatch_syscalls();",
            "        count(Counter::Revoked);",
            "    area.store(field!(Area, cpu_id), ids.cpu)?;",
            "    here.with_interrupts_off(|interrupts| interrupts.request_reschedule());",
        )
        kept = (
            "    let slice = task.slice();",
            "    return Err(Refusal::Invalid);",
            "use super::revoke;",
            "    slice::revoke(task)",
            "    // Done with note(task);",
            "    open!(memory, task.area(), |area| {",
        )
        source = "\n".join([*deleted, *kept])
        self.assertEqual(list(mutants.statements(source)), [1, 2, 3, 4])


class Verdict(unittest.TestCase):
    def test_only_equivalent_ones_survive(self) -> None:
        expected = Tally(passed=166, skipped=len(EQUIVALENT))
        self.assertEqual(mutants.judge(166, EQUIVALENT), expected)

    def test_a_survivor(self) -> None:
        survivor = Mutant("rust/slice/end.rs", "slice.unwatch_syscalls();", DELETED)
        tally = mutants.judge(166, [*EQUIVALENT, survivor])
        self.assertEqual(tally.failed, 1)
        self.assertIn("slice.unwatch_syscalls();", tally.problems[0])

    def test_an_equivalent_one_is_found(self) -> None:
        tally = mutants.judge(167, sorted(EQUIVALENT, key=str)[1:])
        self.assertEqual(tally.failed, 1)

    def test_equivalent_ones_are_of_the_code(self) -> None:
        for mutant in EQUIVALENT:
            lines = (LAB.parents[1] / mutant.file).read_text().splitlines()
            with self.subTest(mutant=str(mutant)):
                self.assertIn(mutant.line, map(str.strip, lines))
