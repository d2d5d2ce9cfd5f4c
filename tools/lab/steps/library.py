# SPDX-License-Identifier: GPL-2.0
"""The library for user space, in guests: what threads can expect, and what they get."""

import shutil
from functools import cache, partial
from pathlib import Path

from build import library
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report import cases
from report.tally import Tally, check
from steps import guest_tests, libc, variants
from steps.runner import Steps

TABLE = library.CRATE / "tests/cases.txt"
OFF = "rseq_slice_ext=off"
RUNS = 4
"""How often the job runs each program."""


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, c, *_ = variants.tested(arch)
    boots = [(rust, ""), (rust, "rseq_debug=1"), (rust, OFF), (c, "")]
    return {
        f"library, {variant} {parameter}".rstrip(): partial(_run, checkout, variant, parameter)
        for variant, parameter in boots
    }


def _run(checkout: Checkout, variant: Variant, parameter: str) -> Tally:
    expected = "not_offered" if parameter == OFF else "ready"
    parameters = f"{parameter} expected={expected}"
    directory = _programs(checkout, variant.arch)
    programs = len(list((directory / "programs").iterdir()))
    console = guest_tests.boot(checkout, variant, "library", parameters, extra=directory)
    table = cases.listed(TABLE.read_text())
    shown = check(*cases.contradictions(console, table, RUNS * programs))
    return guest_tests.judge(checkout, variant, console) + shown


@cache
def _programs(checkout: Checkout, arch: Arch) -> Path:
    """The programs and the newest C library, once a run.

    The one in Rust is built for the architecture of the host only.
    """
    directory = checkout.own / f"library-{arch.name}"
    newest = libc.obtain(checkout, arch)
    with checkout.replacing(directory) as new:
        shutil.copytree(newest, new / "libc", symlinks=True)
        programs = new / "programs"
        programs.mkdir()
        checkout.run(
            f"Building the cases in C, {arch.name}", library.c_program(arch, programs / "c")
        )
        if arch.native:
            shutil.copy(library.rust_program(checkout, "cases"), programs / "rust")
    return directory
