# SPDX-License-Identifier: GPL-2.0
"""The decisions in rust/logic, tested on the host."""

import re
from functools import partial

from build import toolchain
from host.checkout import ROOT, Checkout
from report.tally import Steps, Tally

CRATE = ROOT / "tools/testing/logic"


def steps(checkout: Checkout) -> Steps:
    return {"logic on the host": partial(_logic, checkout)}


def _logic(checkout: Checkout) -> Tally:
    env = {"RUSTC": toolchain.rust_tool("RUSTC"), "CARGO_TARGET_DIR": str(checkout.own / "logic")}
    log = checkout.run(
        "Testing the logic", [toolchain.tool("cargo"), "test", "--locked"], cwd=CRATE, env=env
    )
    passed = map(int, re.findall(r"^test result: ok\. (\d+) passed", log.read_text(), re.MULTILINE))
    return Tally(passed=sum(passed))
