# SPDX-License-Identifier: GPL-2.0
"""make run: watch a kernel grant time slice extensions."""

from build import kernel
from guest import initramfs, qemu
from host.checkout import Checkout
from host.failure import LabError
from host.progress import say
from report import counters, tally

TIME_LIMIT = 180


def run(checkout: Checkout) -> int:
    variant = checkout.settings.variant
    kernel.build(checkout, variant)
    archive = initramfs.pack(checkout, variant)
    say(f"\nBooting {variant}: the kernel's own slice_test\n")
    console = qemu.boot(checkout, variant, archive, "demo", limit=TIME_LIMIT, echo=True)
    result = tally.of_kselftests(checkout.source, console)
    counted = counters.read(console)
    granter = counters.implementation(console)
    problems = [*result.problems, *counters.contradictions(counted)]
    if not counted.get("sgrant"):
        problems.append("no slice was granted")
    if granter.lower() != variant.implementation:
        problems.append(f"{variant.implementation} should have granted, the kernel says {granter}")
    if problems:
        raise LabError(f"the demonstration failed: {'; '.join(problems)}")
    say(f"\nTime slice extensions, as the kernel counted them:\n{counters.table(counted)}")
    say("  sgrant = syield + sabort + srevok: every grant ended exactly once\n")
    say(f"Granted by: the {granter} implementation of rseq, says the running kernel.")
    return 0
