"""Every command line that the docs name is understood by what it names."""

import ast
import importlib
import importlib.util
import itertools
import re
import shlex

import pytest

import tfretrieval.commands
import tfretrieval.export.command
from data_pipelines import encode
from recipes.common.cli import parser
from tests.docs.the_pages import CONTRIBUTING, PAGES, README, ROOT

WITH_COMMANDS = [README, CONTRIBUTING, *PAGES]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("*.py") if path.stem[0] != "_")
# Commands that are no recipes, and what each cannot do without.
OWN = {
    "tfretrieval.search": (
        tfretrieval.commands.parser,
        ("index", "--model", "imagenet", "--images", "PICTURES", "--out", "INDEX"),
    ),
    "tfretrieval.export": (tfretrieval.export.command.parser, ("--model", "RUN")),
    "data_pipelines.encode": (
        encode.parser,
        ("--model", "RUN", "--images", "PICTURES", "--out", "CODES"),
    ),
}
COMMAND = re.compile(r"python -m ([\w.]+)(.*)")


def pieces():
    """Names of files, and lines of their code blocks or code in a line of prose."""
    for page in WITH_COMMANDS:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for number, part in enumerate(text.split("```")):
            if number % 2:
                yield from ((page.name, line) for line in part.splitlines())
            else:
                # It may go on in the next line of the prose.
                code = re.findall(r"`([^`]+)`", part)
                yield from ((page.name, each.replace("\n", " ")) for each in code)
    for name in RECIPES:
        source = (ROOT / "recipes" / f"{name}.py").read_text(encoding="utf-8")
        docstring = (ast.get_docstring(ast.parse(source)) or "").replace("\\\n", " ")
        yield from ((f"{name}.py", line) for line in docstring.splitlines())


def commands():
    """File, module and arguments; what is said of a command stands two blanks behind it."""
    for file, piece in pieces():
        for module, rest in COMMAND.findall(piece):
            line = re.split(r" {2,}|#", rest.strip())[0] if rest[:2] != "  " else ""
            # What is in brackets may be left out.
            for variant in (re.sub(r"[\[\]]", "", line), re.sub(r"\[[^]]*\]", "", line)):
                yield file, module, variant.strip()


COMMANDS = sorted(set(commands()))


@pytest.mark.parametrize("file, module, line", COMMANDS, ids=lambda part: part or "-")
def test_a_command_is_understood(file, module, line):
    if line == "--help":
        assert importlib.util.find_spec(module), f"{file}: {module}"
        return
    if module in OWN:
        make, needed = OWN[module]
        # What stands behind -- is read by an engine.
        own = list(itertools.takewhile(lambda part: part != "--", shlex.split(line)))
        make().parse_args(own or needed)
        return
    name = module.removeprefix("recipes.")
    if name == "NAME" or f"-m {module} " in MAKEFILE:
        return  # any recipe, or a tool that a target of make installs when it is asked for
    if name == module:
        assert importlib.util.find_spec(module), f"{file}: {module}"
        return
    assert name in RECIPES, f"{file}: {module}"
    recipe = importlib.import_module(module)
    parser(recipe.RECIPE, recipe.Config, "").parse_args(shlex.split(line))


def test_commands_are_found():
    assert len(COMMANDS) > 60
    assert {module for _, module, _ in COMMANDS} >= {f"recipes.{name}" for name in RECIPES}


def test_the_targets_of_make_are_there():
    targets = re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE)
    named = {target for _, piece in pieces() for target in re.findall(r"^make ([\w-]+)", piece)}
    assert named and named <= set(targets)
