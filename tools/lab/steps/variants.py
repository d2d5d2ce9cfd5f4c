# SPDX-License-Identifier: GPL-2.0
"""The kernels that are tested."""

from host.arch import Arch
from host.settings import Variant


def tested(arch: Arch) -> list[Variant]:
    """Ours, the reference, ours by gcc, without inlined helpers."""
    clang, *others = arch.toolchains
    kinds = [(clang, "rust"), (clang, "c"), *((other, "rust") for other in others)]
    return [Variant(arch, *kind) for kind in kinds]
