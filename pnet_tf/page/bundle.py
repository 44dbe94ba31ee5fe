"""The page's JavaScript modules as one script: a page opened from a file may load no modules.

Each module of `web/` becomes a function with a scope of its own, in the order of their imports.
What the modules may write is little: imports and exports of names, one a statement, at the start
of a line.
"""

from __future__ import annotations

import re
from importlib import resources

from ..errors import InputError

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: str) -> str:
    """`const x = (() => {...})();` of the module `entry` and all that it imports, leaves first."""
    done: dict[str, str] = {}
    _visit(entry, done, ())
    return "".join(done.values())


def source(name: str) -> str:
    """Text of a file of `web/`."""
    return (resources.files(__package__) / "web" / name).read_text(encoding="utf-8")


def _visit(name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise InputError(f"modules import each other in a ring: {' -> '.join((*above, name))}")
    if name in done:
        return
    text = source(f"{name}.mjs")
    for _, needed in _IMPORT.findall(text):
        _visit(needed, done, (*above, name))
    done[name] = _wrapped(name, text)


def _wrapped(name: str, text: str) -> str:
    names = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(r"const {\1} = $\2;" + "\n", text))
    left = _LEFT.search(body)
    if left:
        raise InputError(f"{name}.mjs: the bundler does not know {left.group()[:80]!r}")
    given = ", ".join(names)
    return f'const ${name} = (() => {{\n"use strict";\n{body}return {{ {given} }};\n}})();\n'
