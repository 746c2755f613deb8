"""Everything that can go wrong, drawn as a tree by who must act.

    PasandError
    ├── CallerError                 the caller sent something that cannot be used (HTTP 4xx, exit 2)
    │   ├── InvalidInput            a field is malformed; names the field and what to do
    │   ├── InvalidSettings         a setting is unknown or of another type; names the nearest one
    │   ├── NotFitted               a model of the library is asked before it was fitted
    │   ├── NotFound                an item, member, key or snapshot that does not exist
    │   ├── Gone                    what was asked for was there, and is kept no longer (HTTP 410)
    │   ├── NotAllowed              the key or session lacks the scope
    │   ├── MemberErased            the member was erased; nothing more is taken of them
    │   └── TooMuch                 a batch or an event over its size limit
    └── OperatorError               the installation needs its operator (HTTP 503, exit 3)
        ├── StoreUnavailable        the disk is full, read-only, or the store is locked
        ├── Overloaded              more comes in than the disk takes (HTTP 429); send it again
        ├── HomeBusy                another process owns this home
        ├── SnapshotDamaged         a file of a model snapshot does not match its manifest
        ├── SnapshotRefused         a model snapshot did not pass the gate
        └── MissingExtra            a feature needs an optional dependency

Broken promises between our own modules are ``assert`` statements, never one of these.
"""

from __future__ import annotations

__all__ = [
    "CallerError",
    "Gone",
    "HomeBusy",
    "InvalidInput",
    "InvalidSettings",
    "MemberErased",
    "MissingExtra",
    "NotAllowed",
    "NotFitted",
    "NotFound",
    "OperatorError",
    "Overloaded",
    "PasandError",
    "SnapshotDamaged",
    "SnapshotRefused",
    "StoreUnavailable",
    "TooMuch",
]


class PasandError(Exception):
    """Something went wrong in Pasand."""

    code = "error"

    def __init__(self, message: str = "", *, field: str = "", fix: str = "") -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.field = field
        self.fix = fix
        super().__init__(" ".join(part for part in (self.message, fix) if part))


class CallerError(PasandError):
    """The request cannot be used as it is."""

    code = "caller_error"


class InvalidInput(CallerError):
    """A field of the input is malformed."""

    code = "invalid_input"


class InvalidSettings(CallerError):
    """A setting is unknown or out of range."""

    code = "invalid_settings"


class NotFitted(CallerError):
    """This model is not fitted yet; call fit first."""

    code = "not_fitted"


class NotFound(CallerError):
    """There is nothing under this name."""

    code = "not_found"


class Gone(CallerError):
    """This was there once, and is kept no longer."""

    code = "gone"


class NotAllowed(CallerError):
    """This key or session may not do that."""

    code = "not_allowed"


class MemberErased(NotAllowed):
    """This member was erased; nothing more is taken under this id."""

    code = "member_erased"


class TooMuch(CallerError):
    """The request is larger than the limit."""

    code = "too_much"


class OperatorError(PasandError):
    """The installation needs its operator."""

    code = "operator_error"


class StoreUnavailable(OperatorError):
    """The store cannot be read or written just now; check the disk, then try again."""

    code = "store_unavailable"


class Overloaded(OperatorError):
    """More comes in than can be written; send the same again a little later."""

    code = "overloaded"


class HomeBusy(OperatorError):
    """Another process owns this home; stop it, or let the command talk to it."""

    code = "home_busy"


class SnapshotDamaged(OperatorError):
    """A model snapshot does not match its manifest; run `pasand learn` to make a new one."""

    code = "snapshot_damaged"


class SnapshotRefused(OperatorError):
    """A model snapshot did not pass the gate; what is live stays."""

    code = "snapshot_refused"


class MissingExtra(OperatorError):
    """An optional dependency is not installed."""

    code = "missing_extra"
