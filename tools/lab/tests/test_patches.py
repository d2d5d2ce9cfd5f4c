# SPDX-License-Identifier: GPL-2.0
"""A tree gets the patches for its version, in their order, the optional series when asked for."""

import difflib
import tempfile
import unittest
from itertools import pairwise
from pathlib import Path
from unittest import mock

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


_FILE = "file.c"
_TEXTS = ("one\ntwo\n", "ONE\ntwo\n", "ONE\nTWO\n", "ONE\nTWICE\n")
"""What the file has in it at first, and after each series."""
_SERIES = ("first", "second", "optional")


class Series(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tree = Path(directory.name, "tree")
        self.tree.mkdir()
        self.file = self.tree / _FILE
        self.file.write_text(_TEXTS[0])
        self.ours = Path(directory.name, "patches")
        for name, (before, after) in zip(_SERIES, pairwise(_TEXTS), strict=True):
            (self.ours / name).mkdir(parents=True)
            old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
            diff = difflib.unified_diff(old, new, f"a/{_FILE}", f"b/{_FILE}")
            (self.ours / name / f"0001-{name}.patch").write_text("".join(diff))
        (self.ours / "first/0000-cover-letter.patch").write_text("This changes nothing.\n")
        patcher = mock.patch.multiple(patches, SERIES=_SERIES[:2], OPTIONAL=_SERIES[2:])
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_cover_letters_are_no_patches(self) -> None:
        names = [path.name for path in patches.series(self.ours, "optional")]
        self.assertEqual(names, [f"0001-{name}.patch" for name in _SERIES])

    def test_optional_series_stay_out(self) -> None:
        patches.apply(self.tree, self.ours)
        self.assertEqual(self.file.read_text(), _TEXTS[2])
        self.assertEqual(patches.present(self.tree, self.ours), [])

    def test_optional_series_are_found_and_taken_out(self) -> None:
        patches.apply(self.tree, self.ours, "optional")
        self.assertEqual(self.file.read_text(), _TEXTS[3])
        self.assertEqual(patches.present(self.tree, self.ours), ["optional"])
        patches.revert(self.tree, self.ours, "optional")
        self.assertEqual(self.file.read_text(), _TEXTS[0])

    def test_failure_leaves_nothing_behind(self) -> None:
        text = _TEXTS[0].replace("two", "2")
        self.file.write_text(text)
        with self.assertRaises(LabError):
            patches.apply(self.tree, self.ours)
        self.assertEqual(self.file.read_text(), text)
