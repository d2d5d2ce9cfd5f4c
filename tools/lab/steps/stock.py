# SPDX-License-Identifier: GPL-2.0
"""The unpatched kernel: it fails the tests of what our patches mend, and no others."""

from functools import partial

from build import kernel
from host.arch import Arch
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


def steps(checkout: Checkout, arch: Arch) -> Steps:
    return {f"expected failures, {stock}": partial(_try, checkout, stock) for stock in of(arch)}


def of(arch: Arch) -> list[Variant]:
    """The unpatched kernel, where it has slices."""
    if _NEEDED in arch.needs_patches:
        return []
    return [Variant(arch, variants.tested(arch)[0].toolchain, "stock")]


def build(checkout: Checkout, variant: Variant) -> None:
    """Bring it up to date."""
    source.ensure_stock(checkout)
    kernel.build(checkout, variant)


def _try(checkout: Checkout, variant: Variant) -> Tally:
    build(checkout, variant)
    console = guest_tests.boot(checkout, variant, "regressions")
    listed = patches.made_for(checkout.source) / EXPECTED
    expected = expectations.listed(listed.read_text())
    return expectations.compare(console, expected) + quiet(console)
