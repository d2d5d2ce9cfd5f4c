# SPDX-License-Identifier: GPL-2.0
"""The kernel's selftests of what rseq meets: the same results on both kernels."""

from functools import partial

import build_checks
import comparison
import guest
import guest_tests
import qemu
from checkout import Checkout
from settings import Variant
from tally import Steps, Tally, check

TIME_LIMIT = 1200
SUITES = ("membarrier", "sched", "futex/functional", "signal", "seccomp", "ptrace")


def steps(checkout: Checkout) -> Steps:
    rust, c, _ = build_checks.variants(checkout)
    return {f"suites, {rust} against {c}": partial(_compare, checkout, rust, c)}


def _compare(checkout: Checkout, rust: Variant, c: Variant) -> Tally:
    consoles = [_boot(checkout, variant) for variant in (c, rust)]
    reference, other = map(comparison.results, consoles)
    absent = [suite for suite in SUITES if not any(test.startswith(suite) for test in reference)]
    ran = check(*(f"{suite} did not run" for suite in absent))
    quiet = sum(map(guest_tests.quiet, consoles), Tally())
    return comparison.compare(reference, other) + ran + quiet


def _boot(checkout: Checkout, variant: Variant) -> str:
    initramfs = guest.initramfs(checkout, variant)
    # Many of these tests give another thread 10 ms, or even 100 us, to get to where they want it.
    return qemu.boot(
        checkout,
        variant,
        initramfs,
        "suites",
        limit=TIME_LIMIT,
        machine=qemu.SIBLINGS,
        accelerator=qemu.COUNTED,
    )
