"""Tables to fill in: cells that no spreadsheet runs, read back as they were."""

import pytest

from pnet_tf.data.sheet import as_given, safe_cell, sheet_text
from pnet_tf.data.tables import parse_table, read_texts

CELLS = {
    "plain": ("where r u", "where r u"),
    "a formula": ("=1+1", "'=1+1"),
    "plus": ("+1", "'+1"),
    "minus": ("- yes", "'- yes"),
    "at": ("@you", "'@you"),
    "after a space": (" =1", "' =1"),
    "after a tab": ("\t=1", "' =1"),
    "a wide one": ("\uff1d1", "'\uff1d1"),
    "inside": ("a=b", "a=b"),
    "an apostrophe": ("'tis", "'tis"),
    "escape": ("\x1b[31mred\x9b", " [31mred "),
    "lines": ("a\r\nb\u2028c", "a  b c"),
    "a lone surrogate": ("a\ud800", "a "),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "cell"), CELLS.values(), ids=CELLS)
def test_cells(text, cell):
    assert safe_cell(text) == cell
    if text.isprintable():
        assert as_given(cell) == text


@pytest.mark.parametrize("tabs", [False, True])
def test_a_table_is_read_as_it_was_written(tmp_path, tabs):
    texts = ['say "hi", now', "=cmd|' /C calc'!A0", "a\tb", "plain"]
    table = sheet_text(("text", "label"), [(text, "=x") for text in texts], tabs)
    path = tmp_path / ("t.tsv" if tabs else "t.csv")
    path.write_text(table)
    assert read_texts(path).tolist() == [texts[0], f"'{texts[1]}", "a b", "plain"]
    found = parse_table(table.encode(), path.name)
    assert found.labels == ["'=x"] * 4 and table.count("\n") == 5
