"""The rehearsal: an offline stand-in for the model that speaks the Messages API beneath the real client.

It needs no key and no network, and the same code runs above it as above the real service. Put `RehearsalTransport`
under the client's HTTP client; it then plays a scenario, or answers free typing by rules. Nothing in it is random
unless a seed is given.
"""

from .loading import ScenarioInfo, Source, load_scenario, parse_scenario, read_scenario, scenarios
from .script import CONFIRMATIONS, Scenario
from .transport import MODEL, RUN_HEADER, RehearsalTransport

__all__ = [
    "CONFIRMATIONS",
    "MODEL",
    "RUN_HEADER",
    "RehearsalTransport",
    "Scenario",
    "ScenarioInfo",
    "Source",
    "load_scenario",
    "parse_scenario",
    "read_scenario",
    "scenarios",
]
