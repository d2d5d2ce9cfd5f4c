# SPDX-License-Identifier: GPL-2.0
"""KUnit and kselftests, in booted kernels."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from build import external_module, kernel
from guest import initramfs, qemu
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report import compiler, verdict
from report.tally import Tally, check
from steps import variants
from steps.runner import Steps

KUNIT = "loglevel=7 kunit.enable=1 kunit.filter_glob=rseq*"


def steps(checkout: Checkout, arch: Arch) -> Steps:
    found: Steps = {}
    rust, c, *others = variants.tested(arch)
    for variant in (rust, *others):
        found[f"KUnit, {variant}"] = partial(kunit, checkout, variant)
    off = "rseq_slice_ext=off"
    found[f"KUnit, {rust} {off}"] = partial(kunit, checkout, rust, parameter=off)
    found[f"KUnit, {rust} under load"] = partial(_kunit_again, checkout, rust)
    for variant in (rust, c, *others):
        found[f"selftests, {variant}"] = partial(selftests, checkout, variant, "selftests")
    for variant in (rust, c):
        for parameter in ("rseq_slice_ext=off", "rseq_debug=1"):
            name = f"selftests, {variant} {parameter}"
            found[name] = partial(selftests, checkout, variant, "ours", parameter)
    for variant in (rust, *others) if arch.old_cpu else ():
        name = f"selftests, {variant} on an old processor"
        found[name] = partial(selftests, checkout, variant, "ours", cpu=arch.old_cpu)
    return found


def kunit(
    checkout: Checkout,
    variant: Variant,
    machine: Sequence[str] = qemu.TWO_NODES,
    cpu: Sequence[str] = (),
    parameter: str = "",
) -> Tally:
    console = boot(checkout, variant, "kunit", f"{KUNIT} {parameter}", machine, cpu)
    return verdict.of_kunit(checkout.source, console)


def _kunit_again(checkout: Checkout, variant: Variant) -> Tally:
    """Suites leave grants behind that never end, so the counters do not add up."""
    console = boot(checkout, variant, "kunit_again", "kunit.enable=1 kunit.filter_glob=rseq*")
    return verdict.of_selftests(checkout.source, console, counted=False)


def selftests(
    checkout: Checkout,
    variant: Variant,
    job: str,
    parameter: str = "",
    cpu: Sequence[str] = (),
) -> Tally:
    return judge(checkout, variant, boot(checkout, variant, job, parameter, cpu=cpu))


def module(checkout: Checkout, variant: Variant) -> Tally:
    """An external module is built without a warning, loaded and removed."""
    directory, log = external_module.build(checkout, variant)
    console = boot(checkout, variant, "module", extra=directory)
    return check(*compiler.warnings(log.read_text())) + judge(checkout, variant, console)


def judge(checkout: Checkout, variant: Variant, console: str) -> Tally:
    """What selftests, the kernel's statistics and its log say, as far as it has them."""
    options = ("CONFIG_RSEQ_SLICE_EXTENSION", "CONFIG_RSEQ_STATS")
    counted = all(kernel.has(checkout, variant, option) for option in options)
    return verdict.of_selftests(checkout.source, console, counted=counted)


def boot(
    checkout: Checkout,
    variant: Variant,
    job: str,
    parameters: str = "",
    machine: Sequence[str] = qemu.TWO_NODES,
    cpu: Sequence[str] = (),
    extra: Path | None = None,
) -> str:
    archive = initramfs.pack(checkout, variant, extra)
    return qemu.boot(
        checkout,
        variant,
        archive,
        job,
        parameters=parameters,
        machine=machine,
        accelerator=qemu.COUNTED,
        cpu=cpu,
    )
