"""Reports as SQL over facts, in DuckDB's dialect: the one implementation of each."""
