"""Accounts and members. A member is who is served; an account is the household that pays."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHILD_AGE_MAX", "UNRATED_AGE", "Member"]

#: The age from which an unrated title may be shown, and the ceiling of an unknown grown-up.
UNRATED_AGE = 18
#: A ceiling up to this age makes a kids' profile, whatever its flag says.
CHILD_AGE_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One viewer or shopper.

    ``maturity_ceiling`` is an age: titles above it never reach the member, on any path.
    Demographics other than that ceiling are not read by any stage.
    """

    member_id: str
    account_id: str = ""
    name: str = ""
    kids: bool = False
    maturity_ceiling: int = UNRATED_AGE
    language: str = ""
    country: str = ""
    time_zone: str = "UTC"
    personalised: bool = True
    consent: bool = True

    def __post_init__(self) -> None:
        assert 0 <= self.maturity_ceiling <= 21, "checked where members are parsed"

    @property
    def learned_from(self) -> bool:
        """Whether they agreed to be learned from and want pages that follow from it."""
        return self.personalised and self.consent

    @property
    def is_child(self) -> bool:
        """Whether this is a kids' profile: no messages, nothing learned from other members."""
        return self.kids or self.maturity_ceiling <= CHILD_AGE_MAX

    @property
    def household(self) -> str:
        """The account's id; a member without one is a household of one."""
        return self.account_id or self.member_id
