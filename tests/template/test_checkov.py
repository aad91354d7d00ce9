"""What checkov leaves out has its reason, and is not left out for nothing; `make check` runs it."""

from __future__ import annotations

import re

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from tests.template.test_template import ROOT

TEXT = (ROOT / "infra" / "checkov.yaml").read_text(encoding="utf-8")
CONFIG = yaml.safe_load(TEXT)


def test_every_template_is_looked_at() -> None:
    templates = {"template.yaml", *(f"infra/{path.name}" for path in (ROOT / "infra").glob("*.yaml"))}
    assert set(CONFIG["file"]) == templates - {"infra/checkov.yaml"}
    assert not CONFIG.get("soft-fail")
    assert "bin/checkov --config-file infra/checkov.yaml" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_check_that_is_left_out_has_its_reason() -> None:
    reasons = re.findall(r"((?:  # [^\n]+\n)+)  - (CKV2?_AWS_\d+)\n", TEXT)
    assert [check for _, check in reasons] == CONFIG["skip-check"]
    assert all(len(reason) > 40 for reason, _ in reasons)


@pytest.mark.parametrize("name", CONFIG["file"])
def test_what_is_left_out_of_one_resource_has_its_reason_there(name: str) -> None:
    resources = yaml_parse((ROOT / name).read_text(encoding="utf-8"))["Resources"]
    for resource in resources.values():
        if isinstance(resource, dict):
            for one in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                assert re.fullmatch(r"CKV2?_AWS_\d+", one["id"]) and one["comment"]
