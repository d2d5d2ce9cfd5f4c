# SPDX-License-Identifier: GPL-2.0
"""The configuration that the distribution builds its own kernel with."""

import lzma
from pathlib import Path

from host import apt
from host.arch import Arch
from host.checkout import Checkout, remove
from host.failure import LabError
from report import configuration
from tree import patches, source

PACKAGE = f"linux-config-{patches.KERNEL}"
FLAVOUR = "cloud"
"""For virtual machines: what these need is built in."""


def obtain(checkout: Checkout, arch: Arch) -> Path:
    """The configuration without its modules, fetched unless it was before."""
    path = checkout.downloads / f"config-{arch.debian}"
    with checkout.locked(checkout.shared, "the shared downloads"):
        if not path.exists():
            _fetch(checkout, arch, path)
    return path


def _fetch(checkout: Checkout, arch: Arch, path: Path) -> None:
    what = f"the distribution's configuration for {arch.name}"
    name = f"config.{arch.debian}_none_{FLAVOUR}-{arch.debian}.xz"
    try:
        unpacked = apt.fetch(
            checkout, what, [PACKAGE], releases=[source.SUITE], architecture=arch.debian
        )
    except LabError as error:
        raise LabError(f"{error}; check the network") from None
    with (
        checkout.replacing(path) as new,
        lzma.open(unpacked / "usr/src" / PACKAGE / name, "rt") as packed,
    ):
        new.write_text(configuration.without_modules(packed.read()))
    remove(unpacked.parent)
