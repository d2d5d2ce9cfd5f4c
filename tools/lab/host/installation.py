# SPDX-License-Identifier: GPL-2.0
"""The installation of packages, at the cost of no installed one."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from host import apt
from host.arch import ARCHES, Arch
from host.checkout import Checkout, remove
from host.commands import ask
from host.emulators import unpacked
from host.failure import LabError
from host.progress import say

_APT_GET = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-oDpkg::Use-Pty=0")
INSTALL = ("install", "--no-install-recommends", "--no-remove")
_SIMULATE = ("apt-get", "-s", "install", "--no-install-recommends")
_INSTALLED = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", re.MULTILINE)
_REMOVED = re.compile(r"^Remv (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What apt-get would do, by its own simulation."""

    installed: tuple[tuple[str, str], ...]
    """Names and versions, those included that others depend on."""
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    install: list[str]
    unpack: dict[str, list[str]] = field(default_factory=dict)
    """For each group of packages that cannot be installed, all that it consists of."""


def outcome(simulation: str) -> Outcome:
    return Outcome(tuple(_INSTALLED.findall(simulation)), tuple(_REMOVED.findall(simulation)))


def install(
    checkout: Checkout, required: Iterable[str], groups: Mapping[str, Iterable[str]]
) -> None:
    """Install packages. `groups` of them are emulators, which may go to the cache instead."""
    root = [] if os.geteuid() == 0 else ["sudo"]
    if root and not shutil.which("sudo"):
        names = [*required, *(name for group in groups.values() for name in group)]
        raise LabError(f"there is no sudo: as root, apt-get install {' '.join(names)}")
    apt_get = [*root, *_APT_GET]
    checkout.run("Updating package lists", [*apt_get, "update"])
    chosen = plan(required, groups, lambda names: ask(*_SIMULATE, *names)[1])
    if chosen.install:
        command = [*apt_get, *INSTALL, *chosen.install]
        try:
            checkout.run("Installing packages", command)
        except LabError:
            # dpkg's temporary files have been seen to vanish under it, once.
            checkout.run("Installing packages again", command)
    for arch, names in chosen.unpack.items():
        say(f"QEMU of {arch} collides with installed packages: it goes to the cache.")
        _unpack(checkout, ARCHES[arch], names)


def _unpack(checkout: Checkout, arch: Arch, names: list[str]) -> None:
    with checkout.replacing(unpacked(checkout, arch)) as new:
        directory = checkout.downloads / "emulator"
        remove(directory)
        apt.unpack(checkout, f"QEMU of {arch.name}", names, directory)
        (directory / "unpacked").rename(new)
        remove(directory)


def plan(
    required: Iterable[str],
    groups: Mapping[str, Iterable[str]],
    simulate: Callable[[list[str]], str],
) -> Plan:
    """Install everything, unless that removes something.

    Then `groups` of packages that run unpacked are unpacked, if they are what collides. If
    something else does, it is for the user to decide.
    """
    install = [*required]
    unpack: dict[str, list[str]] = {}
    whole = install + [name for names in groups.values() for name in names]
    if not outcome(simulate(whole)).removed:
        return Plan(whole)
    _refuse_removals(install, simulate)
    for group, names in groups.items():
        if outcome(simulate([*install, *names])).removed:
            alone = outcome(simulate([*names]))
            unpack[group] = [f"{name}={version}" for name, version in alone.installed]
        else:
            install += names
    return Plan(install, unpack)


def _refuse_removals(names: list[str], simulate: Callable[[list[str]], str]) -> None:
    removed = outcome(simulate(names)).removed if names else ()
    if removed:
        culprits = [name for name in names if outcome(simulate([name])).removed] or names
        raise LabError(
            f"installing {' '.join(culprits)} would remove {' '.join(removed)}, so nothing is "
            f"installed: if that is all right, run apt-get install {' '.join(culprits)}"
        )
