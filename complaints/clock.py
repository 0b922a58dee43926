"""Time as the system keeps it: days where reporters are concerned, minutes for staff, nothing finer."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OPERATOR_ZONE = ZoneInfo("Asia/Bangkok")
"""Days begin and end where the operator and the reporters are (ICT, UTC+7)."""


def now() -> datetime:
    """The present, UTC, cut to the minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def today() -> date:
    """The operator's calendar day."""
    return datetime.now(OPERATOR_ZONE).date()


def hour() -> int:
    """The hour of the operator's day, 0 to 23."""
    return datetime.now(OPERATOR_ZONE).hour
