# SPDX-License-Identifier: GPL-2.0
"""Tests that need no guest: of the implementation and the crates, and of this lab."""

import re
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from build import programs, selftests, toolchain
from host.arch import ARCHES, RISCV64, Arch
from host.checkout import ROOT, Checkout
from host.commands import NOTHING, ask
from host.failure import CommandError
from report import instructions, totals
from report.tally import Tally, check
from steps.runner import Steps

LAB = ROOT / "tools/lab"
SECTION = {"x86_64": 10 + 3, "arm64": 24 + 6}
"""The instructions of a section in C, and what a function takes that may call another one."""
SIMULATION = ROOT / "tools/testing/simulation"
"""It compiles the concepts in rust/ for the host, against a simulated machine."""


def steps(checkout: Checkout) -> Steps:
    return {
        f"{SIMULATION.name} on the host": partial(_cargo, checkout, SIMULATION),
        "crates for user space": partial(_crates, checkout),
        "crate as a package": partial(_package, checkout),
        f"crate without std, {RISCV64.name}": partial(_without_std, checkout, RISCV64),
        **{
            f"C header, {arch.name}": partial(_header, checkout, arch)
            for arch in checkout.settings.arches
        },
        "the lab itself": partial(_lab, checkout),
    }


def _lab(checkout: Checkout) -> Tally:
    discover = [sys.executable, "-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    _, said = ask(*discover, cwd=LAB, env={"KSRC": str(checkout.source)})
    return totals.of_unittest(said)


def _crates(checkout: Checkout) -> Tally:
    """Their tests, with all features and with none, and their locks in many interleavings."""
    (native,) = (arch for arch in ARCHES.values() if arch.native)
    headers = selftests.install_headers(checkout, native)
    runs = [
        _cargo(checkout, programs.WORKSPACE, env={"RSEQ_UAPI": str(headers)}),
        _cargo(checkout, programs.WORKSPACE, "--lib", "--all-features"),
        _cargo(checkout, programs.WORKSPACE, "--lib", "--no-default-features"),
        _cargo(
            checkout,
            programs.WORKSPACE,
            "--test",
            "interleavings",
            env={"RUSTFLAGS": "--cfg shuttle"},
        ),
    ]
    return sum(runs, Tally())


def _package(checkout: Checkout) -> Tally:
    programs.package(checkout)
    return check()


def _without_std(checkout: Checkout, arch: Arch) -> Tally:
    """No guest runs it: what is assembled is all that is known."""
    programs.without_std(checkout, arch)
    return check()


def _header(checkout: Checkout, arch: Arch) -> Tally:
    """Its constants are right, and it compiles, whatever the compiler and the standard."""
    headers = selftests.install_headers(checkout, arch)
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "program"
        commands = [programs.constants(arch, headers), *programs.c_programs(arch, program)]
        if arch.native:
            commands += programs.cxx_objects(program)
        built = sum((_succeeds(command) for command in commands), Tally())
        others = (_refused(command) for command in programs.other_abis() if arch.native)
        compilers = [f"{arch.cross_compile}gcc", *([toolchain.clang()] if arch.native else [])]
        costs = (_costs(arch, compiler, program) for compiler in compilers)
        return sum(
            (*costs, *others, *(_allocates_nothing(each, program) for each in compilers)), built
        )


def _refused(command: list[object]) -> Tally:
    """The header says what it is for, before other headers fail."""
    succeeded, said = ask(*command)
    refused = not succeeded and '"rseq-slice.h knows' in said
    return check(*([] if refused else [f"{' '.join(map(str, command))}: {said}"]))


def _costs(arch: Arch, compiler: str, program: Path) -> Tally:
    """A section is as short as the header says."""
    built = _succeeds(programs.section(compiler, program))
    if built.problems or arch.name not in SECTION:
        return built
    objdump = [f"{arch.cross_compile}objdump", "-d", "--no-show-raw-insn", program]
    _, disassembly = ask(*objdump)
    number = instructions.straight(disassembly, "section")
    most = SECTION[arch.name]
    problem = f"{compiler}: a section takes {number} instructions, more than {most}"
    return built + check(*([problem] if number > most else []))


def _allocates_nothing(compiler: str, output: Path) -> Tally:
    """A signal handler in a shared object may begin the first section of a thread."""
    built = _succeeds(programs.shared_object(compiler, output))
    _, relocations = ask("readelf", "--relocs", "--wide", output)
    on_demand = re.findall(r"R_\w+_TLS(?:GD|LD|DESC)\w*", relocations)
    problem = f"{compiler}: thread-local storage on demand, {', '.join(on_demand)}"
    return built + check(*([problem] if on_demand else []))


def _succeeds(command: list[object]) -> Tally:
    succeeded, said = ask(*command)
    return check(*([] if succeeded else [f"{' '.join(map(str, command))}: {said}"]))


def _cargo(
    checkout: Checkout, crate: Path, *options: str, env: Mapping[str, str] = NOTHING
) -> Tally:
    test = [toolchain.tool("cargo"), "test", "--locked", "--no-fail-fast", *options]
    what = " ".join(["Testing the", crate.name, *options])
    # What is compiled with other flags replaces what was there.
    target = checkout.own / "-".join([crate.name, *env.get("RUSTFLAGS", "").split()[1:]])
    variables = {**programs.variables(target), **env}
    try:
        log = checkout.run(what, test, cwd=crate, env=variables)
    except CommandError as failure:
        return totals.of_cargo(failure.log.read_text(), str(failure))
    return totals.of_cargo(log.read_text())
