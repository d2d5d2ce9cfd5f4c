# SPDX-License-Identifier: GPL-2.0
"""What can be told from a build: it succeeds, it is quiet, the right objects define the symbols."""

from functools import partial
from pathlib import Path

from build import kernel
from host.checkout import Checkout
from host.commands import ask
from host.settings import Variant
from report import compiler, seam
from report.tally import Tally, check
from steps import variants
from steps.runner import Steps
from tree import patches

ENTRY_POINTS = (
    "sys_rseq",
    "sys_rseq_slice_yield",
    "rseq_exit_user_update",
    "__rseq_handle_slowpath",
    "__rseq_signal_deliver",
    "__rseq_debug_syscall_return",
    "rseq_slice_extension_prctl",
    "rseq_slice_grant",
    "rseq_syscall_enter_work",
    "__rseq_arm_slice_extension_timer",
)


def steps(checkout: Checkout) -> Steps:
    tested = (variant for arch in checkout.settings.arches for variant in variants.tested(arch))
    return {f"build, {variant}": partial(_check, checkout, variant) for variant in tested}


def _check(checkout: Checkout, variant: Variant) -> Tally:
    result = build(checkout, variant)
    return result + _symbols(checkout, variant) if variant.implementation == "rust" else result


def build(checkout: Checkout, variant: Variant) -> Tally:
    """Build a kernel; every warning is a problem."""
    # They show only when something is compiled.
    kernel.forget_ours(checkout.build(variant))
    log = kernel.build(checkout, variant)
    return check(*compiler.warnings(log.read_text()))


def _symbols(checkout: Checkout, variant: Variant) -> Tally:
    """The entry points are ours, kernel/rseq.c has left the build, and user access is short."""
    build = checkout.build(variant)
    objects = (build / patches.LINK / "rust").glob("*.o")
    ours = [name for path in objects for name in _defined(path)]
    missing = [f"no Rust object defines {name}" for name in ENTRY_POINTS if not _has(ours, name)]
    # The object itself may be there, where the directory was copied from a build of the C.
    _, members = ask("ar", "t", build / "kernel/built-in.a")
    stock = [f"{name} is linked" for name in members.split() if Path(name).name == "rseq.o"]
    return check(*missing, *stock) + check(*seam.outlined(ours), *_unvalidated(build))


def _unvalidated(build: Path) -> list[str]:
    """Where objtool can look for calls with user access open, it has; it warns of each."""
    if "CONFIG_HAVE_UACCESS_VALIDATION=y" not in (build / ".config").read_text().splitlines():
        return []
    validated = "--uaccess" in (build / ".vmlinux.o.cmd").read_text()
    return [] if validated else ["objtool did not look for calls with user access open"]


def _has(names: list[str], entry_point: str) -> bool:
    """System calls get a prefix from the architecture."""
    suffix = f"_{entry_point}" if entry_point.startswith("sys_") else entry_point
    return any(name == entry_point or name.endswith(suffix) for name in names)


def _defined(path: Path) -> list[str]:
    _, names = ask("nm", "--defined-only", "--format=just-symbols", path)
    return names.split()
