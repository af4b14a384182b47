"""Live conversations on the owner's loop: commands, replies, the journal, leases and recovery."""

from .desk import Desk, desk
from .lesson import Lesson
from .listening import Listener
from .plan import Plan
from .seat import NO, YES, Seat, SeatListener, Status
from .session import Session

__all__ = ["NO", "YES", "Desk", "Lesson", "Listener", "Plan", "Seat", "SeatListener", "Session", "Status", "desk"]
