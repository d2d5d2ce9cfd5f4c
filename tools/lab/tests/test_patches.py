# SPDX-License-Identifier: GPL-2.0
"""A tree gets the patches that were made for its version, and no others."""

import tempfile
import unittest
from pathlib import Path

from host.failure import LabError
from tree import patches

_MAKEFILE = "# SPDX-License-Identifier: GPL-2.0\nVERSION = 7\nPATCHLEVEL = {}\nSUBLEVEL = 2\n"


class Versions(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tree = Path(directory.name) / "linux"
        self.tree.mkdir()
        self.patches = Path(directory.name) / "patches"
        for version in ("7.3", "7.4"):
            (self.patches / version).mkdir(parents=True)

    def write(self, patchlevel: int) -> None:
        (self.tree / "Makefile").write_text(_MAKEFILE.format(patchlevel))

    def refusal(self) -> str:
        with self.assertRaises(LabError) as refused:
            patches.made_for(self.tree, self.patches)
        (line,) = str(refused.exception).splitlines()
        return line

    def test_directory_of_the_version(self) -> None:
        for patchlevel in (3, 4):
            self.write(patchlevel)
            found = patches.made_for(self.tree, self.patches)
            self.assertEqual(found, self.patches / f"7.{patchlevel}")

    def test_version_without_patches(self) -> None:
        self.write(5)
        self.assertEqual(
            self.refusal(), f"{self.tree} is Linux 7.5: name a tree of Linux 7.3 or 7.4"
        )

    def test_no_kernel(self) -> None:
        refusal = f"{self.tree} is no kernel tree: name a tree of Linux 7.3 or 7.4"
        self.assertEqual(self.refusal(), refusal)
        (self.tree / "Makefile").write_text("all:\n")
        self.assertEqual(self.refusal(), refusal)

    def test_version_that_is_fetched_has_patches(self) -> None:
        self.assertTrue(patches.series(patches.ALL / patches.KERNEL))
