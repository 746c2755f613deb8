"""Who may be written to. A kids' profile gets no messages, on no channel."""

from __future__ import annotations

from pasand.domain.member import Member
from pasand.errors import NotAllowed

__all__ = ["MESSAGE_KINDS", "MessageToChild", "check_message"]

#: Kinds of event that say that a member was written to; opting out may always be said.
MESSAGE_KINDS = ("message_sent", "message_delivered", "message_opened", "message_clicked")


class MessageToChild(NotAllowed):
    """A kids' profile gets no messages."""

    code = "kids_no_messages"


def check_message(kind: str, member: Member | None) -> None:
    """Raise MessageToChild for an event of a message to a kids' profile."""
    if kind in MESSAGE_KINDS and member is not None and member.is_child:
        raise MessageToChild(
            field="kind", fix="Write to a grown-up of the household, or leave the message out."
        )
