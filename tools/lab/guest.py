# SPDX-License-Identifier: GPL-2.0
"""The guest's user space: busybox, bash and the selftests in an initramfs."""

import os
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from checkout import ROOT, Checkout
from commands import ask
from failure import LabError
from settings import Variant

FILES = Path(__file__).parent / "guest"
OURS = ROOT / "tools/testing/selftests/rseq_abi"

PROGRAMS = ("busybox", "bash", "chrt")
THEIRS = ("rseq", "membarrier", "futex/functional", "signal", "seccomp", "ptrace")
"""The kernel's selftests that are built, apart from sched."""

# Installed by the kernel's selftests, but only meant to be run by hand.
_BY_HAND = ("rseq:check_optimized", "rseq:param_test", "rseq:param_test_mm_cid_compare_twice")


@cache
def initramfs(checkout: Checkout, variant: Variant, libc: Path | None = None) -> Path:
    """Pack the guest's user space, once a run. Needs the kernel to be built.

    A directory `libc` becomes /libc/newest, for programs to be run with.
    """
    selftests = _selftests(checkout, variant)
    archive = checkout.own / f"initramfs-{variant.arch.name}{'-libc' if libc else ''}.cpio"
    contents = archive.with_suffix(".list")
    contents.write_text("\n".join(_contents(selftests, libc)) + "\n")
    with checkout.replacing(archive) as new:
        pack = checkout.build(variant) / "usr/gen_init_cpio"
        checkout.run("Packing the initramfs", [pack, "-o", new, contents])
    return archive


def _selftests(checkout: Checkout, variant: Variant) -> Path:
    """Build and install the kernel's selftests and ours."""
    arch = variant.arch.name
    headers = checkout.own / f"headers-{arch}"
    objects = checkout.own / f"selftests-{arch}-objects"
    installed = checkout.own / f"selftests-{arch}"
    stamp = checkout.own / f"selftests-{arch}.stamp"
    identity = _identity(checkout)
    if stamp.exists() and stamp.read_text() == identity:
        return installed
    stamp.unlink(missing_ok=True)
    options = [f"ARCH={arch}", f"KHDR_INCLUDES=-isystem {headers}/usr/include"]
    make = ["make", f"-j{os.cpu_count()}", "-C"]
    stock = checkout.source / "tools/testing/selftests"
    targets = [f"TARGETS={' '.join(THEIRS)}", "FORCE_TARGETS=1"]
    theirs = [*make, stock, f"O={objects}", *targets, *options]
    # Its makefile would install from the source tree what it built elsewhere.
    output = objects / "kselftest/sched"
    sched = [*make, stock / "sched", f"OUTPUT={output}", f"TEST_PROGS={output}/cs_prctl_test"]
    ours = [*make, OURS, f"KSRC={checkout.source}", f"OUTPUT={objects}/rseq_abi"]
    apart = {"sched": [*sched, *options], "rseq_abi": [*ours, *options]}
    for directory in (output, objects / "rseq_abi"):
        directory.mkdir(parents=True, exist_ok=True)
    install = ["make", "-C", checkout.source, f"O={headers}", f"ARCH={arch}", "headers"]
    checkout.run("Installing kernel headers", install)
    with checkout.replacing(installed) as new:
        checkout.run("Building the kernel's selftests", [*theirs, f"INSTALL_PATH={new}", "install"])
        listed = [*_BY_HAND]
        for name, build in apart.items():
            install = [*build, f"INSTALL_PATH={new}/{name}", "install"]
            checkout.run(f"Building the selftests {name}", install)
            listed += ask(*build, "-s", f"COLLECTION={name}", "emit_tests")[1].splitlines()
        with open(new / "kselftest-list.txt", "a") as tests:
            tests.writelines(f"{test}\n" for test in listed)
    stamp.write_text(identity)
    return installed


def _identity(checkout: Checkout) -> str:
    ours = [f"{path} {path.stat().st_mtime_ns}" for path in sorted(OURS.iterdir())]
    return "\n".join([(checkout.own / "linux.stamp").read_text(), *ours])


def _contents(selftests: Path, libc: Path | None) -> Iterator[str]:
    """The archive in gen_init_cpio's notation."""
    yield "nod /dev/console 0600 0 0 c 5 1"
    yield "slink /init /bin/busybox 0755 0 0"
    yield "slink /bin/sh busybox 0755 0 0"
    files = {
        **{f"/bin/{name}": _program(name) for name in PROGRAMS},
        "/etc/inittab": FILES / "inittab",
        **_under("/lab", FILES),
        **_under("/kselftest", selftests),
    }
    files.update(_libraries(files.values()))
    files.update(_unwinder())
    if libc:
        files.update(_under("/libc/newest", libc))
    directories = {"/dev", "/proc", "/root", "/sys", "/tmp"}
    directories.update(str(parent) for name in files for parent in Path(name).parents)
    for directory in sorted(directories - {"/"}):
        yield f"dir {directory} 0755 0 0"
    for name, path in files.items():
        yield f"file {name} {path.resolve()} {path.stat().st_mode & 0o777:o} 0 0"


def _program(name: str) -> Path:
    found = shutil.which(name)
    if not found:
        raise LabError(f"{name} is not installed: install it")
    return Path(found)


def _under(prefix: str, directory: Path) -> dict[str, Path]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {f"{prefix}/{path.relative_to(directory)}": path for path in files}


def _libraries(files: Iterable[Path]) -> dict[str, Path]:
    """What the loader needs to start the programs among `files`."""
    programs = [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]
    _, said = ask("ldd", *programs)
    found = (word for word in said.split() if word.startswith("/") and not word.endswith(":"))
    return {library: Path(library) for library in found}


def _unwinder() -> dict[str, Path]:
    """What the C library loads, without being linked to it, when a thread exits."""
    name = "libgcc_s.so.1"
    _, path = ask("gcc", f"-print-file-name={name}")
    return {f"/lib/{name}": Path(path)}
