# SPDX-License-Identifier: GPL-2.0
"""Rust's libraries for programs of another architecture."""

import hashlib
import os
import re
from pathlib import Path

from build import toolchain
from host import apt
from host.arch import Arch
from host.checkout import Checkout
from host.commands import ask
from host.distribution import codename, distribution
from host.failure import LabError

RUSTLIB = Path("lib/rustlib")
_EDITION = re.compile(r'^edition = "(\d+)"', re.MULTILINE)
# Whatever has no standard library asks for it. The functions in it are for linking.
_BUILTINS = "#![no_std]\n#![feature(compiler_builtins)]\n#![compiler_builtins]\n"


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


def core(checkout: Checkout, arch: Arch) -> Path:
    """A directory for rustc's --sysroot with the core library alone, from its source.

    Crates without a standard library compile with that. Nothing can be linked to it.
    """
    rustc = toolchain.rust_tool("RUSTC")
    _, version = ask(rustc, "-vV")
    digest = hashlib.sha256(version.encode()).hexdigest()[:12]
    sysroot = checkout.own / f"core-{arch.name}-{digest}"
    if sysroot.exists():
        return sysroot
    _, installed = ask(rustc, "--print", "sysroot")
    source = Path(installed, RUSTLIB, "src/rust/library/core")
    if not source.exists():
        raise LabError(f"{source} is not there: install the source of Rust's library")
    edition = _EDITION.search((source / "Cargo.toml").read_text())
    with checkout.replacing(sysroot) as new:
        libraries = new / RUSTLIB / arch.rust / "lib"
        libraries.mkdir(parents=True)
        builtins = new / "compiler_builtins.rs"
        builtins.write_text(_BUILTINS)
        compile_rust = [
            *(rustc, "--crate-type=rlib", "--emit=metadata", "-Zalways-encode-mir", "-O"),
            *("--cap-lints=allow", f"--target={arch.rust}", f"--sysroot={new}"),
            *(f"--out-dir={libraries}", f"--edition={edition[1] if edition else 2021}"),
        ]
        for name, file in ("core", source / "src/lib.rs"), ("compiler_builtins", builtins):
            checkout.run(
                f"Compiling Rust's {name} for {arch.name}",
                [*compile_rust, f"--crate-name={name}", file],
                env={"RUSTC_BOOTSTRAP": "1"},
            )
    return sysroot
