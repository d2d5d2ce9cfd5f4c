# SPDX-License-Identifier: GPL-2.0
"""Kernel configurations: what was asked for, and what Kconfig made of it."""

import re

_SET = re.compile(r"^(CONFIG_\w+)=(.+)$", re.MULTILINE)
_MODULE = re.compile(r"^(CONFIG_\w+)=m$", re.MULTILINE)


def lost(wanted: str, resolved: str) -> list[str]:
    """The options that do not have the values that a fragment asks for."""
    values = dict(_SET.findall(resolved))
    return [
        f"{option}={value}"
        for option, value in dict(_SET.findall(wanted)).items()
        if values.get(option, "n") != value
    ]


def without_modules(config: str) -> str:
    """A configuration that has only what is built into its kernel."""
    return _MODULE.sub(r"# \1 is not set", config)
