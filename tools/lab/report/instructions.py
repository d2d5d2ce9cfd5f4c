# SPDX-License-Identifier: GPL-2.0
"""How many instructions a function executes, as its disassembly tells."""

import re

_INSTRUCTION = re.compile(r"^ +[0-9a-f]+:\s+([a-z].*)$")


def straight(disassembly: str, function: str) -> int:
    """The instructions up to the first return, where no branch is taken."""
    _, found, body = disassembly.partition(f"<{function}>:\n")
    if not found:
        raise ValueError(f"{function} is not there")
    for number, line in enumerate(_instructions(body), start=1):
        if line.startswith("ret"):
            return number
    raise ValueError(f"{function} does not return")


def _instructions(body: str) -> list[str]:
    block = body.partition("\n\n")[0]
    return [match[1] for line in block.splitlines() if (match := _INSTRUCTION.match(line))]
