# SPDX-License-Identifier: GPL-2.0
"""The Rust implementation in a kernel with the distribution's own configuration."""

from dataclasses import replace
from functools import partial

from build import kernel, packaged_config
from host.checkout import Checkout
from host.settings import Variant
from report import compiler
from report.tally import Tally, check
from steps import guest_tests, variants
from steps.runner import Steps
from tree import patches


def steps(checkout: Checkout) -> Steps:
    found: Steps = {}
    for arch in checkout.settings.arches:
        variant = replace(variants.tested(arch)[0], flavour="distro")
        selftests = partial(guest_tests.selftests, checkout, variant)
        found |= {
            f"configuration, {variant}": partial(_configure, checkout, variant),
            f"build, {variant}": partial(_build, checkout, variant),
            f"KUnit, {variant}": partial(guest_tests.kunit, checkout, variant),
            f"selftests, {variant}": partial(selftests, "selftests"),
            f"selftests, {variant} rseq_debug=1": partial(selftests, "ours", "rseq_debug=1"),
            f"external module, {variant}": partial(guest_tests.module, checkout, variant),
        }
    return found


def _configure(checkout: Checkout, variant: Variant) -> Tally:
    """Everything that the fragments ask for is there."""
    kernel.configure(checkout, variant, packaged_config.obtain(checkout, variant.arch))
    return check()


def _build(checkout: Checkout, variant: Variant) -> Tally:
    """Warnings of what is not ours are the business of others."""
    log = kernel.build(checkout, variant, packaged_config.obtain(checkout, variant.arch))
    warnings = compiler.warnings(log.read_text())
    return check(*(line for line in warnings if patches.LINK in line))
