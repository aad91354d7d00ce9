"""The HTTP API as an OpenAPI 3.1 document: served at `/openapi.json`, and the source of its reference page.

Nothing here answers a request: the handlers do, and the tests hold every answer of theirs against this description.
"""

from .document import openapi_document
from .routes import ROUTES, Route

__all__ = ["ROUTES", "Route", "openapi_document"]
