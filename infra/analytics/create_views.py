"""Makes the views of infra/analytics/views in Athena, or makes them anew: `make analytics-views`.

It asks with the credentials of the environment, in the stage's workgroup. A view is made by a query that reads nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

VIEWS = sorted((Path(__file__).parent / "views").glob("*.sql"))
"""In the order in which they build on each other."""


def statement(view: Path) -> str:
    """The view's SQL, without the comments for those who read the file."""
    lines = view.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def create_views(athena: AthenaClient, stage: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Makes each view in its turn and gives its name. Raises RuntimeError with Athena's reason where one fails."""
    for view in VIEWS:
        started = athena.start_query_execution(
            QueryString=statement(view),
            QueryExecutionContext={"Database": f"replyclock_{stage.replace('-', '_')}"},
            WorkGroup=f"replyclock-{stage}",
        )
        while True:
            status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"][
                "Status"
            ]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            sleep(0.5)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(f"{view.name}: {status.get('StateChangeReason', status['State'])}")
        yield view.stem.partition("_")[2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="prod", help="the stacks' parameter Stage")
    for made in create_views(boto3.client("athena"), parser.parse_args().stage):
        print(made)
