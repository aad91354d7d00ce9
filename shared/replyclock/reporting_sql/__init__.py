"""Reports as SQL over facts, in DuckDB's dialect: the one implementation of each.

Each is a function of a connection of `engine`, whose tables hold the facts of all tickets that may matter, and of what
is asked, and returns a JSON object.
"""

from .advice import advice
from .agents import agents
from .causes import causes
from .distribution import distribution
from .staffing import staffing
from .summary import summary
from .trends import trends

__all__ = ["advice", "agents", "causes", "distribution", "staffing", "summary", "trends"]
