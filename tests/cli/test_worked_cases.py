"""The worked cases of the contract, tests/cases: the command is run on each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from replyclock.cli.main import main
from tests.cases.run_cases import HERE, case_files, failures


@pytest.mark.parametrize("path", case_files(HERE), ids=lambda path: path.stem)
def test_case(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # The command in this process instead of a new one for each case, which would take half a minute.
    def evaluate(arguments: list[str], folder: Path) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    assert failures(json.loads(path.read_text(encoding="utf-8")), evaluate) == []
