# SPDX-License-Identifier: GPL-2.0
"""KUnit and kselftests, in booted kernels."""

import re
from functools import partial

import build_checks
import counters
import guest
import qemu
import tally
from checkout import Checkout
from settings import Variant
from tally import Steps, Tally, check

TIME_LIMIT = 600
KUNIT = "loglevel=7 kunit.enable=1 kunit.filter_glob=rseq*"
SPLAT = re.compile(r"WARNING:|BUG:|Oops|INFO: (task|rcu|possible)|general protection|Call Trace:")


def steps(checkout: Checkout) -> Steps:
    rust, c, gcc = build_checks.variants(checkout)
    found: Steps = {
        f"KUnit, {variant}": partial(_kunit, checkout, variant) for variant in (rust, gcc)
    }
    for variant in (rust, c, gcc):
        found[f"selftests, {variant}"] = partial(_selftests, checkout, variant, "selftests")
    for variant in (rust, c):
        for parameter in ("rseq_slice_ext=off", "rseq_debug=1"):
            name = f"selftests, {variant} {parameter}"
            found[name] = partial(_selftests, checkout, variant, "ours", parameter)
    return found


def _kunit(checkout: Checkout, variant: Variant) -> Tally:
    console = _boot(checkout, variant, "kunit", KUNIT)
    return tally.of_ktap(checkout.source, console) + _quiet(console)


def _selftests(checkout: Checkout, variant: Variant, job: str, parameter: str = "") -> Tally:
    console = _boot(checkout, variant, job, parameter)
    balanced = check(*counters.contradictions(counters.read(console)))
    return tally.of_kselftests(checkout.source, console) + balanced + _quiet(console)


def _boot(checkout: Checkout, variant: Variant, job: str, parameters: str) -> str:
    initramfs = guest.initramfs(checkout, variant)
    return qemu.boot(checkout, variant, initramfs, job, limit=TIME_LIMIT, parameters=parameters)


def _quiet(console: str) -> Tally:
    return check(*(line for line in console.splitlines() if SPLAT.search(line)))
