# SPDX-License-Identifier: GPL-2.0
"""The compilers, and what the kernel's make has to be told about them."""

import os
import re
import shutil
from pathlib import Path

from host.checkout import Checkout
from host.commands import ask
from host.distribution import distribution
from host.failure import LabError
from host.settings import Variant

BINDGEN_VERSION = "0.72.1"

_TOOLS = {
    "RUSTC": "rustc",
    "RUSTDOC": "rustdoc",
    "RUSTFMT": "rustfmt",
    "CLIPPY_DRIVER": "clippy-driver",
}


def tool(name: str) -> str:
    """The packaged program, even where another toolchain is earlier in PATH."""
    packaged = Path("/usr/bin") / name
    return str(packaged) if packaged.exists() else shutil.which(name) or name


def rust_tool(variable: str) -> str:
    return os.environ.get(variable) or tool(_TOOLS[variable])


def bindgen(checkout: Checkout) -> str:
    return os.environ.get("BINDGEN") or str(_bindgen_root(checkout) / "bin" / "bindgen")


def _bindgen_root(checkout: Checkout) -> Path:
    return checkout.shared / f"bindgen-{BINDGEN_VERSION}"


def ensure_bindgen(checkout: Checkout) -> None:
    if Path(bindgen(checkout)).exists():
        return
    if "BINDGEN" in os.environ:
        raise LabError(f"BINDGEN={bindgen(checkout)} does not exist: name an existing one, or none")
    with checkout.replacing(_bindgen_root(checkout)) as root:
        install = [
            tool("cargo"),
            "install",
            "bindgen-cli",
            "--version",
            BINDGEN_VERSION,
            "--locked",
            "--root",
            root,
        ]
        checkout.run("Building bindgen", install, env={"RUSTC": rust_tool("RUSTC")})


def llvm() -> str:
    """How the kernel's make names the LLVM tools."""
    known = distribution()
    return os.environ.get("LLVM") or (f"-{known.llvm}" if known else "1")


def clang() -> str:
    suffix = llvm() if llvm().startswith("-") else ""
    return f"clang{suffix}"


def make_variables(checkout: Checkout, variant: Variant) -> list[str]:
    variables = {
        "ARCH": variant.arch.kbuild,
        **{variable: rust_tool(variable) for variable in _TOOLS},
        "BINDGEN": bindgen(checkout),
    }
    if variant.toolchain == "clang":
        variables["LLVM"] = llvm()
    elif not variant.arch.native:
        variables["CROSS_COMPILE"] = variant.arch.cross_compile
    return [f"{name}={value}" for name, value in variables.items()]


def inlines_helpers(variant: Variant) -> bool:
    """Whether rustc and clang share an LLVM, so that helpers can be inlined."""
    if variant.toolchain != "clang" or not variant.arch.inlines_helpers:
        return False
    of_rustc = _major(rust_tool("RUSTC"), "-vV", r"LLVM version: (\d+)")
    return of_rustc == _major(clang(), "--version", r"version (\d+)")


def _major(program: str, option: str, pattern: str) -> str:
    _, said = ask(program, option)
    version = re.search(pattern, said)
    if not version:
        raise LabError(f"{program} does not tell its LLVM version: name another one")
    return version[1]
