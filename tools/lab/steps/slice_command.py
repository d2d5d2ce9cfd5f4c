# SPDX-License-Identifier: GPL-2.0
"""The command slice, in guests: what it says of them."""

import shutil
from functools import cache, partial
from pathlib import Path

from build import programs
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report.tally import Tally
from steps import guest_tests, library, variants
from steps.runner import Steps


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, *_ = variants.tested(arch)
    return {
        f"command slice, {rust} {parameter}".rstrip(): partial(_run, checkout, rust, parameter)
        for parameter in ("", library.OFF)
    }


def _run(checkout: Checkout, variant: Variant, parameter: str) -> Tally:
    directory = _program(checkout, variant.arch)
    if not directory:
        return Tally(skipped=1)
    parameters = f"{parameter} {library.expectations(checkout, variant, parameter)}"
    console = guest_tests.boot(checkout, variant, "doctor", parameters, extra=directory)
    return guest_tests.judge(checkout, variant, console)


@cache
def _program(checkout: Checkout, arch: Arch) -> Path | None:
    """A directory with the program, once a run."""
    program = programs.slice_command(checkout, arch)
    if not program:
        return None
    directory = checkout.own / f"slice-{arch.name}"
    with checkout.replacing(directory) as new:
        new.mkdir()
        shutil.copy(program, new)
    return directory
