# SPDX-License-Identifier: GPL-2.0
"""The guest's user space: busybox, bash and the selftests in an initramfs."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from build import selftests, userland
from build.userland import Userland
from host.checkout import Checkout
from host.settings import Variant

ROOTFS = Path(__file__).parent / "rootfs"
PROGRAMS = ("busybox", "bash", "chrt")


@cache
def pack(checkout: Checkout, variant: Variant, extra: Path | None = None) -> Path:
    """Pack the guest's user space, once a run. Needs the kernel to be built.

    A directory `extra` becomes /extra, for the job to make use of.
    """
    source = userland.obtain(checkout, variant.arch)
    installed = selftests.build(checkout, source)
    name = "-".join(["initramfs", variant.arch.name, *([extra.name] if extra else [])])
    archive = checkout.own / f"{name}.cpio"
    contents = archive.with_suffix(".list")
    contents.write_text("\n".join(_contents(source, installed, extra)) + "\n")
    with checkout.replacing(archive) as new:
        tool = checkout.build(variant) / "usr/gen_init_cpio"
        checkout.run(f"Packing {archive.name}", [tool, "-o", new, contents])
    return archive


def _contents(source: Userland, installed: Path, extra: Path | None) -> Iterator[str]:
    """The archive in gen_init_cpio's notation."""
    yield "nod /dev/console 0600 0 0 c 5 1"
    yield "slink /init /bin/busybox 0755 0 0"
    yield "slink /bin/sh busybox 0755 0 0"
    files = {
        **{f"/bin/{name}": source.program(name) for name in PROGRAMS},
        "/etc/inittab": ROOTFS / "inittab",
        **_under("/lab", ROOTFS),
        **_under("/kselftest", installed),
    }
    files.update(source.libraries(files.values()))
    if extra:
        files.update(_under("/extra", extra))
    directories = {"/dev", "/proc", "/root", "/sys", "/tmp"}
    directories.update(str(parent) for name in files for parent in Path(name).parents)
    for directory in sorted(directories - {"/"}):
        yield f"dir {directory} 0755 0 0"
    for name, path in files.items():
        yield f"file {name} {path.resolve()} {path.stat().st_mode & 0o777:o} 0 0"


def _under(prefix: str, directory: Path) -> dict[str, Path]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {f"{prefix}/{path.relative_to(directory)}": path for path in files}
