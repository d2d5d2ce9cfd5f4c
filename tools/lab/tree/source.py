# SPDX-License-Identifier: GPL-2.0
"""The kernel tree that is built: fetched or the user's, patched, linked to this repository."""

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

from host import apt
from host.checkout import ROOT, Checkout, remove
from host.failure import LabError
from host.progress import say
from tree import patches, release

PACKAGE = f"linux-source-{patches.KERNEL}"
SUITE = "trixie-backports"


def obtain(checkout: Checkout) -> None:
    """Fetch the source that all checkouts share, unless there is one."""
    tarball = _tarball(checkout)
    if checkout.settings.kernel_src or tarball.exists():
        return
    with checkout.replacing(tarball) as new:
        try:
            _fetch(checkout, new)
        except LabError as error:
            say(f"Debian has no {PACKAGE} for us, so it comes from kernel.org ({error})")
            release.fetch(new, release.pinned(patches.ALL / patches.KERNEL))


def require(origin: Path) -> None:
    """Refuse what no kernel can be built from, as far as it can be seen from outside."""
    if origin.is_dir():
        patches.made_for(origin)
    elif not _is_tarball(origin):
        what = f"name one of Linux {patches.KERNEL}"
        raise LabError(f"{origin} is neither a kernel tree nor a tarball: {what}")


def _is_tarball(path: Path) -> bool:
    try:
        return path.is_file() and tarfile.is_tarfile(path)
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}") from None


def _tarball(checkout: Checkout) -> Path:
    return checkout.downloads / f"{PACKAGE}.tar.xz"


def ensure(checkout: Checkout) -> None:
    """Make the tree match its origin and the patches; leave unchanged files alone."""
    origin = checkout.settings.kernel_src or _tarball(checkout)
    stamp = checkout.own / "linux.stamp"
    applied = checkout.own / "linux.series"
    identity = _identity(origin)
    same_origin = applied.is_dir() and stamp.exists() and stamp.read_text() == identity
    if same_origin:
        ours = patches.made_for(checkout.source)
        wanted = patches.contents(ours, *checkout.optional)
        if patches.contents(applied, *patches.OPTIONAL) == wanted:
            return
    new = checkout.own / "linux.new"
    remove(new)
    new.mkdir(parents=True)
    if same_origin:
        files = _patched_files(checkout, applied, ours, new)
        select = ["--delete-missing-args", "--files-from", files]
    else:
        _whole_tree(checkout, origin, new)
        ours = patches.made_for(new)
        select = ["--delete"]
    patches.apply(new, ours, *checkout.optional)
    stamp.unlink(missing_ok=True)
    if checkout.source.exists():
        # Only what differs gets a new time and is compiled again.
        update = ["rsync", "-rlp", "--checksum", *select, f"{new}/", checkout.source]
        checkout.run("Updating the kernel source", update)
        checkout.run("Removing the copy", ["rm", "-rf", new])
    else:
        new.rename(checkout.source)
    remove(applied)
    for patch in patches.series(ours, *checkout.optional):
        copy = applied / patch.relative_to(ours)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(patch, copy)
    stamp.write_text(identity)


def ensure_stock(checkout: Checkout) -> None:
    """Make a tree without our patches, for a kernel to compare with."""
    stamp = checkout.own / "linux-stock.stamp"
    identity = (checkout.own / "linux.stamp").read_text()
    if stamp.exists() and stamp.read_text() == identity:
        return
    stamp.unlink(missing_ok=True)
    with checkout.replacing(checkout.stock) as new:
        _copy(checkout, checkout.source, new)
    stamp.write_text(identity)


def _patched_files(checkout: Checkout, applied: Path, ours: Path, new: Path) -> Path:
    """Put the files that old or new patches touch into `new`, unpatched. Return their list."""
    names = patches.files(applied, *patches.OPTIONAL)
    names |= patches.files(ours, *checkout.optional)
    patches.take_out(checkout.source, names, applied, new, *patches.OPTIONAL)
    listed = checkout.own / "linux.files"
    listed.write_text("\n".join(sorted(names)))
    return listed


def _whole_tree(checkout: Checkout, origin: Path, new: Path) -> None:
    if origin.is_dir():
        _copy(checkout, origin, new)
    else:
        unpack = ["tar", "-xf", origin, "-C", new, "--strip-components=1"]
        checkout.run("Unpacking the kernel source", unpack)
    (new / patches.LINK).symlink_to(ROOT)


def _copy(checkout: Checkout, tree: Path, new: Path) -> None:
    exclude = ["--exclude=/.git", f"--exclude=/{patches.LINK}"]
    checkout.run("Copying the kernel source", ["rsync", "-a", *exclude, f"{tree}/", new])
    if (tree / patches.LINK).is_symlink():
        ours = patches.made_for(new)
        patches.revert(new, ours, *patches.present(new, ours))
    if (new / ".config").exists() or (new / "include/config").exists():
        checkout.run("Cleaning the copy", ["make", "-C", new, "mrproper"])


def _identity(origin: Path) -> str:
    digest = hashlib.sha256(str(origin).encode())
    for path in _files(origin):
        status = path.lstat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(origin: Path) -> list[Path]:
    if origin.is_file():
        return [origin]
    files = []
    for directory, subdirectories, names in os.walk(origin):
        subdirectories[:] = [name for name in subdirectories if name != ".git"]
        files += [Path(directory, name) for name in names]
    return sorted(files)


def _fetch(checkout: Checkout, tarball: Path) -> None:
    unpacked = apt.fetch(checkout, "the kernel source", [PACKAGE], releases=[SUITE])
    (unpacked / f"usr/src/{PACKAGE}.tar.xz").rename(tarball)
    remove(unpacked.parent)
