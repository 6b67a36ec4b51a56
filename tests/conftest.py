"""Settings of all tests."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "asyncgeo",
    settings.get_profile("ci" if os.environ.get("CI") else "default"),  # "ci": the same examples each time
    deadline=None,  # a slow disk, or a busy machine, is no failure
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("asyncgeo")
