# SPDX-License-Identifier: GPL-2.0
"""make run: watch a kernel grant time slice extensions."""

from build import kernel
from guest import initramfs, qemu
from host.checkout import Checkout
from host.failure import LabError
from host.progress import say
from report import counters, verdict
from report.console import implementation


def run(checkout: Checkout) -> int:
    variant = checkout.settings.variant
    kernel.build(checkout, variant)
    archive = initramfs.pack(checkout, variant)
    say(f"\nBooting {variant}: the kernel's own slice_test\n")
    console = qemu.boot(checkout, variant, archive, "demo", echo=True)
    problems = verdict.of_demo(checkout.source, console, variant.implementation)
    if problems:
        raise LabError(f"the demonstration failed: {'; '.join(problems)}")
    table = counters.table(counters.read(console))
    say(f"\nTime slice extensions, as the kernel counted them:\n{table}")
    say("  sgrant = syield + sabort + srevok: every grant ended exactly once\n")
    granter = implementation(console)
    say(f"Granted by: the {granter} implementation of rseq, says the running kernel.")
    return 0
