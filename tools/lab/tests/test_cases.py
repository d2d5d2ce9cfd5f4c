# SPDX-License-Identifier: GPL-2.0
"""A program of the library shows all cases of the table, and no others."""

import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from host.failure import LabError
from report import cases
from steps import libc, library

_TABLE = """\
# A comment

granted\ta slice # or two
nested\tan inner section
"""
_NAMES = ["granted", "nested"]
_SHOWN = "1..2\nok 1 granted\nok 2 nested # SKIP no slices\n"


class Cases(unittest.TestCase):
    def test_table(self) -> None:
        self.assertEqual(cases.listed(_TABLE), _NAMES)
        self.assertIn("granted", cases.listed(library.TABLE.read_text()))

    def test_all_shown(self) -> None:
        self.assertEqual(cases.contradictions(_SHOWN * 2, _NAMES, 2), [])

    def test_failing_case_was_shown(self) -> None:
        failing = _SHOWN.replace("ok 1", "not ok 1")
        self.assertEqual(cases.contradictions(failing, _NAMES, 1), [])

    def test_rejected(self) -> None:
        rejected = {
            "": "1 programs should show 2 cases each, 0 were shown",
            "ok 1 granted\n": "1 programs should show 2 cases each, 1 were shown",
            _SHOWN * 2: "1 programs should show 2 cases each, 4 were shown",
            "ok 1 nested\nok 2 granted\n": "nested was shown in place of granted",
            "ok 1 granted\nok 2 another\n": "another was shown in place of nested",
        }
        for console, problem in rejected.items():
            with self.subTest(console=console):
                self.assertEqual(cases.contradictions(console, _NAMES, 1), [problem])


class CLibraries(unittest.TestCase):
    def test_version(self) -> None:
        with TemporaryDirectory() as directory:
            loader, library = Path(directory, "libc.so"), Path(directory, "libc.so.6")
            loader.write_text("GROUP ( /lib/libc.so.6 )")
            library.write_bytes(b"\0GNU C Library (Debian) stable release version 2.36.\n")
            self.assertEqual(libc.version([loader, library]), "2.36")
            with self.assertRaisesRegex(LabError, "tells no version"):
                libc.version([loader])

    def test_expectation(self) -> None:
        for version in "2.36", "2.4", "2.40":
            self.assertEqual(library.with_libc(version, "ready"), "legacy_registration")
        for version in "2.41", "2.43", "2.100", "3.0":
            for expected in "ready", "not_offered":
                self.assertEqual(library.with_libc(version, expected), expected)
