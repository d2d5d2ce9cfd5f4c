# SPDX-License-Identifier: GPL-2.0
"""The kernel's rseq-slice-hist.py with the stand-in for trace-cmd's module."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

from host.commands import ask
from report import histogram
from tests import LAB, recorded

SCRIPT = "tools/testing/selftests/rseq/rseq-slice-hist.py"


@unittest.skipUnless("KSRC" in os.environ, "needs KSRC=<kernel source>")
class Script(unittest.TestCase):
    def said(self, console: str) -> str:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "trace.dat").write_text(console)
            script = Path(os.environ["KSRC"]) / SCRIPT
            env = {"PYTHONPATH": str(LAB / "report")}
            _, said = ask(sys.executable, "-B", script, cwd=Path(directory), env=env)
            return said

    def test_each_end_of_a_slice(self) -> None:
        said = self.said(recorded("slice_trace.log"))
        self.assertRegex(said, r"3 us +\| 2\b")
        self.assertRegex(said, r"EXPIRED +\| 1\n")
        self.assertEqual(histogram.slices(said), {"slice_test": 4})

    def test_another_name(self) -> None:
        said = self.said(recorded("slice_trace.log").replace("rseq_slice_expired", "run"))
        self.assertEqual(histogram.slices(said), {})


class Verdict(unittest.TestCase):
    task = "Task: slice_test    Mean: 2668.704 ns\n  Latency (us)    | Count\n  ------\n"

    def test_enough(self) -> None:
        said = f"{self.task}  EXPIRED         | 1\n  2 us            | 99\n"
        self.assertEqual(histogram.contradictions(said), [])

    def test_too_few(self) -> None:
        said = f"{self.task}  2 us            | 99\n"
        self.assertEqual(len(histogram.contradictions(said)), 1)

    def test_nothing(self) -> None:
        self.assertEqual(len(histogram.contradictions("RSEQ SLICE HISTOGRAM (us)\n")), 1)

    def test_another_task(self) -> None:
        said = self.task.replace("slice_test", "bash") + "  2 us            | 1000\n"
        self.assertEqual(len(histogram.contradictions(said)), 1)
