# SPDX-License-Identifier: GPL-2.0
"""The kernel source comes from kernel.org where Debian has none: a local server stands in."""

import contextlib
import io
import os
import tarfile
import tempfile
import threading
import unittest
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from host import settings
from host.checkout import Checkout
from host.failure import LabError
from tree import patches, release, source
from tree.release import Release

_FILES = {
    "Makefile": "VERSION = 7\n",
    "kernel/exit.c": "void do_exit(void);\n",
    "COPYING": "".join(release._digest(bytes([number])) for number in range(100)),
}
"""The last one cannot be made much smaller."""
_RELEASE = Release(
    "7.3.4",
    {name: release._digest(_FILES[name].encode()) for name in ("Makefile", "kernel/exit.c")},
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Server(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.here = Path(directory.name)
        self.published = self.here / "published/v7.x/linux-7.3.4.tar.xz"
        self.published.parent.mkdir(parents=True)
        self.tarball = self.here / "fetched.tar.xz"
        handler = partial(_Quiet, directory=str(self.here / "published"))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.shutdown)
        origin = f"http://127.0.0.1:{server.server_port}"
        patched = mock.patch.object(release, "ORIGIN", origin)
        patched.start()
        self.addCleanup(patched.stop)
        self.said = io.StringIO()

    def publish(self, files: dict[str, str]) -> None:
        with tarfile.open(self.published, "w:xz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(f"linux-7.3.4/{name}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))

    def refusal(self) -> str:
        with self.assertRaises(LabError) as refused, contextlib.redirect_stdout(self.said):
            release.fetch(self.tarball, _RELEASE)
        (line,) = str(refused.exception).splitlines()
        self.assertIn("pass KERNEL_SRC=", line)
        return line


class Fetched(_Server):
    def fetch(self) -> None:
        with contextlib.redirect_stdout(self.said):
            release.fetch(self.tarball, _RELEASE)

    def test_release(self) -> None:
        self.publish(_FILES)
        self.fetch()
        self.assertEqual(self.tarball.read_bytes(), self.published.read_bytes())

    def test_what_no_patch_touches_may_differ(self) -> None:
        self.publish(_FILES | {"COPYING": "GPL\n"})
        self.fetch()
        self.assertTrue(self.tarball.exists())


class Refused(_Server):
    def test_changed_file(self) -> None:
        self.publish(_FILES | {"kernel/exit.c": "void do_exit(int code);\n"})
        self.assertIn(" is not used, since kernel/exit.c differ", self.refusal())

    def test_missing_file(self) -> None:
        self.publish({"Makefile": _FILES["Makefile"]})
        self.assertIn("kernel/exit.c", self.refusal())

    def test_second_of_two_counts(self) -> None:
        """As tar(1) will unpack it."""
        self.publish(_FILES)
        with tarfile.open(self.here / "plain.tar", "w") as archive:
            for text in (_FILES["kernel/exit.c"], "void evil(void);\n"):
                member = tarfile.TarInfo("linux-7.3.4/kernel/exit.c")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        self.published.write_bytes((self.here / "plain.tar").read_bytes())
        self.assertIn("Makefile, kernel/exit.c differ", self.refusal())

    def test_no_such_release(self) -> None:
        self.assertRegex(self.refusal(), r"7\.3\.4\.tar\.xz cannot be fetched \(.*404.*\)")

    def test_no_server(self) -> None:
        with mock.patch.object(release, "ORIGIN", "http://127.0.0.1:1"):
            self.assertIn(" cannot be fetched (", self.refusal())

    def test_truncated(self) -> None:
        self.publish(_FILES)
        self.published.write_bytes(self.published.read_bytes()[:1000])
        self.assertIn(" cannot be fetched (", self.refusal())

    def test_other_than_a_tarball(self) -> None:
        self.published.write_text("<html>Please log in</html>\n")
        self.assertIn(" cannot be fetched (", self.refusal())


class Obtained(_Server):
    """What becomes of it in the cache."""

    def setUp(self) -> None:
        super().setUp()
        environment = {"CACHE": str(self.here / "cache"), "ARCH": "x86_64"}
        self.environment = mock.patch.dict(os.environ, environment)
        self.environment.start()
        self.addCleanup(self.environment.stop)
        os.environ.pop("KERNEL_SRC", None)
        pinned = mock.patch.object(release, "pinned", lambda _: _RELEASE)
        pinned.start()
        self.addCleanup(pinned.stop)
        self.cached = self.here / "cache/downloads" / f"{source.PACKAGE}.tar.xz"

    def obtain(self, *, debian: bool) -> None:
        def fetch(_: Checkout, tarball: Path) -> None:
            if not debian:
                raise LabError(f"E: Unable to locate package {source.PACKAGE}")
            tarball.write_text("from Debian")

        with mock.patch.object(source, "_fetch", fetch), contextlib.redirect_stdout(self.said):
            source.obtain(Checkout(settings.from_environment()))

    def test_debian_comes_first(self) -> None:
        self.obtain(debian=True)
        self.assertEqual(self.cached.read_text(), "from Debian")
        self.assertEqual(self.said.getvalue(), "")

    def test_debian_has_moved_on(self) -> None:
        self.publish(_FILES)
        self.obtain(debian=False)
        self.assertEqual(self.cached.read_bytes(), self.published.read_bytes())
        first, *_ = self.said.getvalue().splitlines()
        self.assertEqual(
            first,
            "Debian has no linux-source-7.3 for us, so it comes from kernel.org "
            "(E: Unable to locate package linux-source-7.3)",
        )

    def test_nothing_is_kept_of_what_is_refused(self) -> None:
        self.publish({})
        with self.assertRaises(LabError):
            self.obtain(debian=False)
        self.assertFalse(self.cached.exists())

    def test_a_tree_of_the_user_is_enough(self) -> None:
        with mock.patch.dict(os.environ, {"KERNEL_SRC": str(self.here)}):
            self.obtain(debian=False)
        self.assertFalse(self.cached.exists())


class Pins(unittest.TestCase):
    """Those that are committed are those of the tree that `make test` builds."""

    tree: Path

    @classmethod
    def setUpClass(cls) -> None:
        if "KSRC" not in os.environ:
            raise unittest.SkipTest("KSRC=<kernel tree> is not set")
        cls.tree = Path(os.environ["KSRC"])

    def test_pins(self) -> None:
        directory = patches.made_for(self.tree)
        pinned = release.pinned(directory)
        found = release.of_tree(self.tree, directory)
        self.assertEqual(pinned.digests.keys(), found.digests.keys(), "make pin is due")
        # The user's tree may be another point release.
        if pinned.version == found.version:
            self.assertEqual(pinned, found)

    def test_as_written(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / release.PINS).write_text(str(_RELEASE))
            self.assertEqual(release.pinned(Path(directory)), _RELEASE)
