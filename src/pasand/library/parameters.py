"""Parameters: what a model's constructor was given, read and changed as scikit-learn does it.

A constructor only stores its parameters, under their own names; they are checked when a model is
fitted. So copies, grids and printed models need nothing but the constructor's signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from html import escape
from numbers import Integral, Real
from typing import Any, ClassVar, Self, TypeVar

from pasand.errors import InvalidInput

__all__ = ["Parameters", "filled"]

_Kind = TypeVar("_Kind")


class Parameters:
    """Reads, changes, checks and prints the parameters of a constructor."""

    #: The least and the largest value that a number may have.
    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {}
    #: Those that may be None.
    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the constructor's parameters with their defaults."""
        signature = inspect.signature(cls.__init__)
        return {
            name: parameter.default
            for name, parameter in signature.parameters.items()
            if name != "self" and parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` is there for scikit-learn and changes nothing."""
        return {name: getattr(self, name) for name in self.defaults()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters by name; what was fitted stays until ``fit`` is called again.

        Raises:
            InvalidInput: there is no parameter of that name.
        """
        known = self.defaults()
        for name in params:
            if name not in known:
                near = get_close_matches(name, known, 1) or [", ".join(known)]
                raise InvalidInput(
                    f"{type(self).__name__} has no parameter {name}.",
                    field=name,
                    fix=f"Did you mean {near[0]}?",
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def check_params(self) -> None:
        """Raise InvalidInput for a parameter that cannot be used."""
        for name, (low, high) in self.LIMITS.items():
            value = getattr(self, name)
            if value is None and name in self.OPTIONAL:
                continue
            kind = Integral if isinstance(self.defaults()[name], int) else Real
            number = isinstance(value, kind) and not isinstance(value, bool)
            if not number or not low <= value <= high:
                what = "a whole number" if kind is Integral else "a number"
                none = ", or None" if name in self.OPTIONAL else ""
                raise InvalidInput(
                    f"{name} is {value!r}.",
                    field=name,
                    fix=f"Give {what} from {low:g} to {high:g}{none}.",
                )

    def changed_params(self) -> dict[str, Any]:
        """Return the parameters that are not at their defaults."""
        given, default = self.get_params(), self.defaults()
        return {name: value for name, value in given.items() if value != default[name]}

    def __repr__(self) -> str:
        written = ", ".join(f"{name}={value!r}" for name, value in self.changed_params().items())
        return f"{type(self).__name__}({written})"

    def _repr_html_(self) -> str:
        changed = self.changed_params()
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{'<b>' if name in changed else ''}"
            f"{escape(repr(value))}{'</b>' if name in changed else ''}</td></tr>"
            for name, value in self.get_params().items()
        )
        return (
            f"<details><summary>{escape(repr(self))}: {escape(self.state())}</summary>"
            f"<table>{rows}</table></details>"
        )

    def state(self) -> str:
        """Return in a few words what is known beside the parameters."""
        return ""


def filled(kind: type[_Kind], model: Parameters, **more: Any) -> _Kind:
    """Return a dataclass of settings from the parameters of the same names, and ``more``."""
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{n: v for n, v in model.get_params().items() if n in wanted}, **more)
