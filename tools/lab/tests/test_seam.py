# SPDX-License-Identifier: GPL-2.0
"""Who reaches below the seam is found, in the sources and in the object code."""

import unittest

from host.checkout import ROOT
from report import compiler, seam
from tests import recorded


class Sources(unittest.TestCase):
    def assert_breaches(self, name: str, source: str, lines: int) -> None:
        with self.subTest(name=name, source=source):
            self.assertEqual(len(seam.breaches(name, source)), lines)

    def test_a_concept_reaches_down(self) -> None:
        for line in (
            "unsafe { now() }",
            "    unsafe fn now();",
            "use kernel::bindings;",
            "    bindings::cond_resched();",
            "kernel::bindings::cond_resched();",
        ):
            self.assert_breaches("ids.rs", line, 1)
            self.assert_breaches("slice/grant.rs", f"fn f() {{\n{line}\n}}\n{line}", 2)

    def test_an_entry_point_does_more_than_it_may(self) -> None:
        for line in (
            "    unsafe { bindings::force_sig(11) };",
            "    unsafe { TaskContext::new() }; unsafe { now() }",
            "    let task = bindings::current;",
            "unsafe fn helper() {",
        ):
            self.assert_breaches("rseq.rs", line, 1)

    def test_words_are_no_breach(self) -> None:
        for line in (
            "// No unsafe here, nor bindings.",
            "/// [`bindings`](kernel::bindings)",
            "let unsafely = 1; // unsafe",
        ):
            self.assert_breaches("ids.rs", line, 0)

    def test_entry_points_make_contexts(self) -> None:
        for line in (
            'pub unsafe extern "C" fn rseq_slice_yielded() -> c_long {',
            "    let mut context = unsafe { TaskContext::new() };",
            "    let regs = unsafe { UserRegs::from_raw(regs) };",
            "    regs: *mut bindings::pt_regs,",
            "    bindings,",
        ):
            self.assert_breaches("rseq.rs", line, 0)
            self.assert_breaches("ids.rs", line, 1)

    def test_the_machine_and_tests_may(self) -> None:
        for name in ("machine.rs", "machine/task.rs", "kunit.rs", "kunit/ids.rs"):
            self.assert_breaches(name, "unsafe { bindings::cond_resched() }", 0)

    def test_a_name_is_not_enough(self) -> None:
        for name in ("slice/machine.rs", "my_kunit.rs", "slice/rseq.rs"):
            self.assert_breaches(name, "unsafe { TaskContext::new() }", 1)

    def test_ours_have_none(self) -> None:
        sources = sorted((ROOT / "rust").rglob("*.rs"))
        self.assertIn(ROOT / "rust/machine.rs", sources)
        for path in sources:
            name = str(path.relative_to(ROOT / "rust"))
            self.assertEqual(seam.breaches(name, path.read_text()), [])


class ObjectCode(unittest.TestCase):
    def test_what_runs_with_user_access_open_is_inlined(self) -> None:
        for symbol in (
            "_RNvNtCs1Qv5rFbiB2p_4rseq3ids9untouched",
            "_RNvNtCs1Qv5rFbiB2p_4rseq3ids6resume",
            "_RINvMs_NtNtCs1Qv5rFbiB2p_4rseq7machine11user_memoryNtB5_6Region4loadE",
            "_RNvNtNtCs1Qv5rFbiB2p_4rseq16critical_section8position6locate",
            "_RNvNtNtCs1Qv5rFbiB2p_4rseq5slice5grant8granting",
        ):
            self.assertEqual(len(seam.outlined([symbol])), 1, symbol)

    def test_the_rest_need_not_be(self) -> None:
        symbols = [
            "rseq_registration",
            "rseq_exit_user_update",
            "_RNvNtCs1Qv5rFbiB2p_4rseq11user_return4slow",
            "_RNvNtCs1Qv5rFbiB2p_4rseq16critical_section8evaluate",
            "_RNvNtNtCs1Qv5rFbiB2p_4rseq5slice3end5check",
        ]
        self.assertEqual(seam.outlined(symbols), [])

    def test_objtool_finds_a_call(self) -> None:
        found = compiler.warnings(recorded("build_call_in_region.log"))
        self.assertEqual(len(found), 1)
        self.assertIn("with UACCESS enabled", found[0])
