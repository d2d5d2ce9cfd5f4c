# SPDX-License-Identifier: GPL-2.0
"""A module that is built from nothing but the headers that are packaged with a kernel."""

import shutil
from pathlib import Path

from build import kernel
from host.checkout import ROOT, Checkout, remove
from host.settings import Variant

SOURCE = ROOT / "tools/testing/external_module"


def build(checkout: Checkout, variant: Variant) -> tuple[Path, Path]:
    """Build the module for `variant`, which is built. Return its directory and the log."""
    headers = _package(checkout, variant)
    directory = checkout.own / f"module-{variant}"
    with checkout.replacing(directory) as new:
        shutil.copytree(SOURCE, new)
        argv = kernel.make_external(checkout, variant, headers, new)
        log = checkout.run(f"Building an external module for {variant}", argv)
        for path in [*new.iterdir()]:
            if path.suffix != ".ko":
                remove(path)
    remove(headers)
    return directory, log


def _package(checkout: Checkout, variant: Variant) -> Path:
    """The headers as distributions package them, by the kernel's own script for that."""
    headers = checkout.own / f"packaged-{variant}"
    with checkout.replacing(headers) as new:
        script = f"$(srctree)/scripts/package/install-extmod-build {new}"
        run = ["run-command", f"KBUILD_RUN_COMMAND={script}"]
        argv = kernel.make(checkout, variant, checkout.build(variant), *run)
        checkout.run(f"Packaging the headers of {variant}", argv)
    return headers
