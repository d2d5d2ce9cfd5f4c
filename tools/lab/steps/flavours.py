# SPDX-License-Identifier: GPL-2.0
"""The Rust implementation in other configurations: each builds without a warning and works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from guest.qemu import ONE_CPU, TWO_NODES
from host.arch import Arch
from host.checkout import Checkout, remove
from host.settings import Variant
from report.console import watched
from report.tally import Tally
from steps import build_checks, guest_tests, variants
from steps.runner import Steps
from tree import source


@dataclass(frozen=True)
class Boot:
    """What one boot of a kernel is for."""

    job: str
    parameter: str = ""
    machine: Sequence[str] = TWO_NODES
    old_cpu: bool = False
    hypervisor: bool = False


PATIENT = "rcupdate.rcu_cpu_stall_timeout=300"
"""With lockdep, realtime threads of the tests leave a slow guest no time for RCU."""

CLOCK = "hpet=disable"
"""The alarm is a real one, which wakes the machine up."""

# A parameter that another architecture does not know is ignored there.
ISOLATED = "nohz_full=1 isolcpus=domain,1 irqchip.gicv3_pseudo_nmi=1"
PROBED = f"entry_points={','.join(build_checks.ENTRY_POINTS)}"

# Options share a kernel where no code mentions two of them, so that neither
# hides what the other does: none of ours looks at SMP and at TRACEPOINTS or at
# JUMP_LABEL, nor at PREEMPT and at the default of the debug mode, nor at what
# kasan and the flavours after it have. Of these, KCSAN goes with no other
# instrument, and kCFI and the function tracer both change how functions begin.
# What RSEQ_STATS=n does is tried with debugfs and without, as it cannot be had
# without debugfs; what the others do, with statistics.
#
# PREEMPT_LAZY is what all other kernels have. PREEMPT_NONE and PREEMPT_VOLUNTARY
# are not offered where PREEMPT_LAZY is, not even to PREEMPT_DYNAMIC.
FLAVOURS = {
    "debug": (
        Boot("kunit"),
        Boot("debug", PATIENT),
        Boot("ours", f"rseq_debug=1 {PATIENT}"),
        Boot("endurance", PATIENT),
    ),
    "no_slices": (Boot("quick"),),
    "no_stats": (Boot("quick"),),
    "no_debugfs": (Boot("quick"),),
    "up": (Boot("kunit", machine=ONE_CPU), Boot("quick", machine=ONE_CPU)),
    "preempt": (Boot("kunit"), Boot("quick"), Boot("quick", "rseq_debug=0")),
    "realtime": (Boot("kunit"), Boot("quick")),
    "preempt_dynamic": (
        Boot("kunit"),
        Boot("quick", "preempt=full"),
        Boot("quick", "preempt=lazy"),
    ),
    "modules": (Boot("quick"), Boot("module")),
    "no_pan": (Boot("kunit", old_cpu=True), Boot("quick", old_cpu=True)),
    "dispatch": (Boot("dispatch"),),
    "kasan": (Boot("kunit"), Boot("quick", PATIENT), Boot("ours", f"rseq_debug=1 {PATIENT}")),
    "kcsan": (Boot("kunit"), Boot("quick", PATIENT)),
    "cfi": (Boot("kunit"), Boot("quick")),
    "tracing": (Boot("kunit"), Boot("quick"), Boot("probes", PROBED)),
    "nohz_full": (
        Boot("kunit"),
        Boot("isolated", ISOLATED),
        Boot("suspend", CLOCK),
        Boot("kvm", hypervisor=True),
    ),
    "pages_16k": (Boot("kunit"), Boot("quick")),
    "pages_64k": (Boot("kunit"), Boot("quick")),
}

_ONLY_ON = {
    "up": "x86_64",
    "no_pan": "arm64",
    "dispatch": "arm64",
    "pages_16k": "arm64",
    "pages_64k": "arm64",
}
"""The architecture of flavours that others do not have."""

_WITH_LOCKDEP = {"debug", "endurance"}
"""The jobs that end with the state of lockdep."""

_SERIES = {"dispatch": "arm64/dispatch"}
"""The optional series that a flavour needs."""


def steps(checkout: Checkout) -> Steps:
    variants = [variant for arch in checkout.settings.arches for variant in _variants(arch)]
    return {f"flavour, {variant}": partial(_try, checkout, variant) for variant in variants}


def _variants(arch: Arch) -> Iterator[Variant]:
    rust, *others = (kind for kind in variants.tested(arch) if kind.implementation == "rust")
    for name in FLAVOURS:
        if _ONLY_ON.get(name, arch.name) == arch.name:
            yield replace(rust, flavour=name)
            # Without inlined helpers user memory is accessed in another way.
            if name == "no_pan":
                yield from (replace(other, flavour=name) for other in others)


def _try(checkout: Checkout, variant: Variant) -> Tally:
    """Build one, boot it, and make room for the next unless there is something to look into."""
    if variant.flavour in _SERIES:
        checkout = Checkout(checkout.settings, _SERIES[variant.flavour])
        source.ensure(checkout)
    result = build_checks.build(checkout, variant)
    for boot in FLAVOURS[variant.flavour]:
        result += _boot(checkout, variant, boot)
    if not result.failed:
        remove(checkout.own if checkout.optional else checkout.build(variant))
    return result


def _boot(checkout: Checkout, variant: Variant, boot: Boot) -> Tally:
    cpu = variant.arch.old_cpu if boot.old_cpu else ()
    machine = (*boot.machine, *(variant.arch.hypervisor if boot.hypervisor else ()))
    if boot.job == "kunit":
        return guest_tests.kunit(checkout, variant, machine, cpu)
    if boot.job == "module":
        return guest_tests.module(checkout, variant)
    console = guest_tests.boot(checkout, variant, boot.job, boot.parameter, machine, cpu)
    result = guest_tests.judge(checkout, variant, console)
    return result + watched(console) if boot.job in _WITH_LOCKDEP else result
