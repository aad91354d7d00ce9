"""The documentation says what there is: each command, option, metric, parameter, route, key and page is in it, and
what it names exists.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.docs import pages as generated
from infra.docs import settings
from infra.docs.commands import Command, commands
from replyclock.openapi import ROUTES
from replyclock.sources import providers
from tests.adapters.backends import ROOT

DOCS = ROOT / "docs"
COMMANDS = {command.names: command for command in commands()}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@cache
def pages() -> dict[str, str]:
    """Every page below docs/ by its path, generated ones too, with the README."""
    written = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    made = generated.pages()
    assert not written.keys() & made.keys(), "a page is written or generated, never both"
    return {"README.md": (ROOT / "README.md").read_text(encoding="utf-8"), **written, **made}


def handwritten() -> dict[str, str]:
    return {name: text for name, text in pages().items() if name not in ("reference/cli.md", "reference/http-api.md")}


def column(page: str, heading: str, place: int = 0) -> list[str]:
    """What stands in backticks in a column of the first table below a heading."""
    below = pages()[page].split(f"{heading}\n", 1)[1]
    rows = [line for line in below.split("\n## ")[0].splitlines() if line.startswith("| ")]
    return [re.findall(r"`([^`]+)`", row.split(" | ")[place])[0] for row in rows if "`" in row.split(" | ")[place]]


class Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, which names a Python function."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)


def navigation() -> list[str]:
    def leaves(node: Any) -> Iterator[str]:
        match node:
            case str():
                yield node
            case dict():
                for value in node.values():
                    yield from leaves(value)
            case list():
                for value in node:
                    yield from leaves(value)

    configuration = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)  # noqa: S506 (a safe one)
    return list(leaves(configuration["nav"]))


def test_each_page_is_in_the_navigation_once() -> None:
    listed = navigation()
    assert sorted(listed) == sorted(set(pages()) - {"README.md"} - {one for one in pages() if not one.endswith(".md")})


def test_each_tool_has_a_page_and_is_in_the_list_of_tools() -> None:
    assert column("connect/index.md", "## Tools") == list(providers())
    assert {f"connect/{provider}.md" for provider in providers()} <= pages().keys()


# ---------------------------------------------------------------------------------------------- links in the repository
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
IN_THE_REPOSITORY = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md"]


@pytest.mark.parametrize("name", IN_THE_REPOSITORY)
def test_links_of_pages_outside_of_docs_lead_somewhere(name: str) -> None:
    # `make docs` looks at those within.
    made = {f"docs/{page}" for page in pages()}
    for target, _ in LINK.findall((ROOT / name).read_text(encoding="utf-8")):
        if "://" not in target:
            path = (ROOT / name).parent.joinpath(target).resolve()
            assert path.exists() or path.relative_to(ROOT).as_posix() in made, target


def test_links_within_docs_lead_to_pages() -> None:
    for name, text in pages().items():
        if name == "README.md" or not name.endswith(".md"):
            continue
        for target, _ in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            if "://" in target:
                continue
            path = (DOCS / name).parent.joinpath(target).resolve()
            assert path.exists() or path.relative_to(DOCS.resolve()).as_posix() in pages(), (name, target)


# --------------------------------------------------------------------------------------------------------- command line
def test_each_command_and_option_says_what_it_does() -> None:
    silent = [" ".join(names) for names, command in COMMANDS.items() if not command.summary]
    silent += [
        f"{' '.join(names)} {option.option_strings or option.dest}"
        for names, command in COMMANDS.items()
        for option in command.options
        if not option.help
    ]
    assert silent == []


def test_each_command_and_option_is_in_the_reference() -> None:
    page = pages()["reference/cli.md"]
    for names, command in COMMANDS.items():
        section = page.split(f"{{#{'-'.join(names)}}}\n", 1)[1].split("\n#", 1)[0]
        for option in command.options:
            assert all(f"`{name}" in section for name in option.option_strings), (names, option.option_strings)


def invocations() -> Iterator[tuple[str, list[str]]]:
    """Each `replyclock …` of a code block or in backticks, as words."""
    for name, text in handwritten().items():
        if not name.endswith(".md"):
            continue
        lines = re.findall(r"^ {4,}(replyclock .*)$", text, re.MULTILINE) + re.findall(r"`(replyclock [^`]+)`", text)
        for block in re.findall(r"```(?:sh|bash|text)?\n(.*?)```", text, re.DOTALL):
            lines += re.findall(r"^(replyclock .*)$", block, re.MULTILINE)
        for line in lines:
            words = line.split("   #")[0].split(" <")[0].replace("…", "")
            try:
                yield name, shlex.split(words, comments=True)[1:]
            except ValueError:
                yield name, words.split()[1:]


def test_each_command_and_option_that_is_named_exists() -> None:
    found = list(invocations())
    assert len(found) > 50
    for page, words in found:
        if not words or words[0].isupper():
            continue  # `replyclock COMMAND --help`
        assert (words[0],) in COMMANDS, (page, words)
        names: tuple[str, ...] = (words[0],)
        if len(words) > 1 and (words[0], words[1]) in COMMANDS:
            names = (words[0], words[1])
        known = options_of(names)
        assert set(OPTION.findall(" ".join(words))) <= known, (page, words)


def options_of(names: tuple[str, ...]) -> set[str]:
    found: list[Command] = [one for one in COMMANDS.values() if one.names[: len(names)] == names]
    return {name for one in found for option in one.options for name in option.option_strings} | {"--help"}


def test_each_option_that_is_named_by_itself_exists() -> None:
    known = options_of(()) | {"--endpoint"}  # of the benchmarks
    for page, text in handwritten().items():
        if page.endswith(".md"):
            for code in re.findall(r"`(--[^`\n]+)`", text):
                assert set(OPTION.findall(code)) <= known, (page, code)


def test_each_target_of_make_that_is_named_exists_and_each_is_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = {
        target
        for page, text in handwritten().items()
        if page.endswith(".md")
        for target in re.findall(r"(?:^ {4,}|`)(?:[A-Z]+=\S+ )?make ([a-z-]+)", text, re.MULTILINE)
    }
    assert named - targets == set()
    assert targets - named - {"help", "format", "validate"} == set()


# -------------------------------------------------------------------------------------------------------------- metrics
UNITS = {"Count": "count", "Milliseconds": "milliseconds"}


def counted() -> dict[str, str]:
    """Each metric that the code counts, with its unit."""
    found: dict[str, str] = {}
    files = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared" / "replyclock").rglob("*.py")]
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = {
            target.id: [ast.literal_eval(value) for value in node.value.values]
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id == "METRICS"
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", None))
                if name in ("add_metric", "single_metric"):
                    found |= metric_of(node, tables, path)
    return found


def metric_of(call: ast.Call, tables: dict[str, list[str]], path: Path) -> dict[str, str]:
    given = {one.arg: one.value for one in call.keywords} | dict(zip(("name", "unit"), call.args, strict=False))
    unit = given["unit"]
    assert isinstance(unit, ast.Attribute), path
    shown = UNITS[unit.attr]
    match given["name"]:
        case ast.Constant(str(name)):
            return {name: shown}
        case ast.Subscript(ast.Name("METRICS")):
            return dict.fromkeys(tables["METRICS"], shown)
        case ast.Name(name):
            # It runs over a table of names.
            assert tables, (path, name)
            return dict.fromkeys(tables["METRICS"], shown)
    raise AssertionError((path, ast.dump(call)))


def test_each_metric_is_documented_and_each_documented_one_is_counted() -> None:
    names = column("reference/metrics.md", "# Metrics")
    units = [
        row.split(" | ")[1]
        for row in pages()["reference/metrics.md"].splitlines()
        if row.startswith("| `") and " | " in row
    ]
    assert len(names) == len(units)
    assert dict(zip(names, units, strict=True)) == counted()


# ----------------------------------------------------------------------------------------- settings, routes, table keys
def test_each_parameter_is_in_the_reference() -> None:
    page = pages()["reference/settings.md"]
    for template in settings.TEMPLATES:
        section = page.split(f"## {template} ", 1)[1].split("\n## ", 1)[0]
        for name, parameter in settings.read(template).get("Parameters", {}).items():
            assert f"| `{name}` |" in section
            assert parameter.get("Description"), f"{template}: {name} does not say what it is"


def test_each_parameter_that_is_overridden_exists() -> None:
    known = {name for template in settings.TEMPLATES for name in settings.read(template).get("Parameters", {})}
    for page, text in handwritten().items():
        for overrides in re.findall(r"--parameter-overrides ([^\"`\n]+)", text):
            assert set(re.findall(r"([A-Za-z]+)=", overrides)) <= known, page


def test_each_route_that_is_named_exists() -> None:
    known = {(route.method, re.sub(r"\{\w+\}", "x", route.path).rstrip("/")) for route in ROUTES}
    for page, text in handwritten().items():
        if not page.endswith(".md"):
            continue
        for method, path in re.findall(r"`(GET|PUT|POST|HEAD|OPTIONS) (/[^`?\s…]*)", text):
            if path.startswith("/api/"):
                continue  # of a tool
            plain = re.sub(r"\{\w+\}|\b[A-Z]{2,}\b|-$", "x", path).rstrip("/")
            listed = {one for one in known if one[0] == method}
            starts = "…" in text.split(f"{method} {path}", 1)[1][:1]
            ok = (method, plain) in known or (starts and any(one[1].startswith(plain) for one in listed))
            assert ok or page.startswith("connect/"), (page, method, path)


def partitions_of_the_template() -> set[str]:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    found = re.findall(r'"dynamodb:LeadingKeys": \[([^]]+)\]', text)
    return {key.strip().strip('"').rstrip("*") for keys in found for key in keys.split(",")}


def test_each_partition_of_the_table_is_documented_and_each_documented_one_is_used() -> None:
    documented = {re.split(r"(?<=#)", name)[0] for name in column("reference/table.md", "## Partitions")}
    assert documented == partitions_of_the_template()


def test_each_index_of_the_table_is_documented() -> None:
    table = settings.read("template.yaml")["Resources"]["Table"]["Properties"]
    assert column("reference/table.md", "## Indexes") == [one["IndexName"] for one in table["GlobalSecondaryIndexes"]]


def test_the_readme_is_short() -> None:
    assert len(pages()["README.md"].splitlines()) <= 130


def test_versions_agree() -> None:
    version = re.findall(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    package = re.findall(
        r'^__version__ = "([^"]+)"', (ROOT / "shared" / "replyclock" / "__init__.py").read_text(), re.MULTILINE
    )
    assert version == package
    assert f" {version[0]}" in pages()["changelog.md"]
