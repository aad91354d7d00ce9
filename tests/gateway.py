"""What API Gateway makes of a request's target before a function sees it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote


def handed_over(target: str) -> tuple[str, dict[str, str]]:
    """The `rawPath` and `queryStringParameters` of a target, as an HTTP API hands it over.

    It undoes the path's encoding, but for that of the percent sign, and cuts what it has then at a question mark.
    """
    path, _, query = target.partition("?")
    decoded = re.sub(r"(?:%(?!25)[0-9A-Fa-f]{2})+", lambda run: unquote(run[0]), path)
    given = {name: ",".join(values) for name, values in parse_qs(query, keep_blank_values=True).items()}
    return decoded.partition("?")[0], given
