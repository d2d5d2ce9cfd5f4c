# SPDX-License-Identifier: GPL-2.0
"""How C libraries register rseq in a guest: the distribution's and the newest there is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from guest import initramfs, qemu
from host import apt
from host.arch import Arch
from host.checkout import Checkout
from host.failure import LabError
from host.settings import Variant
from report.console import registrations
from report.tally import Tally, check
from steps import guest_tests, variants
from steps.runner import Steps

PACKAGE = "libc6"
RELEASES = ("sid", "experimental")
"""The older one has what the other is not ahead of."""

_VERSION = re.compile(rb"GNU C Library .* release version (\d[\d.]*\d)")


@dataclass(frozen=True)
class _Shown(Tally):
    """A tally that tells what was registered, since that is not for a test to judge."""

    registrations: str = ""

    def __str__(self) -> str:
        return f"{super().__str__()}; {self.registrations}"


def steps(checkout: Checkout, arch: Arch) -> Steps:
    rust, c, *_ = variants.tested(arch)
    return {f"C libraries, {rust} against {c}": partial(_compare, checkout, rust, c)}


def obtain(checkout: Checkout, arch: Arch) -> Path:
    """The directory of the newest library, fetched unless it was before."""
    return apt.obtain(
        checkout,
        checkout.downloads / f"libc-{arch.debian}",
        f"the newest C library of {arch.name}",
        [PACKAGE],
        _keep,
        releases=RELEASES,
        architecture=arch.debian,
    )


def _keep(unpacked: Path, directory: Path) -> None:
    directory.mkdir()
    for path in unpacked.glob("usr/lib/*/*.so*"):
        path.rename(directory / path.name)


def _compare(checkout: Checkout, rust: Variant, c: Variant) -> Tally:
    """Both kernels pass the tests, and the libraries treat them alike."""
    newest = obtain(checkout, rust.arch)
    consoles = {variant: _boot(checkout, variant, newest) for variant in (rust, c)}
    results = (guest_tests.judge(checkout, *boot) for boot in consoles.items())
    ours, reference = map(registrations, consoles.values())
    alike = check(*([] if ours == reference else [f"{ours}, but {reference} in C"]))
    expected = f"glibc {version(newest.glob('libc.so.*'))}:"
    used = check(*([] if expected in ours else [f"not run with {expected} {ours}"]))
    total = sum([*results, alike, used], Tally())
    return _Shown(total.passed, total.failed, total.skipped, total.problems, ours)


def _boot(checkout: Checkout, variant: Variant, newest: Path) -> str:
    archive = initramfs.pack(checkout, variant, newest)
    return qemu.boot(checkout, variant, archive, "libc", accelerator=qemu.COUNTED)


def version(libraries: Iterable[Path]) -> str:
    """As the first that tells one spells it."""
    for path in libraries:
        banner = _VERSION.search(path.read_bytes())
        if banner:
            return banner[1].decode()
    raise LabError("a C library tells no version: remove it from the cache, or install it again")
