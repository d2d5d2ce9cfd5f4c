# SPDX-License-Identifier: GPL-2.0
"""The library for user space, in guests: what threads can expect, and what they get."""

import re
import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from build import programs, selftests, userland
from host.arch import Arch
from host.checkout import Checkout
from host.settings import Variant
from report import cases, verdict
from report.tally import Tally, check
from steps import guest_tests, libc, stock, variants
from steps.runner import Steps

TABLE = programs.CRATE / "tests/cases.txt"
OFF = "rseq_slice_ext=off"
SLICES_SINCE = (2, 41)
"""The version of glibc whose registration slices go with."""
RUNS = 4
"""How often the job runs each program. The one with musl needs no more than one run."""
PROMISES = 4
"""How often the job runs the promises of the header, without musl."""


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, c, *_ = variants.tested(arch)
    boots = [(rust, ""), (rust, "rseq_debug=1"), (rust, OFF), (c, "")]
    runs = {"library": _run, "C header": _run_promises}
    found: Steps = {
        f"{what}, {variant} {parameter}".rstrip(): partial(run, checkout, variant, parameter)
        for what, run in runs.items()
        for variant, parameter in boots
    }
    for kernel in stock.of(arch):
        found[f"library, {kernel}"] = partial(_stock, checkout, kernel)
    return found


def expectations(checkout: Checkout, variant: Variant, parameter: str) -> str:
    """Tell a job what threads can expect with a parameter of the kernel.

    That may be something else with the C library that the guest begins with.
    """
    library = userland.obtain(checkout, variant.arch).library("libc.so.6")
    expected = "not_offered" if parameter == OFF else "ready"
    return f"first={with_libc(libc.version([library]), expected)} expected={expected}"


def with_libc(version: str, newest: str) -> str:
    """What threads can expect with a version of glibc, if they can expect that with the newest."""
    numbers = tuple(map(int, version.split(".")))
    return newest if numbers >= SLICES_SINCE else "legacy_registration"


def _stock(checkout: Checkout, variant: Variant) -> Tally:
    """Programs get along with what the unpatched kernel gets wrong; its counters may not."""
    stock.build(checkout, variant)
    shown, console = _show(checkout, variant, "")
    return shown + verdict.of_selftests(checkout.source, console, counted=False)


def _run(checkout: Checkout, variant: Variant, parameter: str) -> Tally:
    shown, console = _show(checkout, variant, parameter)
    return shown + guest_tests.judge(checkout, variant, console)


def _show(checkout: Checkout, variant: Variant, parameter: str) -> tuple[Tally, str]:
    """Whether all cases were shown, and the console."""
    parameters = f"{parameter} {expectations(checkout, variant, parameter)}"
    directory = _with_newest_libc(checkout, variant.arch, "library", _programs)
    several = {path.name for path in (directory / "programs").iterdir()}
    runs = RUNS * len(several) + 1
    console = guest_tests.boot(checkout, variant, "library", parameters, extra=directory)
    table = cases.listed(TABLE.read_text())
    # Those in Rust cannot be built everywhere.
    missing = 0 if "rust" in several else RUNS * len(table)
    return check(*cases.contradictions(console, table, runs)) + Tally(skipped=missing), console


def _run_promises(checkout: Checkout, variant: Variant, parameter: str) -> Tally:
    parameters = f"{parameter} {expectations(checkout, variant, parameter)}"
    directory = _with_newest_libc(checkout, variant.arch, "header", _promises)
    console = guest_tests.boot(checkout, variant, "header", parameters, extra=directory)
    ran = len(re.findall(r"^1\.\.\d+$", console, re.MULTILINE))
    runs = PROMISES + variant.arch.native
    complete = [] if ran == runs else [f"{runs} programs should run, {ran} did"]
    return guest_tests.judge(checkout, variant, console) + check(*complete)


@cache
def _with_newest_libc(
    checkout: Checkout, arch: Arch, name: str, build: Callable[[Checkout, Arch, Path], None]
) -> Path:
    """A directory with that library and what `build` puts beside it, once a run."""
    directory = checkout.own / f"{name}-{arch.name}"
    newest = libc.obtain(checkout, arch)
    with checkout.replacing(directory) as new:
        shutil.copytree(newest, new / "libc", symlinks=True)
        build(checkout, arch, new)
    return directory


def _promises(checkout: Checkout, arch: Arch, new: Path) -> None:
    """The programs that show what the header promises."""
    what = f"Building the promises of the header, {arch.name}"
    checkout.run(what, programs.promises_in_c(arch, new / "promises"))
    if arch.native:
        compile_musl = programs.promises_with_musl(checkout, arch, new / "musl")
        checkout.run(f"{what}, musl", compile_musl)


def _programs(checkout: Checkout, arch: Arch, new: Path) -> None:
    """The programs that show the cases."""
    several = new / "programs"
    several.mkdir()
    checkout.run(f"Building the cases in C, {arch.name}", programs.cases_in_c(arch, several / "c"))
    if arch.native:
        for command in programs.mixed_program(new, several / "mixed"):
            checkout.run("Building the cases in C and C++", command)
    headers = selftests.install_headers(checkout, arch)
    checkout.run(
        f"Building the cases in C with musl, {arch.name}",
        programs.cases_with_musl(checkout, arch, headers, new / "musl"),
    )
    in_rust = programs.cases_in_rust(checkout, arch)
    if in_rust:
        shutil.copy(in_rust, several / "rust")
