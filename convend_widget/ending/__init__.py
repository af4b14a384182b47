"""Ending: what a policy tells and offers the model, and what the code checks. Pure; imports ``conversation`` only."""

from ..conversation.records import Facts
from .calls import EndCall
from .gates import GATES, Block, Gate, GateAnswer, Needs, Pass, Trial
from .judge import Evidence, Judgement, judge
from .policy import Policy, offer

__all__ = [
    "GATES",
    "Block",
    "EndCall",
    "Evidence",
    "Facts",
    "Gate",
    "GateAnswer",
    "Judgement",
    "Needs",
    "Pass",
    "Policy",
    "Trial",
    "judge",
    "offer",
]
