# SPDX-License-Identifier: GPL-2.0
"""Programs that check Python, of the versions that this lab was checked with."""

import hashlib
import sys
from pathlib import Path

from host.checkout import ROOT, Checkout
from host.failure import LabError

CONFIG = ROOT / "tools/lab/pyproject.toml"
_REQUIREMENTS = ROOT / "tools/lab/requirements.txt"


def obtain(checkout: Checkout) -> list[object]:
    """The command that runs a linter, given its name; the linters are fetched once."""
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    root = checkout.shared / f"linters-{digest}"
    with checkout.locked(checkout.shared, "the shared tools"):
        if not root.exists():
            _fetch(checkout, root)
    return [root / "bin/python", "-B", "-m"]


def _fetch(checkout: Checkout, root: Path) -> None:
    try:
        with checkout.replacing(root) as new:
            checkout.run("Making room for linters", [sys.executable, "-m", "venv", new])
            pip = [new / "bin/python", "-m", "pip", "install", "--no-deps"]
            pinned = ["--require-hashes", "--only-binary=:all:", "-r", _REQUIREMENTS]
            checkout.run("Fetching linters", [*pip, *pinned])
    except LabError as error:
        raise LabError(f"{error}; check the network and pip's configuration") from None
