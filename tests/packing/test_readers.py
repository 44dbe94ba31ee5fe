"""What an app or a page takes with it to read a `.ptz` stays small, in each language."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KOTLIN = "android_demo/core/src/main/kotlin/org/pnettf/core"
MOST_LINES = 200
READERS = {
    "python": ("pnet_tf/packing/decoder.py", "pnet_tf/packing/models.py"),
    "kotlin": (f"{KOTLIN}/PackedFile.kt", f"{KOTLIN}/Decisions.kt"),
    "javascript": ("pnet_tf/page/web/unpack.mjs", "pnet_tf/page/web/decisions.mjs"),
}


@pytest.fixture
def code_lines(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from code_lines import code_lines

    return code_lines


@pytest.mark.parametrize("language", READERS)
def test_a_reader_is_short_and_its_page_says_how_short(language, code_lines):
    total = sum(code_lines(ROOT / name) for name in READERS[language])
    assert total < MOST_LINES
    page = (ROOT / "docs" / "packing.md").read_text(encoding="utf-8")
    row = next(line for line in page.lower().splitlines() if line.startswith(f"| {language}"))
    assert f"| {total} |" in row


@pytest.mark.parametrize("name, text, lines", [
    ("a.py", '"""What\nit is."""\n\nX = """a\nb"""  # two\n# none\n\ndef f():\n    """No."""\n', 3),
    ("a.kt", "/** What\n * it is. */\nval a = 1 // one\n\n// none\nval b = /* 2 */ 3\n", 2),
    ("a.mjs", "// none\n\nconst a = 1;\n  // none\n/* none */\n", 1),
])  # fmt: skip
def test_lines_of_code_by_hand(name, text, lines, code_lines, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert code_lines(tmp_path / name) == lines
