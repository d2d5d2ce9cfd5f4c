# SPDX-License-Identifier: GPL-2.0
"""What can be told from a build: it succeeds, it is quiet, the right objects define the symbols."""

from functools import partial
from pathlib import Path

import kernel
import patches
from checkout import Checkout
from commands import ask
from settings import Variant
from tally import Steps, Tally, check

DOORS = (
    "sys_rseq",
    "sys_rseq_slice_yield",
    "rseq_slice_extension_prctl",
    "rseq_slice_grant",
    "rseq_syscall_enter_work",
    "__rseq_arm_slice_extension_timer",
)


def variants(checkout: Checkout) -> list[Variant]:
    """The kernels that are tested: ours, the reference, ours without inlined helpers."""
    arch = checkout.settings.variant.arch
    return [Variant(arch, *kind) for kind in (("clang", "rust"), ("clang", "c"), ("gcc", "rust"))]


def steps(checkout: Checkout) -> Steps:
    return {
        f"build, {variant}": partial(_build, checkout, variant) for variant in variants(checkout)
    }


def _build(checkout: Checkout, variant: Variant) -> Tally:
    # Warnings show only when something is compiled.
    kernel.forget_ours(checkout.build(variant))
    log = kernel.build(checkout, variant)
    result = check(*(line for line in log.read_text().splitlines() if "warning" in line.lower()))
    return result + _symbols(checkout, variant) if variant.implementation == "rust" else result


def _symbols(checkout: Checkout, variant: Variant) -> Tally:
    """The doors are ours, and kernel/rseq.c has kept none of them."""
    build = checkout.build(variant)
    objects = (build / patches.LINK / "rust").glob("*.o")
    ours = [name for path in objects for name in _defined(path)]
    stock = _defined(build / "kernel/rseq.o")
    missing = [f"no Rust object defines {door}" for door in DOORS if not _has(ours, door)]
    double = [f"kernel/rseq.o defines {door}" for door in DOORS if _has(stock, door)]
    return check(*missing, *double)


def _has(names: list[str], door: str) -> bool:
    """System calls get a prefix from the architecture."""
    prefixed = f"_{door}" if door.startswith("sys_") else door
    return any(name == door or name.endswith(prefixed) for name in names)


def _defined(path: Path) -> list[str]:
    _, names = ask("nm", "--defined-only", "--format=just-symbols", path)
    return names.split()
