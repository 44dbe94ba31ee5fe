"""One self-contained HTML file with a strict Content-Security-Policy.

Scripts and styles run by their SHA-256 only, and nothing may be fetched: what a model or a message
holds cannot become code, and nothing leaves the page.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Block:
    """Data that the page's scripts read: bytes as base64, anything else as JSON."""

    name: str
    content: bytes | Mapping[str, Any]


def write_html(
    title: str, lead: str, style: str, scripts: Sequence[str], blocks: Sequence[Block],
    notes: Sequence[str] = (),
) -> str:  # fmt: skip
    """The page: `title` and `lead` are text, `scripts` run in order after all `blocks`.

    `notes` become comments: the licences of what the page holds.
    """
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))} 'wasm-unsafe-eval'; "
        f"style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(_shown(title))}</title>",
        *(f"<!-- {note} -->" for note in map(_checked_note, notes)),
        f"<style>{_checked(style)}</style>",
        f"<main><header><h1>{escape(_shown(title))}</h1>"
        f'<p id="state">{escape(lead)}</p></header></main>',
        "<noscript><p>This page needs JavaScript.</p></noscript>",
        *map(_block, blocks),
        *(f"<script>{_checked(script)}</script>" for script in scripts),
    ]
    return "\n".join(parts) + "\n"


def _shown(text: str) -> str:
    """Text of others without characters that cannot be seen."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _block(block: Block) -> str:
    if isinstance(block.content, bytes):
        kind, text = "application/octet-stream;base64", b64encode(block.content).decode()
    else:
        kind, text = "application/json", _json(block.content)
    return f'<script type="{kind}" id="{block.name}">{text}</script>'


def _json(content: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c")
    return safe.encode("utf-8", "replace").decode("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _checked(text: str) -> str:
    """A script or style as an HTML parser gives it back unchanged, which its hash needs."""
    low = text.lower()
    for odd in ("</script", "</style", "<!--", "\r", "\0"):
        if odd in low:
            raise InputError(f"a script or style of a page holds {odd!r}")
    return text


def _checked_note(note: str) -> str:
    if "--" in note or ">" in note:
        raise InputError(f"a note of a page holds -- or >: {note!r}")
    return note
