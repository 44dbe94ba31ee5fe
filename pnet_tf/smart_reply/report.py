"""What a building found, as a dataclass for programs and as a page for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .build import Built
from .inventory import Rejected
from .rows import Row
from .seeds import SILENT
from .topics import is_silent
from .wanted import Options

EXAMPLES, OF_TOPIC = 10, 4
UNPLACED = 40
MOST_SHOWN = 60
"""Characters of a response of a silent label."""


@dataclass(frozen=True)
class IntentReport:
    """An intent: its role or None, the pairs of train with its responses, how many different ones
    these are, and examples of responses and of train messages with its label.
    """

    name: str
    role: str | None
    pairs: int
    responses: int
    examples: tuple[str, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True)
class TopicReport:
    """A silent label: its rows of train, and examples of responses of them."""

    name: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SplitReport:
    """Rows of a table; `answered_share` (0..1) have an intent, `soft` several; rows `dropped`."""

    split: str
    rows: int
    answered_share: float
    soft: int
    dropped: int


@dataclass(frozen=True)
class BuildReport:
    """What was read, kept and thrown away, and what became of it.

    `pairs` of train; `kept_share` (0..1) of them have one of the `responses` kept, `placed_share`
    one of the `placed` that have an intent. `unplaced`: (response, count) of kept ones without.
    `silent_pairs`: pairs of train whose message has no intent, of which the table has some;
    `mixed_pairs` have a message with an intent and a response without, and make no row;
    `unlabelled` different messages of silent pairs without a row.
    `skipped`: split -> reason -> rows that made no pair. `edges`: of the graph of responses.
    `fewest`: the count that was needed. `names_checked`: whether capitals told names.
    """

    folder: str
    source: str
    divided: bool
    options: Options
    pairs: int
    fewest: int
    names_checked: bool
    responses: int
    kept_share: float
    placed: int
    placed_share: float
    edges: int
    silent_pairs: int
    mixed_pairs: int
    unlabelled: int
    intents: tuple[IntentReport, ...]
    topics: tuple[TopicReport, ...]
    splits: tuple[SplitReport, ...]
    rejected: tuple[Rejected, ...]
    unplaced: tuple[tuple[str, int], ...]
    skipped: Mapping[str, Mapping[str, int]]


@dataclass
class Seen:
    """What a report tells of the rows of a table: they pass by `over` once and are not kept.

    `messages`: label -> the first different messages with it, EXAMPLES at most. `silent`: silent
    label -> its rows and the first different responses of them, OF_TOPIC at most. `skipped`: reason
    -> rows of the split that made no pair, None where its table was not read for it alone.
    """

    rows: int = 0
    answered: int = 0
    soft: int = 0
    messages: dict[str, list[str]] = field(default_factory=dict)
    silent: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    skipped: dict[str, int] | None = None

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """`rows` as they are, counted."""
        for row in rows:
            self.rows += 1
            self.answered += not is_silent(row.label)
            self.soft += row.soft is not None
            shown = self.messages.setdefault(row.label, [])
            if len(shown) < EXAMPLES and row.text not in shown:
                shown.append(row.text)
            if is_silent(row.label):
                count, said = self.silent.get(row.label, (0, []))
                more = len(said) < OF_TOPIC and row.response not in said
                self.silent[row.label] = count + 1, [*said, row.response] if more else said
            yield row


def make_report(
    built: Built, folder: str, seen: Mapping[str, Seen] | None = None, unlabelled: int | None = None
) -> BuildReport:
    """The report of a building that is written to `folder`.

    `seen`: split -> what its rows were, `unlabelled`: how many messages; None: those of `built` are
    gone through.
    """
    seen = _seen(built) if seen is None else seen
    unlabelled = sum(1 for _ in built.unlabelled) if unlabelled is None else unlabelled
    kept, found = built.inventory, built.intents
    of = found.of.tolist()
    unplaced = [r for r, place in zip(kept.responses, of, strict=True) if place < 0]
    placed = sum(response.count for response in built.responses)
    return BuildReport(
        folder=folder,
        source=built.source.title,
        divided=built.source.divided,
        options=built.options,
        pairs=kept.pairs,
        fewest=kept.fewest,
        names_checked=kept.names_checked,
        responses=len(kept.responses),
        kept_share=kept.covered,
        placed=len(built.responses),
        placed_share=placed / kept.pairs,
        edges=found.edges,
        silent_pairs=built.silent,
        mixed_pairs=built.mixed,
        unlabelled=unlabelled,
        intents=tuple(_intents(built, seen["train"])),
        topics=tuple(_topics(built, seen["train"])),
        splits=tuple(_splits(built, seen)),
        rejected=kept.rejected,
        unplaced=tuple((response.text, response.count) for response in unplaced[:UNPLACED]),
        skipped={split: dict(table.skipped) for split, table in seen.items()
                 if table.skipped is not None},
    )


def _seen(built: Built) -> dict[str, Seen]:
    found = {split: Seen() for split in built.tables}
    for split, table in found.items():
        for _ in table.over(built.tables[split]):
            pass
        read = built.source.skipped.get(split)
        table.skipped = None if read is None else read.skipped
    return found


def _intents(built: Built, train: Seen) -> Iterator[IntentReport]:
    responses: defaultdict[str, list[str]] = defaultdict(list)
    pairs: Counter[str] = Counter()
    for response in built.responses:
        responses[response.intent].append(response.text)
        pairs[response.intent] += response.count
    for name in built.intents.names:
        examples = tuple(responses[name][:EXAMPLES])
        yield IntentReport(name, built.intents.roles.get(name), pairs[name], len(responses[name]),
                           examples, tuple(train.messages.get(name, ())))  # fmt: skip


def _topics(built: Built, train: Seen) -> Iterator[TopicReport]:
    for name in built.topics.labels():
        rows, said = train.silent.get(name, (0, []))
        yield TopicReport(name, rows, tuple(said))


def _splits(built: Built, seen: Mapping[str, Seen]) -> Iterator[SplitReport]:
    for split, table in seen.items():
        share = table.answered / table.rows if table.rows else 0.0
        yield SplitReport(split, table.rows, share, table.soft, built.dropped.get(split, 0))


def report_page(report: BuildReport) -> str:
    """The report as Markdown."""
    lines = [
        "# What the conversations gave", "",
        *_sizes(report), "", *_tables(report), "",
        "## Intents", "",
        "To change them: edit `seeds.tsv` (a response, a tab, its intent) and build again with "
        "`--seeds seeds.tsv`, into another folder. `--intents N` asks for more or fewer, "
        "`--confidence X` (now "
        f"{report.options.least_confidence:g}) takes responses that are less, or more, alike. "
        "Texts and roles are in `replies.json`.", "",
        *(line for intent in report.intents for line in _intent(intent)),
        *_silent(report), *_without(report), *_thrown(report),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _sizes(report: BuildReport) -> Iterator[str]:
    yield f"* {report.pairs:,} pairs to learn from."
    yield (f"* {report.responses:,} different responses are short, safe and frequent: found "
           f"{report.fewest} times or more (`--fewest`). They answer {report.kept_share:.1%} of "
           "the pairs.")  # fmt: skip
    yield (f"* {report.placed:,} of them have one of {len(report.intents)} intents; these answer "
           f"{report.placed_share:.1%} of the pairs.")  # fmt: skip
    if not report.names_checked:
        yield "* Capitals tell no names here: look for names among the responses yourself."
    for split, reasons in report.skipped.items():
        for reason, rows in sorted(reasons.items()):
            yield f"* {rows:,} rows of {split} made no pair: {reason}."


def _tables(report: BuildReport) -> Iterator[str]:
    yield from ("## Tables", "", "| table | rows | with an intent | with several |",
                "|---|---|---|---|")  # fmt: skip
    for split in report.splits:
        yield f"| {split.split} | {split.rows:,} | {split.answered_share:.1%} | {split.soft:,} |"
    yield ""
    yield (f"`{SILENT}` is the label of messages that get no reply. Of {report.silent_pairs:,} "
           f"such pairs train has {report.options.silent_ratio:g} for each row with an intent "
           "(`--silent-ratio`), or all; valid and test have theirs as they come.")  # fmt: skip
    if report.mixed_pairs:
        yield (f"{report.mixed_pairs:,} pairs of train make no row: other responses to their "
               "messages have an intent, theirs has none.")  # fmt: skip
    if len(report.topics) > 1:
        yield (f"They are divided by their responses: {len(report.topics)} labels from "
               f"`{report.topics[0].name}` on (`--topics`), which are all silent.")  # fmt: skip
    if report.unlabelled:
        yield (f"`unlabelled.tsv` has {report.unlabelled:,} messages of such pairs without a row: "
               "a trainer can teach the model on them (`train --unlabelled`).")  # fmt: skip
    if report.divided:
        yield "The tables were divided by messages: equal ones are in one table."
    if dropped := sum(split.dropped for split in report.splits):
        yield f"{dropped:,} such rows of valid and test were left out, for train has none."


def _intent(intent: IntentReport) -> Iterator[str]:
    role = f", {intent.role}" if intent.role else ""
    yield f"### {_plain(intent.name)}"
    yield ""
    several = "" if intent.responses == 1 else "s"
    yield f"{intent.pairs:,} pairs, {intent.responses} response{several}{role}."
    yield ""
    yield f"* responses: {' | '.join(map(_plain, intent.examples))}"
    yield f"* messages: {' | '.join(map(_plain, intent.messages)) or 'none with this label first'}"
    yield ""


def _silent(report: BuildReport) -> Iterator[str]:
    if len(report.topics) > 1:
        yield from ("## Silent labels", "", "| label | rows | responses |", "|---|---|---|")
        for topic in report.topics:
            said = " / ".join(_plain(text[:MOST_SHOWN]) for text in topic.examples)
            yield f"| {topic.name} | {topic.rows:,} | {said} |"
        yield ""


def _without(report: BuildReport) -> Iterator[str]:
    if report.unplaced:
        yield from ("## Kept responses without an intent", "")
        yield ("They are like no seed, or like several; name them in `seeds.tsv` to have them. The "
               "most frequent:")  # fmt: skip
        yield ""
        yield " | ".join(f"{_plain(text)} ({count})" for text, count in report.unplaced)
        yield ""


def _thrown(report: BuildReport) -> Iterator[str]:
    if report.rejected:
        yield from ("## Thrown away", "")
        yield from ("| why | responses | pairs | examples |", "|---|---|---|---|")
    for found in report.rejected:
        examples = ", ".join(f"{_plain(text)} ({n})" for text, n in found.examples[:EXAMPLES])
        yield f"| {found.reason} | {found.responses:,} | {found.pairs:,} | {examples} |"


def _plain(text: str) -> str:
    """`text` on one line of Markdown, its signs as they are and nothing hidden."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in shown)
