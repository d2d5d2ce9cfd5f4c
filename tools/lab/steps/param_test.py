# SPDX-License-Identifier: GPL-2.0
"""The kernel's complete test of critical sections, in every mode and with every injection."""

import re
from functools import partial

from guest import initramfs, qemu
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report import ktap
from report.console import quiet
from report.tally import Tally, check
from steps import variants
from steps.runner import Steps

_STAGE = re.compile(r"# (Default|Testing|Loop|Yield|Kill|Sleep|Injecting|Running) ")
_OPTIMIZED = "# Testing in optimized RSEQ mode"


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, *_ = variants.tested(arch)
    return {f"run_param_test.sh, {rust}": partial(_run, checkout, rust)}


def _run(checkout: Checkout, variant: Variant) -> Tally:
    archive = initramfs.pack(checkout, variant)
    console = qemu.boot(checkout, variant, archive, "param_test", milestone=_STAGE)
    # It succeeds, having done half of its work, where the kernel lacks that mode.
    both = check(*([] if _OPTIMIZED in console else ["the optimized mode was not tested"]))
    return ktap.of_kselftests(checkout.source, console) + both + quiet(console)
