# SPDX-License-Identifier: GPL-2.0
"""The kernel's rseq-slice-hist.py, as it is, on a trace of its slice_test."""

import sys
from functools import partial

from host.arch import Arch
from host.checkout import ROOT, Checkout
from host.commands import ask
from host.settings import Variant
from report import histogram
from report.tally import Tally, check
from steps import guest_tests, variants
from steps.runner import Steps

SCRIPT = "tools/testing/selftests/rseq/rseq-slice-hist.py"


def steps(checkout: Checkout, arch: Arch) -> Steps:
    return {
        f"rseq-slice-hist.py, {variant}": partial(_run, checkout, variant)
        for variant in variants.tested(arch)[:2]
    }


def _run(checkout: Checkout, variant: Variant) -> Tally:
    console = guest_tests.boot(checkout, variant, "hist")
    directory = checkout.own / f"slice-hist-{variant}"
    directory.mkdir(exist_ok=True)
    (directory / "trace.dat").write_text(console)
    stand_in = {"PYTHONPATH": str(ROOT / "tools/lab/report")}
    script = [sys.executable, "-B", checkout.source / SCRIPT]
    _, said = ask(*script, cwd=directory, env=stand_in)
    found = check(*histogram.contradictions(said))
    return guest_tests.judge(checkout, variant, console) + found
