# SPDX-License-Identifier: GPL-2.0
"""Starting programs, in an environment that make's variables do not leak into."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from host.failure import LabError

# What a make above us tells its children is not meant for the kernel's make.
_NOT_INHERITED = frozenset(
    {
        *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"),
        *("ARCH", "CROSS_COMPILE", "CACHE", "KERNEL_SRC", "V"),
    }
)
NOTHING: Mapping[str, str] = MappingProxyType({})


def start(
    argv: Iterable[object],
    output: int | IO[Any],
    *,
    env: Mapping[str, str] = NOTHING,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that keeps our locks for as long as it runs."""
    words = [str(word) for word in argv]
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            close_fds=False,
            env={**inherited, "LC_ALL": "C", **env},
            cwd=cwd,
        )
    except FileNotFoundError:
        raise LabError(f"{words[0]} is not installed: install it") from None
    except PermissionError:
        raise LabError(f"{words[0]} is no program: name another one") from None


def ask(
    *argv: object, env: Mapping[str, str] = NOTHING, cwd: Path | None = None
) -> tuple[bool, str]:
    """Run a short command. Return whether it succeeded and what it said."""
    with start(argv, subprocess.PIPE, env=env, cwd=cwd) as process:
        said, _ = process.communicate()
    return process.returncode == 0, said.decode(errors="replace").strip()
