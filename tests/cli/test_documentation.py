"""Every command is documented: help with an example that parses, and a line in the README."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from lateen.cli.main import app

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def commands() -> dict[str, Any]:
    """Every command by its name, those of groups as "group command"; typer brings its own click."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", {"": command})
        found |= {f"{name} {sub}".strip(): c for sub, c in inner.items()}
    return found


@pytest.mark.parametrize("name", commands())
def test_help_says_what_it_does_and_gives_an_example(name: str) -> None:
    text = commands()[name].help or ""
    example = re.search(r"Example: `lateen ([^`]+)`", text)
    assert example, f"lateen {name} --help has no example"
    assert example[1].startswith(name)
    parse(example[1])


@pytest.mark.parametrize("name", commands())
def test_every_option_is_explained(name: str) -> None:
    for parameter in commands()[name].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, f"lateen {name} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("name", commands())
def test_every_command_prints_json_on_request(name: str) -> None:
    assert "--json" in {option for parameter in commands()[name].params for option in parameter.opts}


@pytest.mark.parametrize("name", commands())
def test_the_readme_names_every_command(name: str) -> None:
    assert f"lateen {name}" in README


def test_the_readmes_command_lines_parse() -> None:
    lines = re.findall(r"^lateen (.+)$", README, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        parse(line.partition("  #")[0].strip())


def parse(line: str) -> None:
    """Parse a command line without running it; a usage error fails the test."""
    words = shlex.split(line)
    name = " ".join(words[:2]) if words[0] == "direction" else words[0]
    rest = words[2:] if words[0] == "direction" else words[1:]
    commands()[name].make_context(name, rest)
