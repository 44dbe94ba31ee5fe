"""Lines of code of files, without blank lines, comments and docstrings, and their sum.

python scripts/code_lines.py FILE...
"""

import ast
import io
import re
import tokenize
from pathlib import Path

import click

_NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip


def code_lines(path: Path) -> int:
    """Of a Python file, or of one whose comments are those of Kotlin and JavaScript."""
    text = path.read_text(encoding="utf-8")
    return _python(text) if path.suffix == ".py" else _other(text)


def _python(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    spans = [(t.start[0], t.end[0]) for t in tokens if t.type not in _NO_CODE]
    return len(_lines(spans) - _lines(_bare_strings(text)))


def _bare_strings(text: str) -> list[tuple[int, int]]:
    """First and last lines of strings that are statements."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.append((node.lineno, node.end_lineno or node.lineno))
    return found


def _lines(spans: list[tuple[int, int]]) -> set[int]:
    return {line for first, last in spans for line in range(first, last + 1)}


def _other(text: str) -> int:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return sum(1 for line in text.splitlines() if line.split("//")[0].strip())


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def main(paths: tuple[str, ...]) -> None:
    """Print the lines of PATHS."""
    counts = {path: code_lines(Path(path)) for path in paths}
    for path, count in counts.items():
        print(f"{count:6} {path}")
    print(f"{sum(counts.values()):6}")


if __name__ == "__main__":
    main()
