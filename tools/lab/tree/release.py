# SPDX-License-Identifier: GPL-2.0
"""The release on kernel.org that the patches were made for, known by the files that they touch."""

import hashlib
import lzma
import re
import tarfile
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from host.failure import LabError
from host.progress import Progress
from tree import patches

ORIGIN = "https://cdn.kernel.org/pub/linux/kernel"
PINS = "SHA256SUMS"
"""Beside the patches: a release and the digests of its files, as sha256sum(1) checks them."""

_HEADER = "# SPDX-License-Identifier: GPL-2.0\n# Linux {}, where the patches touch it\n"
_VERSION = re.compile(r"^# Linux (\d[\d.]*\d),", re.MULTILINE)
_PIN = re.compile(r"^([0-9a-f]{64})  (.+)$", re.MULTILINE)
_PATIENCE = 60
"""Seconds without a byte from the server."""
_PIECE = 1 << 20
_BROKEN = (OSError, HTTPException, tarfile.TarError, lzma.LZMAError, EOFError)
"""No server, no such file there, or something else than a whole tarball."""


@dataclass(frozen=True)
class Release:
    version: str
    digests: Mapping[str, str]
    """Of files that the patches touch, as they are without patches."""

    def __str__(self) -> str:
        pins = (f"{digest}  {name}\n" for name, digest in sorted(self.digests.items()))
        return _HEADER.format(self.version) + "".join(pins)


def pinned(directory: Path) -> Release:
    """The release that the patches in a directory were made for."""
    text = (directory / PINS).read_text()
    version = _VERSION.search(text)
    if not version:
        raise LabError(f"{directory / PINS} names no release: make pin writes it anew")
    return Release(version[1], {name: digest for digest, name in _PIN.findall(text)})


def of_tree(tree: Path, directory: Path) -> Release:
    """What is to be pinned of a tree that has the patches in a directory applied."""
    with tempfile.TemporaryDirectory() as name:
        unpatched = Path(name)
        touched = patches.files(directory, *patches.OPTIONAL)
        patches.take_out(tree, touched, directory, unpatched)
        known = (file for file in touched if (unpatched / file).exists())
        digests = {file: _digest((unpatched / file).read_bytes()) for file in known}
    return Release(".".join(patches.version(tree)), digests)


def fetch(tarball: Path, release: Release) -> None:
    """Download a release, unless it is not what was pinned."""
    major = release.version.partition(".")[0]
    url = f"{ORIGIN}/v{major}.x/linux-{release.version}.tar.xz"
    advice = f"pass KERNEL_SRC=<Linux {patches.KERNEL} tree or tarball>"
    try:
        _download(url, tarball)
        foreign = _foreign(tarball, release)
    except _BROKEN as error:
        reason, *_ = str(error).splitlines() or [type(error).__name__]
        trouble = f"{url} cannot be fetched ({reason})"
        raise LabError(f"{trouble}: check the network, or {advice}") from None
    if foreign:
        different = f"{', '.join(foreign)} differ from what the patches were made for"
        raise LabError(f"{url} is not used, since {different}: {advice}")


def _download(url: str, path: Path) -> None:
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer, path.open("wb") as file:
        progress = Progress(f"Fetching {url}", lambda: f"{file.tell() // 1_000_000} MB")
        while piece := answer.read(_PIECE):
            file.write(piece)
            progress.tick()
        progress.done()


def _foreign(tarball: Path, release: Release) -> list[str]:
    """The pinned files that are missing or others in a tarball."""
    found: dict[str, str] = {}
    with tarfile.open(tarball) as archive:
        for member in archive:
            _, _, name = member.name.partition("/")
            content = archive.extractfile(member) if name in release.digests else None
            if content:
                found[name] = _digest(content.read())
    return sorted(name for name, digest in release.digests.items() if found.get(name) != digest)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
