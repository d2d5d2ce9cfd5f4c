# SPDX-License-Identifier: GPL-2.0
"""What a build printed: warnings, findings of clippy, the reason why it failed."""

import re

_ERROR = re.compile(
    r"\berror(\[\w+\])?:|^(E|Err):|^WARNING: Value requested|No space left on device",
    re.IGNORECASE,
)


_NOT_OF_COMPILERS = "Unable to reopen jobserver"
"""A script of the kernel says so where make hands its jobs to other makes only."""


def warnings(log: str) -> list[str]:
    found = (line for line in log.splitlines() if "warning" in line.lower())
    return [line for line in found if _NOT_OF_COMPILERS not in line]


def clippy_findings(log: str, directory: str) -> list[str]:
    """Warnings and errors in the files of `directory`, with the place of each."""
    finding = rf"^((?:warning|error).*)\n +--> .*({re.escape(directory)}/.*)$"
    found = re.findall(finding, log, re.MULTILINE)
    return [f"{place}: {message}" for message, place in found]


def reason(log: str) -> str:
    """Why a command failed: the build system's verdict, an error, or its last words."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    verdict = " ".join(
        word for line in lines if line.startswith("***") for word in line[3:].split()
    )
    errors = [line for line in lines if _ERROR.search(line)]
    return verdict or (errors or lines[-1:] or ["it said nothing"])[0]
