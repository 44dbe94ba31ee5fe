"""Code blocks of Markdown pages, and what each kind of block has to stand.

A block is a fence with a language. `title="NAME"` behind the language makes it a file of the page's
folder. An HTML comment on the line before it says what is special:

    <!-- not run: REASON -->   one of NOT_RUN
    <!-- output -->            what the block before it prints, exactly
    <!-- exit code N -->       what the commands of the block end with; otherwise 0
    <!-- not settings -->      JSON that is no settings file
    <!-- metadata -->          JSON as it stands in a model file
"""

import ast
import contextlib
import importlib
import io
import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

from click.testing import CliRunner

from pnet_tf import names
from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.settings import DEFAULT_RECIPES, make_settings
from pnet_tf.tflite.metadata import ModelMetadata

ROOT = Path(__file__).resolve().parents[1]
NOT_RUN = {
    "trains for minutes": "a command that does not pass through what makes the others quick",
    "needs other data": "data sets that the project does not ship",
    "needs Spark": "the extra spark, Java and perhaps a cluster",
    "another language": "no Python and no shell",
    "needs npm": "packages of JavaScript that npm brings",
}
LITERAL = {"git config core.symlinks true", "git checkout -- pnet_tf/export", ".ci/run"}
TABLES = {
    table.group: table
    for table in vars(names).values()
    if isinstance(table, names.Names)
}
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*) *(?:title=\"(?P<title>[^\"]+)\")?$")
_NOTE = re.compile(r"^ *<!-- (?P<note>.+) -->$")
_PREFIXES = ("not run: ", "exit code ")
_NOTES = ("output", "not settings", "metadata")


class Broken(AssertionError):
    """A block that does not do what its page says."""


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is that of its first line of text, `note` the comment before it."""

    page: Path
    line: int
    language: str
    title: str | None
    note: str
    text: str

    def broken(self, reason):
        return Broken(f"{self.page.name}:{self.line}: {reason}")


def read_blocks(page):
    """The blocks of a page in order; raises Broken for a fence that is not understood."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found, start = [], None
    for number, line in enumerate(lines):
        if start is None and line.lstrip().startswith("```"):
            start = number
        elif start is not None and line.strip() == "```":
            found.append(_block(page, lines, start, number))
            start = None
    if start is not None:
        raise Broken(f"{page.name}:{start + 1}: a block that does not end")
    return found


def _block(page, lines, start, end):
    fence = _FENCE.match(lines[start])
    if not fence or not fence["language"]:
        raise Broken(f"{page.name}:{start + 1}: {lines[start]!r} names no language")
    note = _NOTE.match(lines[start - 1]) if start else None
    indent = len(fence["indent"])
    text = "".join(line[indent:] + "\n" for line in lines[start + 1 : end])
    block = Block(
        page, start + 2, fence["language"], fence["title"], note["note"] if note else "", text
    )
    if block.note and block.note not in _NOTES and not block.note.startswith(_PREFIXES):
        raise block.broken(f"the comment {block.note!r} means nothing")
    return block


@dataclass
class Page:
    """A page that is being tried in `folder`: its names, and what was printed last."""

    path: Path
    folder: Path
    space: dict = field(default_factory=lambda: {"__name__": "__page__"})
    printed: str = ""

    def run(self):
        """Try every block in order; the number of them."""
        blocks = read_blocks(self.path)
        for block in blocks:
            self.try_block(block)
        return len(blocks)

    def try_block(self, block):
        """Raises Broken, or whatever the block's own code raises."""
        if block.note.startswith("not run: "):
            reason = block.note.removeprefix("not run: ")
            if reason not in NOT_RUN:
                raise block.broken(f"{reason!r} is no reason: {', '.join(NOT_RUN)}")
            return
        if block.title:
            target = self.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
            importlib.invalidate_caches()
        kind = getattr(self, f"_{block.language}", None)
        if kind is not None:
            kind(block)
        elif not block.title:
            raise block.broken(f"nobody tries {block.language!r}; give a reason not to")

    def _text(self, block):
        if block.note == "output" and block.text.strip() != self.printed.strip():
            raise block.broken(f"printed was\n{self.printed}")

    def _python(self, block):
        # so that a traceback names the line of the page
        source = "\n" * (block.line - 1) + block.text
        code = compile(source, str(block.page), "exec")
        if block.title:
            return
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, self.space)
        self.printed = out.getvalue()

    def _json(self, block):
        try:
            value = json.loads(block.text)
        except ValueError as error:
            raise block.broken(f"not JSON: {error}") from None
        if block.note == "metadata":
            keys = {item.name for item in fields(ModelMetadata)}
            if set(value) | {"ranking"} != keys:  # which only files of messages may have
                raise block.broken(f"the keys are not {', '.join(sorted(keys))}")
        elif block.note != "not settings":
            _check_settings(block, value)

    def _toml(self, block):
        for group, name, target in entry_points(block.text):
            if group not in TABLES:
                raise block.broken(f"no table has the group {group!r}")
            module, _, attribute = target.partition(":")
            if not hasattr(importlib.import_module(module), attribute):
                raise block.broken(f"{name}: {target} is not there")

    def _sh(self, block):
        note = block.note.removeprefix("exit code ")
        code = int(note) if note else 0
        self.printed = ""
        for line in shell_lines(block.text):
            words = shlex.split(line, comments=True)
            if words[:3] == ["python", "-m", "pnet_tf"]:
                words = ["pnet-tf", *words[3:]]
            if words and words[0] == "pnet-tf":
                self._command(block, words[1:], code)
            elif words and (problem := other_command_problem(words)):
                raise block.broken(f"{line}: {problem}")

    def _command(self, block, words, code):
        words, given, target = redirected(words)
        os.environ["PNET_TF_TRACEBACK"] = "0"  # --traceback is for one command
        text = (self.folder / given).read_bytes() if given else None
        result = CliRunner().invoke(main, words, input=text)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        if result.exit_code != code:
            raise block.broken(f"{shlex.join(words)}: exit code {result.exit_code}, not {code}: "
                               f"{result.output}")  # fmt: skip
        if target:
            (self.folder / target).write_text(result.stdout, encoding="utf-8")
        self.printed += result.output if code else result.stdout


def shell_lines(text):
    """Lines of a shell block, those that end in a backslash joined with the next."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def redirected(words):
    """Words without `< FILE` and `> FILE`, and both files or None."""
    files = {"<": None, ">": None}
    words = list(words)
    for sign in files:
        if sign in words:
            at = words.index(sign)
            files[sign] = words[at + 1]
            del words[at : at + 2]
    return words, files["<"], files[">"]


def other_command_problem(words):
    """What is wrong with a shell line that is none of `pnet-tf`; "" for an allowed one."""
    if shlex.join(words) in LITERAL:
        return ""
    if words[:2] == ["pip", "install"]:
        return _pip_problem(words[2:])
    if words[0] == "make":
        return _make_problem(words[1:])
    if words[0] == "python" and len(words) > 1:
        return _script_problem(words[1], words[2:])
    return "this form is not allowed"


def _pip_problem(words):
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    extras = re.search(r"extras_require=\{(.*?)\}", setup, re.DOTALL)[1]
    known = re.findall(r'"(\w+)":', extras)
    for word in words:
        wanted = re.fullmatch(r"\.(?:\[(\w+)\])?", word)
        if not wanted or (wanted[1] and wanted[1] not in known):
            return f"pip install takes . or .[EXTRA], one of {', '.join(known)}"
    return ""


def _make_problem(words):
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    known = set(re.findall(r"^(\w+) [?:]?=", text, re.MULTILINE))
    for word in words:
        name = word.partition("=")[0]
        if name not in (known if "=" in word else targets):
            return f"the Makefile has no {name}"
    return ""


def _script_problem(name, words):
    """The script must be there, and each of its options in it or in a script that it imports."""
    path = ROOT / name
    if path.parent.name not in ("scripts", "benchmarks", "docs") or not path.is_file():
        return f"there is no script {name}"
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            beside = path.parent / f"{node.module}.py"
            text += beside.read_text(encoding="utf-8") if beside.is_file() else ""
    missing = [w for w in words if w.startswith("--") and f'"{w}"' not in text]
    return f"{name} has no option {missing[0]}" if missing else ""


def entry_points(text):
    """(group, name, target) of each line below an `[project.entry-points."GROUP"]`."""
    group, found = None, []
    for line in text.splitlines():
        head = re.fullmatch(r'\[project\.entry-points\."([\w.]+)"\]', line.strip())
        entry = re.fullmatch(r'([\w-]+) = "([\w.]+:\w+)"', line.strip())
        if head:
            group = head[1]
        elif entry:
            found.append((group, entry[1], entry[2]))
    return found


def _check_settings(block, value):
    problems = []
    for kind in DEFAULT_RECIPES:
        try:
            make_settings(kind, value)
            return
        except InputError as error:
            problems.append(str(error))
    raise block.broken(problems[0])


@contextlib.contextmanager
def kept_tables(folder):
    """What a page registers is gone afterwards, and so are the modules that it wrote."""
    before = {group: dict(table._entries) for group, table in TABLES.items()}
    modules = set(sys.modules)
    try:
        yield
    finally:
        for group, table in TABLES.items():
            table._entries = before[group]
        for name in set(sys.modules) - modules:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]
