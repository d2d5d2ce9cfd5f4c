# SPDX-License-Identifier: GPL-2.0
"""Debian's packages, unpacked but not installed: the system and its apt stay as they are."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from host.checkout import Checkout, remove
from host.commands import ask
from host.distribution import codename
from host.failure import LabError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Of several releases the newest package counts, even where one is experimental.
_PREFERENCES = "Package: *\nPin: release *\nPin-Priority: 500\n"


def obtain(
    checkout: Checkout,
    target: Path,
    what: str,
    names: Iterable[str],
    keep: Callable[[Path, Path], object],
    *,
    releases: Iterable[str],
    architecture: str,
) -> Path:
    """Fetch what all checkouts share, unless it is there: `keep` moves it to its new place."""
    with checkout.locked(checkout.shared, "the shared downloads"):
        if target.exists():
            return target
        try:
            unpacked = fetch(checkout, what, names, releases=releases, architecture=architecture)
        except LabError as error:
            raise LabError(f"{error}; check the network") from None
        with checkout.replacing(target) as new:
            keep(unpacked, new)
        remove(unpacked.parent)
    return target


def fetch(
    checkout: Checkout,
    what: str,
    names: Iterable[str],
    *,
    releases: Iterable[str],
    architecture: str = "all",
) -> Path:
    """Unpack the newest packages of `releases` into one directory. The caller removes it."""
    state = checkout.downloads / "apt"
    remove(state)
    for directory in ("lists/partial", "cache/archives/partial"):
        (state / directory).mkdir(parents=True)
    (state / "status").touch()
    (state / "preferences").write_text(_PREFERENCES)
    sources = "".join(
        f"deb [signed-by={KEYRING}] {_mirror(release)} {release} main\n" for release in releases
    )
    (state / "sources.list").write_text(sources)
    options = _options(state)
    if architecture != "all":
        options |= {"APT::Architecture": architecture, "APT::Architectures": architecture}
    apt = ["apt-get", *(f"-o{name}={value}" for name, value in options.items())]
    checkout.run(f"Looking for {what}", [*apt, "update"])
    unpack(checkout, what, names, state, apt)
    return state / "unpacked"


def unpack(
    checkout: Checkout,
    what: str,
    names: Iterable[str],
    directory: Path,
    apt: Sequence[object] = ("apt-get",),
) -> None:
    """Fetch packages to `directory` and unpack them below it."""
    (directory / "unpacked").mkdir(parents=True, exist_ok=True)
    download = [*apt, "download", *names]
    checkout.run(f"Fetching {what}", download, cwd=directory, far=lambda _: _size(directory))
    each = 'for archive; do dpkg-deb -x "$archive" unpacked; done'
    argv = ["sh", "-ec", each, "unpack", *directory.glob("*.deb")]
    checkout.run(f"Unpacking {what}", argv, cwd=directory)


def _options(state: Path) -> dict[str, object]:
    return {
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": state / "preferences",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",
    }


def parts_of_release() -> list[str]:
    """The names under which this machine gets its release and the updates of it."""
    release = codename()
    names = (release, f"{release}-updates", f"{release}-security")
    return [name for name in names if name in _mirrors()]


def _mirror(release: str) -> str:
    """The address that this machine gets `release` from, or else its own release."""
    known = _mirrors()
    mirror = known.get(release) or known.get(codename())
    if not mirror:
        raise LabError("apt knows no Debian mirror for this release")
    return mirror


def _mirrors() -> dict[str, str]:
    """The addresses of what this machine gets packages from."""
    _, targets = ask("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(CODENAME)")
    return {name: uri for uri, *names in map(str.split, targets.splitlines()) for name in names}


def _size(state: Path) -> str:
    return f"{sum(path.stat().st_size for path in state.glob('*.deb*')) // 1_000_000} MB"
