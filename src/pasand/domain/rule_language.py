"""The language of operators' rules: one line a rule, read by our own parser and never evaluated.

    filter when item.genre has "Horror" and member.is_child
    boost 1.5 when item.released within 30 days and request.device == "tv"
    bury 0.5 when item.stock < 3
    pin item "t42" to row 2 column 1 when member.country == "PK"
    pin row "trending" to row 1
    cap 3 per page when item.type == "series"

What is unknown of an item fulfils no comparison, neither ``==`` nor ``!=``; ``not`` turns a whole
test round. An error names the place and, where there is one, the nearest name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from pasand.domain.rule_fields import FIELDS, Field
from pasand.errors import InvalidInput

__all__ = ["AllOf", "AnyOf", "Check", "Directive", "Expression", "Not", "parse_rule"]

LENGTH_MAX = 2_000
DEPTH_MAX = 20
LIST_MAX = 200
PLACE_MAX = 60
FACTOR_MAX = 100.0

_UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_OPERATORS = {
    "text": ("==", "!=", "in", "not in"),
    "number": (*_COMPARISONS, "in", "not in"),
    "words": ("has",),
    "past": ("within",),
    "ahead": ("within",),
}
_EXAMPLES = {
    "text": '{} == "..." or {} in ["...", "..."]',
    "number": "{} < 10",
    "words": '{} has "..." or {} has ["...", "..."]',
    "past": "{} within 30 days",
    "ahead": "{} within 30 days",
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)(?![\w.])"""
    r"""|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>==|!=|<=|>=|[<>()\[\],]))"""
)
_is_country = re.compile(r"[A-Z]{2}").fullmatch

Value = tuple[str, ...] | tuple[float, ...] | bool


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison. ``op`` is in, not in, has, within, is or one of < <= > >=; ``value`` holds
    what is compared with, milliseconds for ``within``.
    """

    field: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is not."""

    part: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where all parts are."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where a part is."""

    parts: tuple[Expression, ...]


Expression = Check | Not | AllOf | AnyOf | bool


@dataclass(frozen=True, slots=True)
class Directive:
    """What a rule does, and when. ``factor`` is of boost and bury; ``target`` (row or item),
    ``name``, ``row`` (0 is the hero) and ``column`` of pin; ``count`` and ``per`` of cap.
    """

    verb: str
    when: Expression = True
    factor: float = 1.0
    target: str = ""
    name: str = ""
    row: int = 0
    column: int = 1
    count: int = 0
    per: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: text, number, name, sign or end; ``at`` is where it begins in the rule."""

    kind: str
    text: str
    at: int


def parse_rule(text: str) -> Directive:
    """Return what one line says.

    Raises:
        InvalidInput: it cannot be read; the message names the place, ``fix`` the nearest name.
    """
    return _Parser(text).rule()


class _Parser:
    """Reads one rule from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) > LENGTH_MAX:
            _refuse(LENGTH_MAX, f"The rule is longer than {LENGTH_MAX} characters.", "Shorten it.")
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def rule(self) -> Directive:
        """Return the whole rule."""
        verb = self._word(("filter", "boost", "bury", "pin", "cap"), "A rule begins with a verb")
        read = {"boost": self._factor, "bury": self._factor, "pin": self._pin, "cap": self._cap}
        said = read[verb.text](verb) if verb.text in read else Directive(verb.text)
        when: Expression = True
        if self._peek("when"):
            self._take()
            at = self._token.at
            when = self._any()
            if said.target == "row":
                self._without_items(when, at)
        elif said.verb != "pin":
            self._fail(f"{said.verb} needs a condition.", "Go on with: when item. ...")
        if self._token.kind != "end":
            self._fail(f"{self._said()} comes unexpectedly.", "Join conditions with and, or.")
        return Directive(
            said.verb, when, said.factor, said.target, said.name, said.row, said.column,
            said.count, said.per,
        )  # fmt: skip

    # Verbs

    def _factor(self, verb: Token) -> Directive:
        at = self._token.at
        factor = self._number(f"{verb.text} needs a factor")
        if verb.text == "boost" and not 1.0 < factor <= FACTOR_MAX:
            _refuse(at, f"A boost is above 1, at most {FACTOR_MAX:g}.", "Less than 1 is: bury.")
        if verb.text == "bury" and not 0.0 < factor < 1.0:
            _refuse(at, "To bury takes a factor between 0 and 1.", "More than 1 is: boost.")
        return Directive(verb.text, factor=factor)

    def _pin(self, verb: Token) -> Directive:
        target = self._word(("row", "item"), "pin what").text
        if self._token.kind != "text":
            self._fail(f"{self._said()} is no name in quotes.", f'Write: pin {target} "..." to ...')
        name = _unquoted(self._take().text)
        self._word(("to",), f"pin {target} where")
        if self._word(("row", "hero") if target == "item" else ("row",), "to where").text == "hero":
            return Directive("pin", target=target, name=name, row=0)
        row, column = self._place("row"), 1
        if target == "item" and self._peek("column"):
            self._take()
            column = self._place("column")
        return Directive("pin", target=target, name=name, row=row, column=column)

    def _cap(self, verb: Token) -> Directive:
        at = self._token.at
        count = self._number("cap needs a count")
        if count != int(count) or not 1 <= count <= 1_000:
            _refuse(at, "A cap is a whole number, 1 to 1000.", "To show none at all: filter.")
        self._word(("per",), "cap per what")
        return Directive("cap", count=int(count), per=self._word(("page", "row"), "per what").text)

    def _place(self, what: str) -> int:
        at = self._token.at
        place = self._number(f"{what} needs a number")
        if place != int(place) or not 1 <= place <= PLACE_MAX:
            _refuse(at, f"A {what} is a whole number, 1 to {PLACE_MAX}.", "Count from 1.")
        return int(place)

    # Conditions

    def _any(self) -> Expression:
        parts = [self._all()]
        while self._peek("or"):
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Expression:
        parts = [self._one()]
        while self._peek("and"):
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._fail("The condition is nested too deeply.", "Split it into several rules.")
        found: Expression
        if self._peek("not"):
            self._take()
            found = Not(self._one())
        elif self._token.text == "(":
            opened = self._take()
            found = self._any()
            if self._token.text != ")":
                _refuse(opened.at, "This bracket is not closed.", "Add )")
            self._take()
        else:
            found = self._check()
        self._depth -= 1
        return found

    def _check(self) -> Check:
        token = self._token
        if token.kind != "name":
            self._fail(f"{self._said()} is no condition.", 'Write: item.genre has "Horror"')
        field = FIELDS.get(token.text)
        if field is None:
            _refuse(token.at, f"There is no field {token.text}.", _nearest(token.text, FIELDS))
        self._take()
        if field.kind == "flag":
            return Check(token.text, "is", True)
        op = self._operator(token.text, field)
        if op == "within":
            return Check(token.text, op, (self._period(),))
        if op in ("in", "not in", "has") and self._token.text == "[":
            return Check(token.text, op, self._list(token.text, field))
        if op in ("in", "not in"):
            self._fail(f"{op} needs a list.", f"Write: {token.text} {op} [..., ...]")
        value = self._value(token.text, field)
        return Check(token.text, {"==": "in", "!=": "not in"}.get(op, op), (value,))  # type: ignore[arg-type]

    def _operator(self, name: str, field: Field) -> str:
        token, may = self._token, _OPERATORS[field.kind]
        op = self._take().text if token.kind != "end" else ""
        if op == "not" and self._peek("in"):
            op = f"not {self._take().text}"
        if op not in may:
            said = f"{op!r} does not compare {name}" if op else f"{name} is compared with nothing"
            _refuse(token.at, f"{said}.", f"Write: {_EXAMPLES[field.kind].format(name, name)}")
        return op

    def _period(self) -> float:
        count = self._number("within needs a number")
        units = (*_UNIT_MS, *(f"{unit}s" for unit in _UNIT_MS))
        unit = self._word(units, "within how long").text.removesuffix("s")
        return float(min(count * _UNIT_MS[unit], 2.0**52))

    def _list(self, name: str, field: Field) -> Value:
        opened = self._take()
        values = [self._value(name, field)]
        while self._token.text == ",":
            self._take()
            values.append(self._value(name, field))
        if self._token.text != "]":
            _refuse(opened.at, "This list is not closed.", "Put , between its values and ] behind.")
        self._take()
        if len(values) > LIST_MAX:
            _refuse(opened.at, f"The list has more than {LIST_MAX} values.", "Use a tag instead.")
        return tuple(values)  # type: ignore[return-value]

    def _value(self, name: str, field: Field) -> str | float:
        token = self._token
        if field.kind == "number":
            return self._number(f"{name} is a number")
        if token.kind != "text":
            fix = f'Write it in quotes: "{token.text}"' if token.kind != "end" else 'Add "..."'
            self._fail(f"{name} is compared with a text.", fix)
        text = _unquoted(self._take().text)
        if field.known and text not in field.known:
            _refuse(token.at, f"{name} is never {text!r}.", _nearest(text, field.known))
        if field.code and not _is_country(text):
            _refuse(token.at, f"{text!r} is no country.", 'Two capital letters: "PK".')
        return text

    def _without_items(self, when: Expression, at: int) -> None:
        """Refuse conditions on items where the rule is about a row."""
        if isinstance(when, Check) and when.field.startswith("item."):
            fix = "Use fields of member and request."
            _refuse(at, f"A row has no {when.field}.", fix)
        for part in getattr(when, "parts", ()) or filter(None, [getattr(when, "part", None)]):
            self._without_items(part, at)

    # Tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _peek(self, word: str) -> bool:
        return self._token.kind == "name" and self._token.text == word

    def _said(self) -> str:
        return "The end" if self._token.kind == "end" else repr(self._token.text[:40])

    def _word(self, words: Sequence[str], asked: str) -> Token:
        if self._token.kind != "name" or self._token.text not in words:
            near = _nearest(self._token.text, words)
            self._fail(f"{asked}: {' or '.join(words)}; {self._said()} is none.", near)
        return self._take()

    def _number(self, asked: str) -> float:
        if self._token.kind != "number":
            self._fail(f"{asked}; {self._said()} is none.", "Write it with digits and a point: 1.5")
        return float(self._take().text)

    def _fail(self, message: str, fix: str) -> NoReturn:
        _refuse(self._token.at, message, fix)


def _tokens(text: str) -> list[Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            open_text = text[at] in "\"'"
            message = "This text is not closed." if open_text else f"{text[at]!r} means nothing."
            _refuse(at, message, "Close it with a quote." if open_text else "Leave it out.")
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, Token("end", "", end)]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _nearest(name: str, known: Sequence[str] | dict[str, Field]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."


def _refuse(at: int, message: str, fix: str) -> NoReturn:
    raise InvalidInput(f"{message} (character {at + 1})", field="rule", fix=fix)
