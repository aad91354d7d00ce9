"""The stack of the analytics keeps the rules of the others: encryption, privacy, and nothing of it in two places."""

from __future__ import annotations

import tomllib

from cfnlint.api import lint_file
from samtranslator.yaml_helper import yaml_parse

from replyclock.adapters.facts import PREFIX
from replyclock.adapters.facts import ROOT as ROOT_MANIFEST
from tests.template.test_operations import EXPORTS, imports
from tests.template.test_template import ROOT, TEMPLATE, Resource, of_type

STACK = yaml_parse((ROOT / "infra" / "analytics.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, Resource] = STACK["Resources"]


def test_the_template_is_valid() -> None:
    assert lint_file(ROOT / "infra" / "analytics.yaml") == []


def test_what_it_shares_with_the_main_stack() -> None:
    stage = STACK["Parameters"]["Stage"]
    assert {key: stage[key] for key in stage if key != "Description"} == {
        key: value for key, value in TEMPLATE["Parameters"]["Stage"].items() if key != "Description"
    }
    assert {"replyclock-prod-DocumentsBucket"} == set(imports(RESOURCES)) <= EXPORTS.keys()
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["analytics"]["deploy"]["parameters"]
    assert config["template_file"] == "infra/analytics.yaml"
    assert "--config-env analytics " in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_nothing_of_it_runs_or_copies_what_is_there() -> None:
    kinds = {one["Type"].split("::")[1] for one in RESOURCES.values()}
    assert kinds == {"Athena", "Glue", "S3"}


def test_results_are_encrypted_and_private_and_go_by_themselves() -> None:
    results = RESOURCES["Results"]
    assert (results["DeletionPolicy"], results["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = results["Properties"]
    assert properties["BucketEncryption"] and all(properties["PublicAccessBlockConfiguration"].values())
    assert any("ExpirationInDays" in one for one in properties["LifecycleConfiguration"]["Rules"])
    asked = RESOURCES["Workgroup"]["Properties"]["WorkGroupConfiguration"]
    assert asked["EnforceWorkGroupConfiguration"] is True
    assert asked["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


def test_tables_lie_where_facts_are_written() -> None:
    places = {
        one["TableInput"]["Name"]: one["TableInput"]["StorageDescriptor"]["Location"]
        for one in of_type("AWS::Glue::Table", RESOURCES).values()
    }
    folders = {name: place["Fn::Sub"][0].removeprefix("s3://${Bucket}/") for name, place in places.items()}
    assert all(one.startswith(PREFIX) for one in folders.values())
    assert ROOT_MANIFEST.startswith(folders["fact_months"])
    assert len(set(folders.values())) == len(folders) == 5
