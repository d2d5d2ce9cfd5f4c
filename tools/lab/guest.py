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

# Installed by the kernel's selftests, but only meant to be run by hand.
_BY_HAND = ("rseq:check_optimized", "rseq:param_test", "rseq:param_test_mm_cid_compare_twice")


@cache
def initramfs(checkout: Checkout, variant: Variant) -> Path:
    """Pack the guest's user space, once a run. Needs the kernel to be built."""
    selftests = _selftests(checkout, variant)
    archive = checkout.own / f"initramfs-{variant.arch.name}.cpio"
    contents = archive.with_suffix(".list")
    contents.write_text("\n".join(_contents(selftests)) + "\n")
    with checkout.replacing(archive) as new:
        pack = checkout.build(variant) / "usr/gen_init_cpio"
        checkout.run("Packing the initramfs", [pack, "-o", new, contents])
    return archive


def _selftests(checkout: Checkout, variant: Variant) -> Path:
    """Build and install the kernel's selftests of rseq and ours."""
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
    theirs = [*make, checkout.source / "tools/testing/selftests", "TARGETS=rseq", f"O={objects}"]
    ours = [*make, OURS, f"KSRC={checkout.source}", f"OUTPUT={objects}/rseq_abi", *options]
    (objects / "rseq_abi").mkdir(parents=True, exist_ok=True)
    install = ["make", "-C", checkout.source, f"O={headers}", f"ARCH={arch}", "headers"]
    checkout.run("Installing kernel headers", install)
    with checkout.replacing(installed) as new:
        checkout.run(
            "Building the kernel's selftests", [*theirs, *options, f"INSTALL_PATH={new}", "install"]
        )
        checkout.run("Building our selftests", [*ours, f"INSTALL_PATH={new}/rseq_abi", "install"])
        _, listed = ask(*ours, "-s", "COLLECTION=rseq_abi", "emit_tests")
        with open(new / "kselftest-list.txt", "a") as tests:
            tests.writelines(f"{test}\n" for test in [*listed.splitlines(), *_BY_HAND])
    stamp.write_text(identity)
    return installed


def _identity(checkout: Checkout) -> str:
    ours = [f"{path} {path.stat().st_mtime_ns}" for path in sorted(OURS.iterdir())]
    return "\n".join([(checkout.own / "linux.stamp").read_text(), *ours])


def _contents(selftests: Path) -> Iterator[str]:
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
