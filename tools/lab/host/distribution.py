# SPDX-License-Identifier: GPL-2.0
"""Which Debian this machine runs, and what differs from one to the next."""

import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    llvm: str
    """Suffix of the LLVM that the packaged rustc was built with."""
    rust: tuple[str, ...]
    """The packages of the Rust toolchain, the compiler first."""
    rust_library: str
    """The package of Rust's standard library."""


_DISTRIBUTIONS = {
    "bookworm": Distribution(
        "22",
        ("rustc-web", "rust-web-src", "rustfmt-web", "rust-web-clippy", "cargo-web"),
        "libstd-rust-web-dev",
    ),
    "trixie": Distribution(
        "19", ("rustc", "rust-src", "rustfmt", "rust-clippy", "cargo"), "libstd-rust-dev"
    ),
}


def codename() -> str:
    """The release that this machine runs, or nothing."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def distribution() -> Distribution | None:
    return _DISTRIBUTIONS.get(codename())
