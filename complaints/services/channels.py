"""Channels: what reports are about, by when they are answered, and where one goes whose readers are excluded."""

from sqlalchemy import func, select

from complaints.errors import Invalid, NotFound
from complaints.models import Channel, new_id
from complaints.policy import Staff
from complaints.services import organisation, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import Event

ACKNOWLEDGE_DAYS = 7
"""Directive (EU) 2019/1937, art. 9(1)(b)."""
FEEDBACK_DAYS = 90
"""Directive (EU) 2019/1937, art. 9(1)(f): three months. A channel may promise sooner, and never later."""


def create_channel(
    unit: Unit, actor: Staff, *, code: str, name_th: str, name_en: str, position: int, fallback: bytes | None = None
) -> bytes:
    """A channel that receives nothing yet: it needs a roster. Returns its id (16 bytes)."""
    channel = Channel(
        id=new_id(),
        code=code,
        name_th=name_th,
        name_en=name_en,
        position=position,
        fallback_id=fallback,
        acknowledge_days=ACKNOWLEDGE_DAYS,
        feedback_days=FEEDBACK_DAYS,
    )
    channel.vouched = vouching.for_channel(unit.secrets, channel)
    unit.session.add(channel)
    unit.session.flush()
    unit.known.clear()
    unit.enter(Event.CHANNEL_CREATED, actor, channel=channel.id.hex(), subject=f"channel:{channel.id.hex()}")
    return channel.id


def open_channel(unit: Unit, actor: Staff, *, name_th: str, name_en: str, fallback: bytes | None) -> bytes:
    """As `create_channel`, with names as somebody typed them, after all others. Raises Invalid ("missing", "too-long", "unknown")."""
    th, en = name_th.strip(), name_en.strip()
    organisation.check_texts({"name_th": th, "name_en": en}, organisation.NAME_LIMIT)
    if fallback is not None and unit.session.get(Channel, fallback) is None:
        raise Invalid({"fallback": "unknown"})
    position = (unit.session.scalar(select(func.max(Channel.position))) or 0) + 1
    return create_channel(
        unit, actor, code=f"channel-{position}", name_th=th, name_en=en, position=position, fallback=fallback
    )


def set_fallback(unit: Unit, channel: bytes, fallback: bytes | None) -> None:
    """Where reports go when exclusions leave no lead in `channel`."""
    row = unit.session.get_one(Channel, channel)
    vouching.require(vouching.for_channel(unit.secrets, row), row.vouched, "a channel")
    row.fallback_id = fallback
    row.vouched = vouching.for_channel(unit.secrets, row)
    unit.session.flush()
    unit.known.clear()


def change_fallback(unit: Unit, actor: Staff, channel: bytes, fallback: bytes | None) -> None:
    """The same, by an administrator, entered. Raises NotFound; Invalid: `fallback` "unknown" or "itself"."""
    if unit.session.get(Channel, channel) is None:
        raise NotFound
    if fallback == channel:
        raise Invalid({"fallback": "itself"})
    if fallback is not None and unit.session.get(Channel, fallback) is None:
        raise Invalid({"fallback": "unknown"})
    set_fallback(unit, channel, fallback)
    unit.enter(Event.CHANNEL_CHANGED, actor, channel=channel.hex(), subject=f"channel:{channel.hex()}")


def change_deadlines(unit: Unit, actor: Staff, channel: bytes, acknowledge_days: int, feedback_days: int) -> None:
    """For reports that arrive from now on. Raises NotFound; Invalid: `acknowledge_days`, `feedback_days` "out-of-range"."""
    row = unit.session.get(Channel, channel)
    if row is None:
        raise NotFound
    limits = {"acknowledge_days": (acknowledge_days, ACKNOWLEDGE_DAYS), "feedback_days": (feedback_days, FEEDBACK_DAYS)}
    problems = {name: "out-of-range" for name, (days, most) in limits.items() if not 1 <= days <= most}
    if not problems and feedback_days < acknowledge_days:
        problems = {"feedback_days": "out-of-range"}
    if problems:
        raise Invalid(problems)
    vouching.require(vouching.for_channel(unit.secrets, row), row.vouched, "a channel")
    before = deadlines_text(row.acknowledge_days, row.feedback_days)
    row.acknowledge_days, row.feedback_days = acknowledge_days, feedback_days
    row.vouched = vouching.for_channel(unit.secrets, row)
    unit.session.flush()
    unit.known.clear()
    said = f"{before} -> {deadlines_text(acknowledge_days, feedback_days)}"
    unit.enter(Event.DEADLINES_CHANGED, actor, channel=channel.hex(), subject=f"channel:{channel.hex()}", reason=said)


def deadlines_text(acknowledge_days: int, feedback_days: int) -> str:
    """As the access log has them: days to acknowledge, days to give feedback."""
    return f"{acknowledge_days} {feedback_days}"
