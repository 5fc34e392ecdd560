"""Our own tests are Vedro scenarios: `uv run vedro run tests/unit` runs a part of them."""

import vedro


class Config(vedro.Config):
    """Where our scenarios live."""

    default_scenarios_dir = "tests/"
