# SPDX-License-Identifier: GPL-2.0
"""QEMU for each architecture: the installed one, or else one unpacked in the cache."""

import shutil
from pathlib import Path

from host.arch import Arch
from host.checkout import Checkout

PACKAGES = {
    "x86_64": {"qemu-system-x86": "runs x86_64 guests"},
    "arm64": {"qemu-system-arm": "runs arm64 guests"},
    "riscv64": {
        "qemu-system-misc": "runs riscv64 guests",
        "opensbi": "is the firmware of riscv64 guests",
    },
}


def unpacked(checkout: Checkout, arch: Arch) -> Path:
    """Where the packages are that cannot be installed beside others."""
    return checkout.downloads / f"qemu-{arch.name}"


def command(checkout: Checkout, arch: Arch) -> list[object]:
    """How the emulator of `arch` is started."""
    root = unpacked(checkout, arch)
    if shutil.which(arch.qemu) or not root.exists():
        return [arch.qemu]
    libraries = {path.parent for path in root.glob("**/lib/**/*.so.*")}
    found = ":".join(map(str, sorted(libraries)))
    program = ["env", f"LD_LIBRARY_PATH={found}", root / "usr/bin" / arch.qemu]
    # Firmware that was installed already has not been unpacked.
    firmware = [f"{top}/usr/share/{name}" for top in (root, "") for name in ("qemu", "seabios")]
    return [*program, *(word for directory in firmware for word in ("-L", directory))]
