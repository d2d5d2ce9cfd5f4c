# SPDX-License-Identifier: GPL-2.0
"""What tests of verdicts share."""

import os
import unittest
from pathlib import Path

from report import verdict
from report.tally import Tally

_RESULTS = ("passed", "failed", "skipped")


class VerdictTest(unittest.TestCase):
    """The parser of KTAP is the kernel's; `make test` tells where its tree is."""

    tree: Path

    @classmethod
    def setUpClass(cls) -> None:
        if "KSRC" not in os.environ:
            raise unittest.SkipTest("KSRC=<kernel tree> is not set: there is no KTAP parser")
        cls.tree = Path(os.environ["KSRC"])

    def kunit(self, console: str) -> Tally:
        return verdict.of_kunit(self.tree, console)

    def selftests(self, console: str, *, counted: bool = True) -> Tally:
        return verdict.of_selftests(self.tree, console, counted=counted)

    def assert_counts(self, tally: Tally, passed: int, failed: int, skipped: int) -> None:
        counts = tuple(getattr(tally, result) for result in _RESULTS)
        self.assertEqual(counts, (passed, failed, skipped), tally.problems)
