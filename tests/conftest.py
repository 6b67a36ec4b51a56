"""Settings of all tests."""

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "asyncgeo",
    settings.get_profile("ci" if os.environ.get("CI") else "default"),  # "ci": the same examples each time
    deadline=None,  # a slow disk, or a busy machine, is no failure
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("asyncgeo")

SLOW: Final = """
    test_api test_benchmarks test_command_lines test_commands test_commands_status test_dataset_formats
    test_dialects test_estimate test_faults test_figure test_figure_compare test_figure_effort test_figure_search
    test_figure_svg test_fleet_cluster test_fleet_local test_judges test_merge_command test_money
    test_nothing_usable test_places test_processes test_readme test_recheck test_report_command test_report_page
    test_review test_run test_run_hostile test_run_inputs test_run_limits test_run_verify test_servers
    test_terminals test_transport
""".split()
"""Files whose tests are mostly whole runs in processes of their own, or whole sets of figures."""
STILL_FAST: Final = "--help"
"""Of these the tests of help texts are fast."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `-m 'not slow'` leaves out: files of whole runs; one list here keeps the fast half fast."""
    for item in items:
        if item.path.stem in SLOW and STILL_FAST not in item.name:
            item.add_marker(pytest.mark.slow)
