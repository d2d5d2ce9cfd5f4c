# SPDX-License-Identifier: GPL-2.0
"""A package comes from where this machine gets that release, or else its own."""

import unittest
from unittest.mock import patch

from host import apt
from host.failure import LabError

_TARGETS = """\
https://mirror/security bookworm-security bookworm-security
https://mirror/debian oldstable bookworm
https://mirror/debian oldstable-updates bookworm-updates
"""


class Mirrors(unittest.TestCase):
    def setUp(self) -> None:
        self.enterContext(patch.object(apt, "codename", return_value="bookworm"))
        self.ask = self.enterContext(patch.object(apt, "ask", return_value=(True, _TARGETS)))

    def test_release_of_the_machine(self) -> None:
        self.assertEqual(apt._mirror("bookworm"), "https://mirror/debian")
        self.assertEqual(apt._mirror("oldstable"), "https://mirror/debian")
        self.assertEqual(apt._mirror("bookworm-security"), "https://mirror/security")

    def test_other_release(self) -> None:
        self.assertEqual(apt._mirror("sid"), "https://mirror/debian")

    def test_unknown_machine(self) -> None:
        self.ask.return_value = (True, "")
        with self.assertRaisesRegex(LabError, "no Debian mirror"):
            apt._mirror("sid")

    def test_parts_of_the_release(self) -> None:
        parts = ["bookworm", "bookworm-updates", "bookworm-security"]
        self.assertEqual(apt.parts_of_release(), parts)

    def test_no_security_updates(self) -> None:
        self.ask.return_value = (True, "https://mirror/debian stable bookworm\n")
        self.assertEqual(apt.parts_of_release(), ["bookworm"])
