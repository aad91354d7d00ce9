from __future__ import annotations

from hypothesis import settings

# How fast an example runs is the machine's affair: speed belongs in benchmarks.
# `--hypothesis-profile many` looks longer.
settings.register_profile("default", deadline=None)
settings.register_profile("many", deadline=None, max_examples=4000)
settings.load_profile("default")
