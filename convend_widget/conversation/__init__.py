"""The pure core: events, the law, the tree and its fold. Imports the standard library and ``errors`` only.

No clock, no random numbers, no threads, no I/O: ids and times arrive on events.
"""

from .events import (
    BranchArchived,
    ConversationStarted,
    Event,
    EvidenceRecorded,
    FeedbackGiven,
    MessageMarked,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRefused,
    ReplyRequested,
    ReplySettled,
    ReplyStopped,
    SettingsRecorded,
    StepCompleted,
    StepJudged,
    StepOpened,
    UserSent,
)
from .fold import apply, fold
from .law import Tip, Turn
from .outcome import Outcome, outcome
from .records import Block, ErrorFacts, Facts, GateResult, JudgedCall, Message, Settings, Step, Warned
from .tree import Conversation

__all__ = [
    "Block",
    "BranchArchived",
    "Conversation",
    "ConversationStarted",
    "ErrorFacts",
    "Event",
    "EvidenceRecorded",
    "Facts",
    "FeedbackGiven",
    "GateResult",
    "JudgedCall",
    "Message",
    "MessageMarked",
    "Outcome",
    "ReplyFailed",
    "ReplyInterrupted",
    "ReplyRefused",
    "ReplyRequested",
    "ReplySettled",
    "ReplyStopped",
    "Settings",
    "SettingsRecorded",
    "Step",
    "StepCompleted",
    "StepJudged",
    "StepOpened",
    "Tip",
    "Turn",
    "UserSent",
    "Warned",
    "apply",
    "fold",
    "outcome",
]
