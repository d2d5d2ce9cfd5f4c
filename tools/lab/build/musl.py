# SPDX-License-Identifier: GPL-2.0
"""musl, a C library that knows nothing of rseq, for programs of any architecture."""

from pathlib import Path

from host import apt
from host.arch import Arch
from host.checkout import Checkout
from host.distribution import codename

PACKAGE = "musl-dev"


def specs(checkout: Checkout, arch: Arch) -> Path:
    """What gcc has to read to compile with musl. The package is not installed."""
    root = apt.obtain(
        checkout,
        checkout.downloads / f"musl-{arch.debian}",
        f"musl of {arch.name}",
        [PACKAGE],
        Path.rename,
        releases=[arch.release or codename()],
        architecture=arch.debian,
    )
    directory = f"{arch.uname}-linux-musl"
    packaged = (root / "usr/lib" / directory / "musl-gcc.specs").read_text()
    specs = checkout.own / f"musl-{arch.name}.specs"
    for kind in ("include", "lib"):
        installed = f"/usr/{kind}/{directory}"
        packaged = packaged.replace(installed, f"{root}{installed}")
    specs.write_text(packaged)
    return specs
