"""The end of `compress`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from .screen import OUT, pairs, printable

if TYPE_CHECKING:
    from ..compress.keras_file import CompressReport


def show_compressed(report: CompressReport) -> None:
    """Bytes and scores, then a row a tensor."""
    test = "-" if report.test_score is None else f"{report.test_score:.4f}"
    before = "-" if report.base_test_score is None else f"{report.base_test_score:.4f}"
    pairs({
        "file": report.file,
        "weights": f"{report.size_bytes:,} bytes of {report.float32_bytes:,}, "
                   f"{report.ratio:.1f} times smaller",
        "score on valid": f"{report.score:.4f}, before {report.base_score:.4f}",
        "score on test": f"{test}, before {before}",
        "trials": report.trials,
    })  # fmt: skip
    table = Table(box=None, pad_edge=False)
    for column in ("tensor", "weights", "zeros", "values", "bytes", "times smaller"):
        table.add_column(column, justify="left" if column == "tensor" else "right")
    for one in report.tensors:
        table.add_row(
            printable(one.name), f"{one.size:,}", f"{one.zeros / one.size:.1%}", f"{one.values:,}",
            f"{one.size_bytes:,}", f"{one.float32_bytes / one.size_bytes:.1f}",
        )  # fmt: skip
    OUT.print(table)
    if report.keep_loss < report.standard_error:
        OUT.print(
            f"The score of the {report.valid_examples:,} examples of valid is good to "
            f"{report.standard_error:.4f}: on others more may be lost than the "
            f"{report.keep_loss:g} of --keep-loss.", highlight=False,
        )  # fmt: skip
