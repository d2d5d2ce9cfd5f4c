# SPDX-License-Identifier: GPL-2.0
"""Rust's standard library for programs of another architecture."""

import os
from pathlib import Path

from host import apt
from host.arch import Arch
from host.checkout import Checkout
from host.commands import ask
from host.distribution import codename, distribution

RUSTLIB = Path("lib/rustlib")


def sysroot(checkout: Checkout, arch: Arch) -> Path | None:
    """A directory for rustc's --sysroot, or None where no package goes with the compiler."""
    known = distribution()
    if not known or "RUSTC" in os.environ or arch.release not in ("", codename()):
        return None
    # One compiler does not read what another one wrote.
    _, version = ask("dpkg-query", "--show", "--showformat=${Version}", known.rust[0])
    return apt.obtain(
        checkout,
        checkout.downloads / f"rust-{arch.debian}-{version}",
        f"Rust's standard library of {arch.name}",
        [f"{known.rust_library}={version}"],
        _keep,
        releases=apt.parts_of_release(),
        architecture=arch.debian,
    )


def _keep(unpacked: Path, directory: Path) -> None:
    (directory / RUSTLIB).parent.mkdir(parents=True)
    (unpacked / "usr" / RUSTLIB).rename(directory / RUSTLIB)
