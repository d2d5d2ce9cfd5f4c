# SPDX-License-Identifier: GPL-2.0
"""Tests that need no guest: of the implementation on the host, and of this lab."""

import sys
from functools import partial

from build import toolchain
from host.checkout import ROOT, Checkout
from host.commands import ask
from host.failure import CommandError
from report import totals
from report.tally import Tally
from steps.runner import Steps

LAB = ROOT / "tools/lab"
CRATE = ROOT / "tools/testing/simulation"
"""It compiles the concepts in rust/ for the host, against a simulated machine."""


def steps(checkout: Checkout) -> Steps:
    return {
        f"{CRATE.name} on the host": partial(_crate, checkout),
        "the lab itself": partial(_lab, checkout),
    }


def _lab(checkout: Checkout) -> Tally:
    discover = [sys.executable, "-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    _, said = ask(*discover, cwd=LAB, env={"KSRC": str(checkout.source)})
    return totals.of_unittest(said)


def _crate(checkout: Checkout) -> Tally:
    env = {
        "RUSTC": toolchain.rust_tool("RUSTC"),
        "CARGO_TARGET_DIR": str(checkout.own / CRATE.name),
    }
    test = [toolchain.tool("cargo"), "test", "--locked", "--no-fail-fast"]
    try:
        log = checkout.run(f"Testing the {CRATE.name}", test, cwd=CRATE, env=env)
    except CommandError as failure:
        return totals.of_cargo(failure.log.read_text(), str(failure))
    return totals.of_cargo(log.read_text())
