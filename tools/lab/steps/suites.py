# SPDX-License-Identifier: GPL-2.0
"""The kernel's selftests of what rseq meets: the same results on both kernels."""

from functools import partial

from build import kernel
from guest import initramfs, qemu
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report import comparison
from report.console import quiet
from report.tally import Tally, check
from steps import variants
from steps.runner import Steps
from tree import source

SUITES = ("membarrier", "sched", "futex/functional", "signal", "seccomp", "ptrace")


def steps(checkout: Checkout, arch: Arch) -> Steps:
    ours, *_ = variants.tested(arch)
    reference = Variant(arch, ours.toolchain, arch.reference)
    return {f"suites, {ours} against {reference}": partial(_compare, checkout, ours, reference)}


def _compare(checkout: Checkout, ours: Variant, reference: Variant) -> Tally:
    if reference.implementation == "stock":
        source.ensure_stock(checkout)
        kernel.build(checkout, reference)
    consoles = [_boot(checkout, variant) for variant in (reference, ours)]
    before, now = map(comparison.results, consoles)
    suites = (*SUITES, *ours.arch.suites, *ours.arch.ours)
    absent = [suite for suite in suites if not any(test.startswith(suite) for test in before)]
    ran = check(*(f"{suite} did not run" for suite in absent))
    splats = sum(map(quiet, consoles), Tally())
    return comparison.compare(before, now, reference.implementation) + ran + splats


def _boot(checkout: Checkout, variant: Variant) -> str:
    archive = initramfs.pack(checkout, variant)
    # Many of these tests give another thread 10 ms, or even 100 us, to get to where they want it.
    return qemu.boot(
        checkout,
        variant,
        archive,
        "suites",
        machine=qemu.SIBLINGS,
        accelerator=qemu.COUNTED,
    )
