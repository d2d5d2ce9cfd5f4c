# SPDX-License-Identifier: GPL-2.0
"""Tests that need no guest: of the implementation and the crates, and of this lab."""

import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from build import programs, selftests, toolchain
from host.arch import ARCHES, Arch
from host.checkout import ROOT, Checkout
from host.commands import NOTHING, ask
from host.failure import CommandError
from report import totals
from report.tally import Tally, check
from steps.runner import Steps

LAB = ROOT / "tools/lab"
SIMULATION = ROOT / "tools/testing/simulation"
"""It compiles the concepts in rust/ for the host, against a simulated machine."""


def steps(checkout: Checkout) -> Steps:
    return {
        f"{SIMULATION.name} on the host": partial(_cargo, checkout, SIMULATION),
        "crates for user space": partial(_crates, checkout),
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


def _header(checkout: Checkout, arch: Arch) -> Tally:
    """Its constants are right, and it compiles, whatever the compiler and the standard."""
    headers = selftests.install_headers(checkout, arch)
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "program"
        commands = [programs.constants(arch, headers), *programs.c_programs(arch, program)]
        if arch.native:
            commands += programs.cxx_objects(program)
        return sum((_succeeds(command) for command in commands), Tally())


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
