# SPDX-License-Identifier: GPL-2.0
"""The instructions of one function are counted, up to its first return."""

import unittest

from report import instructions

_DISASSEMBLY = """\
00000000000015a0 <other>:
    15a0:\tret

00000000000015b0 <section>:
    15b0:\tsub    $0x8,%rsp
    15b4:\tincl   %fs:0xffffffffffffff00
    15bc:\tret
    15bd:\tcall   1050 <other>
    15c2:\tret

00000000000015d0 <endless>:
    15d0:\tjmp    15d0 <endless>

00000000000015e0 <next>:
    15e0:\tret
"""


class Straight(unittest.TestCase):
    def test_first_return(self) -> None:
        self.assertEqual(instructions.straight(_DISASSEMBLY, "section"), 3)

    def test_no_return(self) -> None:
        with self.assertRaisesRegex(ValueError, "endless does not return"):
            instructions.straight(_DISASSEMBLY, "endless")

    def test_not_there(self) -> None:
        with self.assertRaisesRegex(ValueError, "gone is not there"):
            instructions.straight(_DISASSEMBLY, "gone")
