# SPDX-License-Identifier: GPL-2.0
"""The packages are layers, and modules have names that nobody mixes up."""

import ast
import unittest
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

from tests import LAB

LAYERS = ("report", "host", "tree", "build", "guest", "steps", "tests")
"""Each may import from itself and from those before it."""


class Layers(unittest.TestCase):
    def test_every_module_is_in_a_layer(self) -> None:
        outside = [path for path in LAB.rglob("*.py") if _layer(path) not in (*LAYERS, "lab")]
        self.assertEqual(outside, [])
        self.assertEqual([path.name for path in LAB.glob("*.py")], ["__main__.py"])

    def test_imports_point_one_way(self) -> None:
        for path in _modules():
            allowed = LAYERS[: LAYERS.index(_layer(path)) + 1]
            for imported in _imports(path):
                with self.subTest(module=str(path.relative_to(LAB)), imports=imported):
                    self.assertIn(imported.split(".")[0], allowed)

    def test_no_imports_go_round(self) -> None:
        names = {_name(path): path for path in _modules()}
        graph = {name: names.keys() & set(_imports(path)) for name, path in names.items()}
        self.assertTrue(any(graph.values()))
        TopologicalSorter(graph).prepare()

    def test_verdicts_can_be_tried_alone(self) -> None:
        runs = {"subprocess", "os", "shutil", "socket"}
        for path in LAB.glob("report/*.py"):
            with self.subTest(module=path.name):
                self.assertEqual(runs & {name for name, _ in _all_imports(path)}, set())


class Names(unittest.TestCase):
    def test_no_two_differ_by_a_letter(self) -> None:
        names = {path.stem for path in _modules() if path.stem != "__init__"} | {*LAYERS}
        pairs = [pair for pair in combinations(sorted(names), 2) if _one_letter_apart(*pair)]
        self.assertEqual(pairs, [])

    def test_no_two_are_alike(self) -> None:
        names = [path.stem for path in _modules() if path.stem != "__init__"] + [*LAYERS]
        self.assertEqual(sorted(names), sorted(set(names)))


def _modules() -> list[Path]:
    return sorted(LAB.glob("*/*.py"))


def _layer(path: Path) -> str:
    return path.parent.name


def _name(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def _imports(path: Path) -> list[str]:
    """The modules of the lab that one imports, with their packages."""
    return [
        f"{package}.{name}" if name and (LAB / package / f"{name}.py").exists() else package
        for package, name in _all_imports(path)
        if (LAB / package.split(".")[0]).is_dir()
    ]


def _all_imports(path: Path) -> Iterator[tuple[str, str]]:
    """What a module imports: where from, and the name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return short in (long[:place] + long[place + 1 :] for place in range(len(long)))
