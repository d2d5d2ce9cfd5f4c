# SPDX-License-Identifier: GPL-2.0
"""The samples: small programs that show in a guest what slices are for."""

import shutil
from functools import partial
from pathlib import Path

from build import kernel, programs
from guest import initramfs, qemu
from host.arch import Arch
from host.checkout import Checkout
from host.failure import LabError
from host.settings import Variant
from report import counters, preemptions
from report.console import quiet
from report.tally import Tally, check
from steps import variants
from steps.runner import Steps


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, *_ = variants.tested(arch)
    return {f"sample {name}, {rust}": partial(_try, checkout, rust, name) for name in _names()}


def show(checkout: Checkout) -> None:
    """make sample: run the one that the user names."""
    name, variant = checkout.settings.sample, checkout.settings.variant
    if name not in _names():
        raise LabError(f"NAME={name} is no sample: use one of {', '.join(_names())}")
    kernel.build(checkout, variant)
    _boot(checkout, variant, _programs(checkout, variant.arch, name), echo=True)


def _names() -> list[str]:
    return sorted(path.stem for path in programs.SAMPLES.glob("*.c"))


def _try(checkout: Checkout, variant: Variant, name: str) -> Tally:
    directory = _programs(checkout, variant.arch, name)
    console = _boot(checkout, variant, directory)
    shown = preemptions.contradictions(console, len(list(directory.iterdir())))
    balanced = counters.contradictions(counters.read(console))
    return check(*shown) + check(*balanced) + quiet(console)


def _programs(checkout: Checkout, arch: Arch, name: str) -> Path:
    """The sample in C and in Rust."""
    directory = checkout.own / f"sample-{arch.name}-{name}"
    with checkout.replacing(directory) as new:
        new.mkdir()
        compile_c = programs.sample_in_c(arch, name, new / f"{name}-c")
        checkout.run(f"Building the sample {name} in C for {arch.name}", compile_c)
        in_rust = programs.sample_in_rust(checkout, arch, name)
        if in_rust:
            shutil.copy(in_rust, new / f"{name}-rust")
    return directory


def _boot(checkout: Checkout, variant: Variant, directory: Path, *, echo: bool = False) -> str:
    archive = initramfs.pack(checkout, variant, directory)
    # The time of emulated CPUs goes on while only one of them does: that of a slice, too.
    return qemu.boot(
        checkout,
        variant,
        archive,
        "sample",
        echo=echo,
        machine=qemu.ONE_CPU,
        accelerator=qemu.COUNTED,
    )
