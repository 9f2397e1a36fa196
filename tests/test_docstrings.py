"""Docstrings: every public name has one, and their examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import lateen

ROOT = Path(lateen.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            inner = node.body if isinstance(node, ast.ClassDef) else []
            yield from (n for n in inner if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))


@pytest.mark.parametrize("path", [f for f in FILES if ">>>" in f.read_text("utf-8")], ids=module_name)
def test_examples_run(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    ran = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert ran.failed == 0
    assert ran.attempted > 0 or "+SKIP" in path.read_text("utf-8")


def test_every_module_and_every_public_name_is_documented() -> None:
    bare = []
    for path in FILES:
        tree = ast.parse(path.read_text("utf-8"))
        nodes = [n for n in public(tree) if "forward" not in n.name]
        bare += [f"{module_name(path)}.{n.name}" for n in nodes if not ast.get_docstring(n)]
        bare += [] if ast.get_docstring(tree) else [module_name(path)]
    assert bare == []
