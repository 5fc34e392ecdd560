"""A project that profiles its runs: this is all it takes."""

import vedro

import vedro_profiling


class Config(vedro.Config):
    """The suite of a little shop."""

    class Plugins(vedro.Config.Plugins):
        """Vedro's own plugins, and the profiler."""

        class VedroProfiling(vedro_profiling.VedroProfiling):
            """Reads ten times a second what the shop's containers use."""

            enabled = True
            poll_time = 0.1
            docker_compose_project_name = "shop"
