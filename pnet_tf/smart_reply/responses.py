"""responses.tsv: which response has which intent, for whoever has to map a response to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..data.labels import label_problem
from ..data.limits import shown
from ..errors import InputError
from ..files import read_text
from .normal import normal_form

RESPONSES_FILE = "responses.tsv"
HEADER = ("response", "intent", "count", "confidence")


@dataclass(frozen=True)
class KnownResponse:
    """A response that has an intent: its surface form, pairs with it, score of the intent 0..1."""

    text: str
    intent: str
    count: int
    confidence: float


ResponseTable = Mapping[str, KnownResponse]
"""Normal form -> response."""


def intent_of(response: str, table: ResponseTable) -> str | None:
    """The intent of the response whose normal form is that of `response`, None for none."""
    found = table.get(normal_form(response))
    return None if found is None else found.intent


def responses_text(responses: Iterable[KnownResponse]) -> str:
    """The table that `read_responses` reads."""
    rows = (f"{r.text}\t{r.intent}\t{r.count}\t{r.confidence:.3f}\n" for r in responses)
    return "\t".join(HEADER) + "\n" + "".join(rows)


def read_responses(path: str | Path) -> dict[str, KnownResponse]:
    """Normal form -> response of a table, or of RESPONSES_FILE in a folder.

    Raises InputError that names the row, also for two responses of one normal form.
    """
    place = Path(path) / RESPONSES_FILE if Path(path).is_dir() else Path(path)
    lines = read_text(place).split("\n")
    if tuple(lines[0].rstrip("\r").split("\t")) != HEADER:
        raise InputError(
            f"{place}: the first row is {shown(lines[0])}; allowed: {', '.join(HEADER)} with tabs "
            "between"
        )
    found: dict[str, KnownResponse] = {}
    for row, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        response = _response(line.rstrip("\r").split("\t"), f"{place} row {row}")
        if found.setdefault(normal_form(response.text), response) is not response:
            raise InputError(
                f"{place} row {row}: {shown(response.text)} is there before; allowed: once"
            )
    if not found:
        raise InputError(f"{place}: a header and no row; needed: a response")
    return found


def _response(cells: list[str], where: str) -> KnownResponse:
    try:
        text, intent, count, confidence = cells
        found = KnownResponse(text, intent, int(count), float(confidence))
    except ValueError:
        raise InputError(f"{where}: {shown(cells)}; allowed: {', '.join(HEADER)}") from None
    for value in (text, intent):
        if problem := label_problem(value):
            raise InputError(f"{where}: a cell {problem}")
    if found.count < 1 or not 0 <= found.confidence <= 1:
        raise InputError(f"{where}: {shown(cells)}; allowed: a count from 1, a confidence 0..1")
    return found
