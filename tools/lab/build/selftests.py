# SPDX-License-Identifier: GPL-2.0
"""The kernel's selftests and ours, built for a guest."""

import os
from pathlib import Path

from build.userland import Userland
from host.arch import Arch
from host.checkout import ROOT, Checkout
from host.commands import ask
from tree import patches

_OURS = ROOT / "tools/testing/selftests"
THEIRS = ("rseq", "membarrier", "futex/functional", "signal", "seccomp", "ptrace")
"""The kernel's selftests that are built, apart from sched and what an architecture adds."""

_OF_SERIES = {"arm64/dispatch": "syscall_user_dispatch"}
"""Those of an optional series."""

# Of the architecture's own, those that have to do with entering and leaving the kernel.
_SUBTARGETS = "ARM64_SUBTARGETS=abi signal mte"

# Installed by the kernel's selftests, but only meant to be run by hand.
_BY_HAND = ("rseq:check_optimized", "rseq:param_test", "rseq:param_test_mm_cid_compare_twice")


def ours(arch: Arch) -> list[Path]:
    return [_OURS / name for name in ("rseq_abi", *arch.ours)]


def build(checkout: Checkout, userland: Userland) -> Path:
    """Build and install the kernel's selftests and ours, if they have changed."""
    arch = userland.arch
    objects = checkout.own / f"selftests-{arch.name}-objects"
    installed = checkout.own / f"selftests-{arch.name}"
    stamp = checkout.own / f"selftests-{arch.name}.stamp"
    identity = _identity(checkout, arch)
    if stamp.exists() and stamp.read_text() == identity:
        return installed
    stamp.unlink(missing_ok=True)
    headers = install_headers(checkout, arch)
    options = [
        f"ARCH={arch.kbuild}",
        f"CROSS_COMPILE={arch.cross_compile}",
        f"CC32={arch.compat}-gcc",
        f"KHDR_INCLUDES=-isystem {headers}",
        *userland.compile_options(),
    ]
    make = ["make", f"-j{os.cpu_count()}", "-C"]
    stock = checkout.source / "tools/testing/selftests"
    suites = [*THEIRS, *arch.suites, *(_OF_SERIES[series] for series in checkout.optional)]
    targets = [f"TARGETS={' '.join(suites)}", _SUBTARGETS, "FORCE_TARGETS=1"]
    theirs = [*make, stock, f"O={objects}", *targets, *options]
    # Its makefile would install from the source tree what it built elsewhere.
    output = objects / "kselftest/sched"
    sched = [*make, stock / "sched", f"OUTPUT={output}", f"TEST_PROGS={output}/cs_prctl_test"]
    apart = {"sched": [*sched, *options]}
    output.mkdir(parents=True, exist_ok=True)
    for directory in ours(arch):
        output = objects / directory.name
        output.mkdir(exist_ok=True)
        here = [*make, directory, f"KSRC={checkout.source}", f"OUTPUT={output}"]
        apart[directory.name] = [*here, *options]
    with checkout.replacing(installed) as new:
        checkout.run("Building the kernel's selftests", [*theirs, f"INSTALL_PATH={new}", "install"])
        listed = [*_BY_HAND]
        for name, here in apart.items():
            install = [*here, f"INSTALL_PATH={new}/{name}", "install"]
            checkout.run(f"Building the selftests {name}", install)
            listed += ask(*here, "-s", f"COLLECTION={name}", "emit_tests")[1].splitlines()
        with open(new / "kselftest-list.txt", "a") as tests:
            tests.writelines(f"{test}\n" for test in listed)
    stamp.write_text(identity)
    return installed


def install_headers(checkout: Checkout, arch: Arch) -> Path:
    """The directory of the kernel's headers for user space."""
    directory = checkout.own / f"headers-{arch.name}"
    make = ["make", "-C", checkout.source, f"O={directory}", f"ARCH={arch.kbuild}", "headers"]
    checkout.run(f"Installing kernel headers of {arch.name}", make)
    return directory / "usr/include"


def _identity(checkout: Checkout, arch: Arch) -> str:
    files = [path for directory in ours(arch) for path in sorted(directory.iterdir())]
    # Some of the kernel's come from our patches.
    series = patches.series(patches.made_for(checkout.source), *checkout.optional)
    files += [*_OURS.glob("*.mk"), *series]
    times = (f"{path} {path.stat().st_mtime_ns}" for path in files)
    return "\n".join([(checkout.own / "linux.stamp").read_text(), *times])
