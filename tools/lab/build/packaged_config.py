# SPDX-License-Identifier: GPL-2.0
"""The configuration that the distribution builds its own kernel with."""

import lzma
from functools import partial
from pathlib import Path

from host import apt
from host.arch import Arch
from host.checkout import Checkout
from report import configuration
from tree import patches, source

PACKAGE = f"linux-config-{patches.KERNEL}"
FLAVOUR = "cloud"
"""For virtual machines: what these need is built in."""


def obtain(checkout: Checkout, arch: Arch) -> Path:
    """The configuration without its modules, fetched unless it was before."""
    return apt.obtain(
        checkout,
        checkout.downloads / f"config-{arch.debian}",
        f"the distribution's configuration for {arch.name}",
        [PACKAGE],
        partial(_keep, f"config.{arch.debian}_none_{FLAVOUR}-{arch.debian}.xz"),
        releases=[source.SUITE],
        architecture=arch.debian,
    )


def _keep(name: str, unpacked: Path, path: Path) -> None:
    with lzma.open(unpacked / "usr/src" / PACKAGE / name, "rt") as packed:
        path.write_text(configuration.without_modules(packed.read()))
