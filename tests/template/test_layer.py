"""The layer holds what functions import, in the versions that the tests run with; the lock files name no index."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import build_layer
from infra.build_layer import _PACKAGE_LEFT_OUT, MAGIC, LayerError, compile_sources, find_python, merge

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shared" / "replyclock"
ENGINE = "infra/engine/requirements.lock"
LOCKS = ("requirements.lock", "requirements-sam.lock", "requirements-checkov.lock", "shared/requirements.lock", ENGINE)
OF_THE_RUNTIME = {"boto3", "botocore"}
MODULES = {"pyyaml": "yaml"}
"""Modules that are not called as their package."""


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def imported(tree: ast.AST) -> Iterator[str]:
    """The top-level modules that are imported when the code runs; nested and late imports, too."""
    match tree:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.Import(names=names):
            yield from (name.name.split(".")[0] for name in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module.split(".")[0]
    for child in ast.iter_child_nodes(tree):
        yield from imported(child)


def test_the_layer_holds_what_functions_import() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "cli" not in path.parents]
    files += (ROOT / "functions").rglob("*.py")
    held = {MODULES.get(name, name.replace("-", "_")) for name in locked("shared/requirements.lock")}
    # The engine is in a layer of its own, which those functions have that load it: see test_imports.
    held |= locked(ENGINE).keys()
    known = held | OF_THE_RUNTIME | set(sys.stdlib_module_names) | {"replyclock"}
    missing = {
        str(path.relative_to(ROOT)): lacking
        for path in files
        if (lacking := set(imported(ast.parse(path.read_text(encoding="utf-8")))) - known)
    }
    assert len(files) > 20
    assert missing == {}


def test_the_layer_leaves_out_what_the_runtime_brings() -> None:
    assert not OF_THE_RUNTIME & locked("shared/requirements.lock").keys()


def test_the_layer_has_the_versions_that_the_tests_run_with() -> None:
    layer, engine, tested = (locked(name) for name in ("shared/requirements.lock", ENGINE, "requirements.lock"))
    assert layer
    assert list(engine) == ["duckdb"]
    assert {name: tested[name] for name in (*layer, *engine)} == layer | engine


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = locked(name)
    assert packages
    assert text.count("==") >= len(packages)
    assert all(re.search(rf"^{re.escape(one)}==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE) for one in packages)
    assert "://" not in text
    assert "index-url" not in text


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_wheels_of_both_processors_lie_in_one_folder(tmp_path: Path) -> None:
    both = {"core/__init__.py": "", "core/__init__.pyi": "", "core/__pycache__/__init__.pyc": ""}
    arm = write(tmp_path / "arm", {**both, "core/_core.cpython-313-aarch64-linux-gnu.so": "arm"})
    x86 = write(tmp_path / "x86", {**both, "core/_core.cpython-313-x86_64-linux-gnu.so": "x86"})
    for wheels in (arm, x86):
        merge(wheels, tmp_path / "python")
    assert {path.name for path in (tmp_path / "python").rglob("*") if path.is_file()} == {
        "__init__.py",
        "_core.cpython-313-aarch64-linux-gnu.so",
        "_core.cpython-313-x86_64-linux-gnu.so",
    }


def test_the_layer_brings_the_page() -> None:
    """The dashboard's files are in the package, and nothing of them is left out."""
    folder = PACKAGE / "presentation" / "dashboard"
    names = [path.name for path in folder.rglob("*")]
    assert "index.html" in names
    assert not _PACKAGE_LEFT_OUT(str(folder), names)
    assert "dashboard" not in _PACKAGE_LEFT_OUT(str(folder.parent), ["dashboard"])


def test_files_that_differ_under_one_name_are_refused(tmp_path: Path) -> None:
    merge(write(tmp_path / "arm", {"core/_core.abi3.so": "arm"}), tmp_path / "python")
    with pytest.raises(LayerError, match=r"core/_core\.abi3\.so"):
        merge(write(tmp_path / "x86", {"core/_core.abi3.so": "x86"}), tmp_path / "python")


# --- bytecode ---

HERE = importlib.util.MAGIC_NUMBER
NEWEST = sys.version_info[:2] == (3, 13)


def made_up_python(folder: Path, version: str) -> Path:
    """A program that says it is a Python of that version."""
    program = folder / f"python-{version}"
    program.write_text(f"#!/bin/sh\necho {version} /the/python\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_the_python_of_the_layer_is_lambdas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(made_up_python(tmp_path, "3.11")))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYTHON_OF_LAMBDA", raising=False)
    assert find_python() is None
    made_up_python(tmp_path, "3.13").rename(tmp_path / "python3.13")
    assert find_python() == "/the/python"
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHON_OF_LAMBDA", str(tmp_path / "python3.13"))
    assert find_python() == "/the/python"


def test_bytecode_is_used_whatever_the_time_of_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_layer, "MAGIC", HERE)
    folder = write(
        tmp_path / "python", {"core/__init__.py": "NAME = 'compiled'\n", "core/more.py": "BOTH = {'a', 'b'}\n"}
    )
    compile_sources(sys.executable, folder)
    first = [path.read_bytes() for path in sorted(folder.rglob("*.pyc"))]
    assert [one[4:8] for one in first] == [b"\x01\0\0\0"] * 2, "looked up by neither time nor hash"
    assert all(b"/opt/python/core/" in one and str(tmp_path).encode() not in one for one in first)
    # As nothing looks at it, another source is not noticed.
    write(folder, {"core/__init__.py": "NAME = 'source'\n"})
    asked = [sys.executable, "-c", "import core; print(core.NAME)"]
    said = subprocess.run(asked, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True).stdout
    assert said == "compiled\n"
    write(folder, {"core/__init__.py": "NAME = 'compiled'\n"})
    compile_sources(sys.executable, folder)
    assert [path.read_bytes() for path in sorted(folder.rglob("*.pyc"))] == first


def test_bytecode_of_another_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (HERE == MAGIC) == NEWEST
    if NEWEST:
        monkeypatch.setattr(build_layer, "MAGIC", b"\0\0\r\n")
    folder = write(tmp_path / "python", {"core/__init__.py": ""})
    with pytest.raises(LayerError, match=r"core/__init__\.py has no bytecode of Python 3\.13"):
        compile_sources(sys.executable, folder)
