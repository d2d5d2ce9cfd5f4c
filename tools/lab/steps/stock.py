# SPDX-License-Identifier: GPL-2.0
"""The unpatched kernel: it fails the tests of what our patches mend, and no others."""

from functools import partial

from build import kernel
from host.checkout import Checkout
from host.settings import Variant
from report import expectations
from report.console import quiet
from report.tally import Tally
from steps import guest_tests, variants
from steps.runner import Steps
from tree import patches, source

EXPECTED = "fixes/expected-failures"
_NEEDED = "CONFIG_RSEQ_SLICE_EXTENSION"


def steps(checkout: Checkout) -> Steps:
    arches = [arch for arch in checkout.settings.arches if _NEEDED not in arch.needs_patches]
    stock = [Variant(arch, variants.tested(arch)[0].toolchain, "stock") for arch in arches]
    return {f"expected failures, {variant}": partial(_try, checkout, variant) for variant in stock}


def _try(checkout: Checkout, variant: Variant) -> Tally:
    source.ensure_stock(checkout)
    kernel.build(checkout, variant)
    console = guest_tests.boot(checkout, variant, "regressions")
    listed = patches.made_for(checkout.source) / EXPECTED
    expected = expectations.listed(listed.read_text())
    return expectations.compare(console, expected) + quiet(console)
