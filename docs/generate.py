"""Write the pages of docs/ that the code itself knows best: settings, recipes, commands, tables.

    python docs/generate.py

Whole files, and what stands between `<!-- generated: NAME -->` and `<!-- end -->` in written pages.
Same code, same files; a test says when one of them is out of date.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from pnet_tf.cli import main as commands
from pnet_tf.compress.keras_file import CompressReport
from pnet_tf.data import describe_formats, limits
from pnet_tf.export.report import ExportReport
from pnet_tf.files import MOST_TEXT_BYTES
from pnet_tf.graph import PropagationReport
from pnet_tf.names import HEADS, LOSS_TERMS, PROJECTIONS, QUANTIZATIONS, TRAINERS, Names
from pnet_tf.packing.apps import AppReport
from pnet_tf.packing.container import PackReport
from pnet_tf.page.make import WrittenPage
from pnet_tf.parsing import allowed, options_of, to_plain
from pnet_tf.report.make import WrittenReport
from pnet_tf.runs.evaluate import RunEvaluation
from pnet_tf.runs.label_next import LabelNextReport
from pnet_tf.runs.teach import TeachReport
from pnet_tf.runs.train import TrainReport
from pnet_tf.schema import settings_schema
from pnet_tf.search.records import SweepReport
from pnet_tf.settings import (
    DEFAULT_RECIPES,
    Augment,
    GraphSettings,
    LossSettings,
    Schedule,
    Settings,
    UnlabelledSettings,
    read_recipe,
    recipe_names,
)
from pnet_tf.smart_reply.evaluate import ReplyEvaluation
from pnet_tf.smart_reply.report import BuildReport
from pnet_tf.synthesis.generate import GenerateReport
from pnet_tf.synthesis.result import SynthesisReport
from pnet_tf.tflite import isolation, model, reader
from pnet_tf.tflite.benchmark import BenchmarkResult
from pnet_tf.tflite.compatibility import ALLOWED_OPERATORS
from pnet_tf.tflite.evaluate import Evaluation
from pnet_tf.tflite.inspect import ModelInfo
from pnet_tf.tflite.metadata import ModelMetadata
from pnet_tf.tflite.model import Answer

DOCS = Path(__file__).resolve().parent
_MADE = "<!-- Made by docs/generate.py; `make docs` renews it. -->\n\n"
_FILLED = ("input_shape", "outputs")
_BORROWED = ("functions", "bits", "seed")
_RESULTS: Mapping[str, tuple[type, ...]] = {
    "train": (TrainReport,),
    "teach": (TeachReport,),
    "label-next": (LabelNextReport,),
    "export": (ExportReport,),
    "compress": (CompressReport,),
    "synthesize": (SynthesisReport,),
    "generate": (GenerateReport,),
    "pack": (PackReport,),
    "unpack": (PackReport,),
    "evaluate": (Evaluation, RunEvaluation),
    "predict": (Answer,),
    "inspect": (ModelInfo,),
    "benchmark": (BenchmarkResult,),
    "page": (WrittenPage,),
    "report": (WrittenReport,),
    "android": (AppReport,),
    "bits": (SweepReport,),
    "propagate": (PropagationReport,),
    "smart-reply evaluate": (ReplyEvaluation,),
    "smart-reply build": (BuildReport,),
}
_LISTS = ("predict",)
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def whole_files() -> dict[str, str]:
    """Name below docs/ -> content of each file that is generated as a whole."""
    schema = json.dumps(settings_schema(), indent=1, ensure_ascii=False) + "\n"
    return {
        "settings.schema.json": schema,
        "reference/settings.md": _MADE + settings_page(),
        "reference/recipes.md": _MADE + recipes_page(),
        "reference/commands.md": _MADE + commands_page(),
    }


def parts() -> dict[str, str]:
    """Name -> content of each part of a written page."""
    return {
        "modes": modes_table(),
        "operators": operators_table(),
        "limits": limits_table(),
        "metadata": class_table(ModelMetadata),
        "formats": "".join(f"* {line}\n" for line in describe_formats()),
    }


def with_parts(text: str) -> str:
    """A written page with each of its parts renewed; KeyError for one that does not exist."""
    known = parts()
    pattern = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}\n{known[found[2]]}\n{found[3]}", text)


def main() -> None:
    """Write all of them."""
    for name, content in whole_files().items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(content, encoding="utf-8")
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(with_parts(text), encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in row)} |\n"
                   for row in lines)  # fmt: skip


def code(value: Any) -> str:
    """`value` as JSON in backticks."""
    return f"`{json.dumps(to_plain(value), ensure_ascii=False)}`"


def settings_page() -> str:
    """Every key of a settings file, and the options of everything that has a name."""
    schema = settings_schema()
    definitions = schema["$defs"]
    page = [
        "# Settings\n\n",
        "Keys of a settings file, of a recipe, and of the changes that `fit`, `train` and ",
        "`make_settings` take. Each is optional: what is left out is as the recipe has it. ",
        "The default in the tables is that of a recipe which leaves it out too. `description` and ",
        "`$schema` are for people and their editors. The same as a JSON schema: ",
        "[settings.schema.json](../settings.schema.json), or `pnet-tf settings --schema`.\n\n",
        "## The file\n\n",
        settings_table(Settings, schema["properties"]),
    ]
    for title, name, made in (
        ("loss", "LossSettings", LossSettings),
        ("schedule", "Schedule", Schedule),
        ("augment", "Augment", Augment),
        ("graph", "GraphSettings", GraphSettings),
        ("unlabelled", "UnlabelledSettings", UnlabelledSettings),
    ):
        page += [f"\n## {title}\n\n", _text(made), "\n\n",
                 settings_table(made, definitions[name]["properties"])]  # fmt: skip
    page += ["\n## Projections\n\n", "`projection.name`, and its options beside it.\n"]
    page += _named(PROJECTIONS)
    page += ["\n## Heads\n\n", "`head.name`, and its options beside it. `functions`, `bits` and "
             "`seed` are those of the projection unless given.\n"]  # fmt: skip
    page += _named(HEADS)
    page += ["\n## Trainers\n\n", "`trainer.name`, and its options beside it: `none`, ",
             "`module:function` (its one option is `byte_length`, for texts), `ensemble:a+b` (the ",
             "mean of the logits of several, trained jointly; each has its options in an object ",
             'under its name: `{"name": "ensemble:gru+tfidf", "gru": {"units": 64}}`), or\n']
    page += _trainers()
    page += ["\n## Loss terms\n\n", "The weights and options of the paper's three are those of ",
             "`loss`; further ones are keys of `loss.terms`.\n"]  # fmt: skip
    page += _named(LOSS_TERMS)
    return "".join(page)


def settings_table(made: type, properties: Mapping[str, Any]) -> str:
    """Key, type and range, default and meaning of each field of a settings class."""
    rows = []
    info = msgspec.inspect.type_info(made)
    assert isinstance(info, msgspec.inspect.StructType)
    for item in info.fields:
        known = properties[item.encode_name]
        described = known.get("description") or f"See [{item.name}](#{item.name})."
        rows.append((f"`{item.name}`", _range(item.name, item.type), _default(item), described))
    return table(("key", "type", "default", "meaning"), rows)


def _range(name: str, kind: msgspec.inspect.Type) -> str:
    if name in ("projection", "head", "trainer"):
        return f"an object with a name, see [{name}s](#{name}s)"
    return allowed(kind)


def _default(item: msgspec.inspect.Field) -> str:
    if item.default is not msgspec.NODEFAULT:
        plain = not isinstance(item.default, msgspec.Struct)
        return code(item.default) if plain else ""
    if item.default_factory is not msgspec.NODEFAULT:
        return code(item.default_factory())
    return "the recipe's"


def _named(names: Names) -> list[str]:
    page = []
    for name in names.names():
        made = names.get(name)
        beside = () if inspect.isclass(made) else _FILLED
        page += [f"\n### {names.what} `{name}`\n\n", _text(made), "\n\n"]
        borrowed = _BORROWED if names is HEADS else ()
        page.append(options_table(made, options_of(made, beside=beside), borrowed))
    return page


def options_table(made: Any, hints: Mapping[str, Any], borrowed: Sequence[str] = ()) -> str:
    """Option, type and default, from a signature; `borrowed` ones are the projection's."""
    parameters = inspect.signature(made).parameters
    rows = []
    for name, hint in hints.items():
        default = parameters[name].default
        words = "needed" if default is inspect.Parameter.empty else code(default)
        words = "the projection's" if name in borrowed else words
        rows.append((f"`{name}`", allowed(msgspec.inspect.type_info(hint)), words))
    return table(("option", "type", "default"), rows)


def _trainers() -> list[str]:
    page = []
    for name in TRAINERS.names():
        made = TRAINERS.get(name)
        for network in made if isinstance(made, tuple) else (made,):
            page += [f"\n### trainer `{name}` for {network.kind}\n\n", _text(network.build), "\n\n"]
            info = msgspec.inspect.type_info(network.options)
            rows = [(f"`{item.name}`", allowed(item.type), code(item.default))
                    for item in info.fields]  # fmt: skip
            page.append(table(("option", "type", "default"), rows))
    return page


def recipes_page() -> str:
    """Every recipe as its file has it."""
    defaults = {recipe: kind for kind, recipe in DEFAULT_RECIPES.items()}
    page = ["# Recipes\n\n", "Settings by name, for `--recipe NAME` and `fit(..., recipe=NAME)`. ",
            "Each is a JSON file in `pnet_tf/recipes`, laid over nothing: what it leaves out has ",
            "the default of [the settings](settings.md).\n"]  # fmt: skip
    for name in recipe_names():
        recipe = read_recipe(name)
        kind = f" The default for {defaults[name]} inputs." if name in defaults else ""
        page += [f"\n## {name}\n\n", recipe.pop("description"), kind, "\n\n"]
        rows = [json.dumps({key: value})[1:-1] for key, value in recipe.items()]
        page += ["```json\n{\n ", ",\n ".join(rows), "\n}\n```\n"]
    return "".join(page)


def commands_page() -> str:
    """Every command: arguments, options, keys of its JSON."""
    page = ["# Commands and their JSON\n\n", "What [the command line](../command-line.md) takes ",
            "and what `--json` writes, one section a command.\n"]  # fmt: skip
    for name, command in _all_commands():
        page += _command(name, command)
    page.append("\n## Objects within\n\nWhat the results above hold.\n")
    for inner in _inner(made for classes in _RESULTS.values() for made in classes):
        page += [f"\n### {inner.__name__}\n\n", _text(inner), "\n\n", class_table(inner)]
    return "".join(page)


def _all_commands() -> Iterable[tuple[str, click.Command]]:
    """Every command by its name, those of a group behind the group's."""
    for name, command in commands.commands.items():
        inner = command.commands if isinstance(command, click.Group) else {}
        yield from ((f"{name} {below}", one) for below, one in inner.items())
        if not inner:
            yield name, command


def _command(name: str, command: click.Command) -> list[str]:
    whole = click.Context(commands, info_name="pnet-tf", **commands.context_settings)
    context = click.Context(command, whole, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    page = [f"\n## {name}\n\n", _escaped(inspect.cleandoc(command.help or "")), "\n\n",
            f"    pnet-tf {name} {usage}\n\n"]  # fmt: skip
    records = [item.get_help_record(context) for item in command.get_params(context)]
    rows = [(f"`{option}`", _escaped(text)) for option, text in filter(None, records)]
    page.append(table(("option", "meaning"), rows))
    for made in _RESULTS.get(name, ()):
        what = "A list, for each input" if name in _LISTS else "JSON"
        page += [f"\n{what}: {made.__name__}. ", _text(made), "\n\n", class_table(made)]
    return page


def class_table(made: type) -> str:
    """Key and type of each field of a result."""
    hints = typing.get_type_hints(made)
    rows = [(f"`{item.name}`", json_words(hints[item.name])) for item in dataclasses.fields(made)]
    return table(("key", "type"), rows)


def json_words(hint: Any) -> str:
    """What a type hint is in JSON, in words."""
    inner = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        named = [json_words(item) for item in inner if item is not types.NoneType]
        return " or ".join([*named, "null"])
    origin = typing.get_origin(hint)
    if origin is tuple:
        return f"list of {json_words(inner[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"object, each {json_words(inner[1])}"
    if dataclasses.is_dataclass(hint):
        return str(getattr(hint, "__name__", hint))
    return _WORDS.get(hint, "any")


def _inner(classes: Iterable[type]) -> list[type]:
    """Dataclasses within the fields of `classes`, each once, in order."""
    found: list[type] = []
    for made in classes:
        hints = typing.get_type_hints(made)
        for item in dataclasses.fields(made):
            for one in _dataclasses(hints[item.name]):
                found += [deeper for deeper in (one, *_inner([one])) if deeper not in found]
    return [made for made in found if made not in sum(_RESULTS.values(), ())]


def _dataclasses(hint: Any) -> list[type]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return [hint]
    return [one for inner in typing.get_args(hint) for one in _dataclasses(inner)]


def modes_table() -> str:
    """Every quantisation with what it promises."""
    rows = []
    for name in QUANTIZATIONS.names():
        mode = QUANTIZATIONS.get(name)
        must = "must run there" if mode.oldest else "tried there, the file says whether"
        rows.append((f"`{name}`", mode.describes, f"{mode.same_label:.1%}",
                     f"{mode.max_difference:g}", must))  # fmt: skip
    head = ("mode", "what the head is stored as", "same top label, at least",
            "difference of a score, at most", "oldest runtime")  # fmt: skip
    return table(head, rows)


def operators_table() -> str:
    """The allow-list, by newest version."""
    versions = sorted(set(ALLOWED_OPERATORS.values()))
    by = {v: [n for n, newest in ALLOWED_OPERATORS.items() if newest == v] for v in versions}
    rows = [(str(v), ", ".join(f"`{name}`" for name in names)) for v, names in by.items()]
    return table(("newest version", "operators"), rows)


def limits_table() -> str:
    """Every bound on what is read."""
    mib = 2**20
    rows = (
        ("table, after unpacking", f"{limits.MAX_TABLE_BYTES // mib:,} MiB"),
        ("archive or array file, after unpacking", f"{limits.MAX_TOTAL_BYTES // mib:,} MiB"),
        ("one image file", f"{limits.MAX_MEMBER_BYTES // mib} MiB"),
        ("pixels of one image", f"{limits.MAX_PIXELS:,}"),
        ("files of one archive", f"{limits.MAX_MEMBERS:,}"),
        ("unpacked bytes for a packed one", f"{limits.MAX_RATIO}, looked at above "
         f"{limits.RATIO_FLOOR_BYTES // mib} MiB (arrays: 64 MiB)"),
        ("settings file, config.json, labels.json", f"{MOST_TEXT_BYTES // mib} MiB"),
        ("model file", f"{model.MAX_MODEL_BYTES // mib} MiB"),
        ("one tensor of a model", f"{model.MAX_TENSOR_BYTES // mib} MiB"),
        ("things that a model's structure may point to", f"{reader.MAX_READS:,}"),
        ("trial run of a model", f"{isolation.PROBE_SECONDS:g} s, "
         f"{isolation.PROBE_MEMORY_BYTES // mib:,} MiB of memory beyond the runtime's own"),
    )  # fmt: skip
    return table(("what", "at most"), rows)


def _text(made: Any) -> str:
    """The docstring, which is Markdown but for its stars."""
    return _escaped(inspect.getdoc(made) or "")


def _escaped(text: str) -> str:
    """Stars, which docstrings have in formulas, outside of backticks."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*<])", r"\\\1", p) for p in pieces)


if __name__ == "__main__":
    main()
