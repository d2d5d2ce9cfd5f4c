# SPDX-License-Identifier: GPL-2.0
"""A sample shows that slices prevent preemptions, or it fails."""

import unittest

from report import preemptions


def _shown(before: int, after: int) -> str:
    return (
        "slices are enabled\n"
        f"without slices: preempted in {before} of 60000 sections\n"
        f"with slices:    preempted in {after} of 60000 sections\n"
    )


class Preemptions(unittest.TestCase):
    def test_fewer(self) -> None:
        console = _shown(169, 3) + _shown(10, 2)
        self.assertEqual(preemptions.contradictions(console, 2), [])

    def test_not_fewer(self) -> None:
        for before, after in (10, 3), (10, 10), (0, 0):
            found = preemptions.contradictions(_shown(169, 3) + _shown(before, after), 2)
            expected = f"preempted {before} times without slices, {after} times with"
            self.assertEqual(found, [expected])

    def test_not_shown(self) -> None:
        expected = ["2 programs should tell preemptions without and with slices"]
        for console in "", _shown(169, 3), _shown(169, 3) * 3:
            self.assertEqual(preemptions.contradictions(console, 2), expected)
