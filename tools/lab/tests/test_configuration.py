# SPDX-License-Identifier: GPL-2.0
"""What Kconfig makes of a configuration is compared with what it was asked for."""

import unittest

from report import configuration

_RESOLVED = """#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_MODULES=y
CONFIG_MODULE_SIG_HASH="sha256"
CONFIG_KVM=m
# CONFIG_CFI is not set
"""


class Lost(unittest.TestCase):
    def lost(self, *wanted: str) -> list[str]:
        return configuration.lost("\n".join(("# Wanted", *wanted)), _RESOLVED)

    def test_nothing(self) -> None:
        self.assertEqual(self.lost("CONFIG_MODULES=y", 'CONFIG_MODULE_SIG_HASH="sha256"'), [])

    def test_switched_off(self) -> None:
        self.assertEqual(self.lost("CONFIG_CFI=y", "CONFIG_MODULES=y"), ["CONFIG_CFI=y"])

    def test_not_offered(self) -> None:
        self.assertEqual(self.lost("CONFIG_RSEQ_RUST=y"), ["CONFIG_RSEQ_RUST=y"])

    def test_other_value(self) -> None:
        self.assertEqual(self.lost("CONFIG_KVM=y"), ["CONFIG_KVM=y"])

    def test_unwanted(self) -> None:
        self.assertEqual(self.lost("CONFIG_CFI=n", "CONFIG_RSEQ_RUST=n"), [])
        self.assertEqual(
            self.lost("CONFIG_MODULES=n", "CONFIG_KVM=n"),
            [
                "CONFIG_MODULES=n",
                "CONFIG_KVM=n",
            ],
        )

    def test_the_last_word_counts(self) -> None:
        self.assertEqual(self.lost("CONFIG_MODULES=n", "CONFIG_MODULES=y"), [])


class WithoutModules(unittest.TestCase):
    def test_modules_are_left_out(self) -> None:
        builtin = configuration.without_modules(_RESOLVED)
        self.assertEqual(builtin, _RESOLVED.replace("CONFIG_KVM=m", "# CONFIG_KVM is not set"))
