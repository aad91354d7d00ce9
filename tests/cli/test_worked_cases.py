"""The worked cases of the contract, where they lie beside the repository: the command is run on each."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from replyclock.cli.main import main

FOLDER = Path(__file__).parents[3] / "shared" / "cases"
FOLDERS = (FOLDER, FOLDER.with_name("cases-2"))
CASES = sorted(path for folder in FOLDERS for path in [*folder.glob("*.json"), *folder.glob("invalid/*.json")])


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_cases", FOLDER / "run_cases.py")
    assert spec is not None
    assert spec.loader is not None
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    return runner


@pytest.mark.skipif(not CASES, reason="the worked cases are not beside the repository")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    runner = _runner()

    # The command in this process instead of a new one for each case, which would take half a minute.
    def run(arguments: list[str], cwd: str, **_: Any) -> Any:
        monkeypatch.chdir(cwd)
        status = main(arguments[1:])
        out, err = capsys.readouterr()
        os.chdir(FOLDER)
        return type("Done", (), {"returncode": status, "stdout": out, "stderr": err})

    monkeypatch.setattr(runner.subprocess, "run", run)
    monkeypatch.setenv("REPLYCLOCK", "replyclock")
    assert runner.failures(json.loads(path.read_text())) == []
