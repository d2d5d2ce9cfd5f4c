# SPDX-License-Identifier: GPL-2.0
"""The crates for user space, and programs made of them."""

from pathlib import Path

from build import toolchain
from host.checkout import ROOT as REPOSITORY
from host.checkout import Checkout

ROOT = REPOSITORY / "tools"
LIBRARY = ROOT / "lib/rseq-slice"


def variables(target: Path) -> dict[str, str]:
    """What cargo has to be told to compile with the packaged compiler into `target`."""
    rust = {name: toolchain.rust_tool(name) for name in ("RUSTC", "RUSTDOC")}
    return {**rust, "CARGO_TARGET_DIR": str(target)}


def example(checkout: Checkout, name: str) -> Path:
    """The program of the library's examples, built for this machine."""
    target = checkout.own / ROOT.name
    build = [toolchain.tool("cargo"), "build", "--locked", "--release", "--example", name]
    checkout.run(f"Building the example {name}", build, cwd=LIBRARY, env=variables(target))
    return target / "release/examples" / name
