"""What property tests have in common: the same examples in each run, no clock, and no folder left in the checkout."""

import tempfile
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

__all__ = ("SETTINGS",)

# Its caches; without this they stand in `.hypothesis`, whatever the settings say.
_HOME: Final = tempfile.TemporaryDirectory(prefix="vedro-profiling-hypothesis-")
set_hypothesis_home_dir(_HOME.name)

SETTINGS: Final = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
