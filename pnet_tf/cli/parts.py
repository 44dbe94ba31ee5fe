"""What all commands share: errors as one sentence, results as JSON, names for options, consent."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..console.plain import as_plain
from ..console.screen import printable, speaks_unicode, survive_any_text
from ..data.replies import REPLIES_FILE
from ..errors import InputError, WorkError
from ..files import atomic_write_text, check_writable
from ..names import Names
from ..watches import EmbeddingWatch

_NEEDS_TENSORFLOW = "this command trains or exports and needs TensorFlow"
_MISSING = dict.fromkeys(
    ("tensorflow", "tf_keras", "tensorflow_model_optimization"), _NEEDS_TENSORFLOW
) | {"scipy": "this command needs SciPy"}
"""Packages that an install without TensorFlow may lack, and what to say of each."""
_UNSAFE = re.compile("[\x7f-\x9f]")


class Group(click.Group):
    """Turns errors into one sentence and an exit code: 2 bad input, 1 failed work."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        survive_any_text()
        if ctx.params.get("traceback"):
            os.environ["PNET_TF_TRACEBACK"] = "1"
        try:
            return super().invoke(ctx)
        except InputError as error:
            _fail(error, str(error), 2)
        except WorkError as error:
            _fail(error, str(error), 1)
        except ModuleNotFoundError as error:
            if error.name not in _MISSING:
                raise
            _fail(error, f"{_MISSING[error.name]}: install the extra, pnet-tf[train]", 2)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            _fail(error, f"{error.filename or 'a file'}: {error.strerror or error}", 1)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            _fail(error, f"internal error, {type(error).__name__}: {_line(error)}; "
                  "pnet-tf --traceback shows where", 1)  # fmt: skip
        return None


def _fail(error: Exception, message: str, code: int) -> None:
    if os.environ.get("PNET_TF_TRACEBACK") == "1":
        raise error
    click.echo(f"Error: {printable(message)}", err=True)
    sys.exit(code)


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]


class Command(click.Command):
    """Refuses, before any work, a `--json` that cannot be written or would overwrite an input.

    An error that says what an argument of a function must be says it of the option.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        target = ctx.params.get("json_path")
        if target not in (None, "-"):
            _check_json(str(target), ctx)
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise InputError(_by_option(str(error), self.params)) from error


def _by_option(message: str, params: Sequence[click.Parameter]) -> str:
    """`most_steps must be ...` as `--steps must be ...`."""
    name, must, rest = message.partition(" must ")
    options = [p.opts[0] for p in params if isinstance(p, click.Option) and p.name == name]
    return f"{options[0]}{must}{rest}" if must and options else message


def _check_json(target: str, ctx: click.Context) -> None:
    path = check_writable(target)
    check_no_run_file(target, "--json")
    for name, value in ctx.params.items():
        for other in value if isinstance(value, tuple) else (value,):
            same = isinstance(other, str) and name != "json_path" and other not in ("", "-")
            if same and _would_lose(path, Path(os.path.realpath(other))):
                raise InputError(f"{target} is another file of this command; give --json its own")


def _would_lose(target: Path, given: Path) -> bool:
    """Whether a result at `target` takes the place of what the command is given, or a part of it.

    In a folder an earlier result may be replaced, and nothing else.
    """
    if target == given:
        return True
    result = target.suffix.lower() == ".json" and target.name != REPLIES_FILE
    return target.is_relative_to(given) and target.is_file() and not result


def check_no_run_file(target: str, option: str) -> None:
    """Raise InputError when `target`, given as `option`, is a file that a run directory needs."""
    from ..runs.own import is_own

    if is_own(target):
        raise InputError(f"{target} is a file of a run itself; give another name for {option}")


class Named(click.Option):
    """An option whose help lists the names of a table, other packages' too, when it is shown."""

    def __init__(self, *args: Any, table: Names, more: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table, self.more = table, more

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The names, as the table has them now."""
        names = ", ".join((*self.table.names(), *filter(None, (self.more,))))
        self.help = f"One of {names}."
        return super().get_help_record(ctx)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json FILE`."""
    return click.option(
        "--json",
        "json_path",
        metavar="FILE",
        help="Write the result as JSON (- for standard output).",
    )(command)


def trust_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--trust`."""
    return click.option(
        "--trust",
        is_flag=True,
        help="Import the code that a run names as its trainer (module:function).",
    )(command)


def consent(trust: bool) -> Callable[[str], bool]:
    """Whether a run's code may be imported: as `--trust` says, else by asking at a terminal."""

    def ask(question: str) -> bool:
        if trust or not (sys.stdin and sys.stdin.isatty()):
            return trust
        return click.confirm(printable(question), default=False, err=True)

    return ask


@contextmanager
def shown_embedding() -> Iterator[None]:
    """Shows how far a sentence encoder is with the texts of the block."""
    from ..trainers import embedding_watch

    with EmbeddingWatch() as watch, embedding_watch(watch):
        yield


def give(result: Any, json_path: str | None, show: Callable[[], None]) -> None:
    """Print `result` by `show`, or write it as JSON; standard output is then JSON alone."""
    if json_path is None:
        show()
        return
    if json_path == "-":
        click.echo(_json(result, ascii_only=not speaks_unicode()), nl=False)
        return
    atomic_write_text(Path(json_path), _json(result))
    show()


def _json(result: Any, ascii_only: bool = False) -> str:
    text = json.dumps(as_plain(result), indent=1, ensure_ascii=ascii_only)
    # JSON itself escapes only the control characters below a space
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"
