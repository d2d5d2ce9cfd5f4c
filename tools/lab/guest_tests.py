# SPDX-License-Identifier: GPL-2.0
"""KUnit and kselftests, in booted kernels."""

import re
from collections.abc import Sequence
from functools import partial

import build_checks
import counters
import guest
import kernel
import qemu
import tally
from checkout import Checkout
from settings import Variant
from tally import Steps, Tally, check

TIME_LIMIT = 600
KUNIT = "loglevel=7 kunit.enable=1 kunit.filter_glob=rseq*"
SPLAT = re.compile(
    r"WARNING:|BUG:|Oops|INFO: (task|rcu|possible|trying|lockdep)|turning off the locking"
    r"|general protection|Call Trace:"
)


def steps(checkout: Checkout) -> Steps:
    rust, c, gcc = build_checks.variants(checkout)
    found: Steps = {
        f"KUnit, {variant}": partial(kunit, checkout, variant) for variant in (rust, gcc)
    }
    for variant in (rust, c, gcc):
        found[f"selftests, {variant}"] = partial(_selftests, checkout, variant, "selftests")
    for variant in (rust, c):
        for parameter in ("rseq_slice_ext=off", "rseq_debug=1"):
            name = f"selftests, {variant} {parameter}"
            found[name] = partial(_selftests, checkout, variant, "ours", parameter)
    return found


def kunit(checkout: Checkout, variant: Variant, machine: Sequence[str] = qemu.TWO_NODES) -> Tally:
    console = boot(checkout, variant, "kunit", KUNIT, machine)
    return tally.of_ktap(checkout.source, console) + quiet(console)


def _selftests(checkout: Checkout, variant: Variant, job: str, parameter: str = "") -> Tally:
    return judge(checkout, variant, boot(checkout, variant, job, parameter))


def judge(checkout: Checkout, variant: Variant, console: str) -> Tally:
    """What selftests, the kernel's statistics and its log say, as far as it has them."""
    options = ("CONFIG_RSEQ_SLICE_EXTENSION", "CONFIG_RSEQ_STATS")
    counted = all(kernel.has(checkout, variant, option) for option in options)
    balanced = check(*(counters.contradictions(counters.read(console)) if counted else []))
    return tally.of_kselftests(checkout.source, console) + balanced + quiet(console)


def boot(
    checkout: Checkout,
    variant: Variant,
    job: str,
    parameters: str = "",
    machine: Sequence[str] = qemu.TWO_NODES,
) -> str:
    initramfs = guest.initramfs(checkout, variant)
    return qemu.boot(
        checkout,
        variant,
        initramfs,
        job,
        limit=TIME_LIMIT,
        parameters=parameters,
        machine=machine,
    )


def quiet(console: str) -> Tally:
    return check(*(line for line in console.splitlines() if SPLAT.search(line)))
