"""A form that DATA may have: how it is told from the others, and how it is read.

Another package adds one by `names.DATA_FORMATS.register("jsonl", JSONL)` or by an entry point.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from .types import Source


@dataclass(frozen=True)
class Format:
    """One form of DATA.

    `title` is its name, `describes` what it looks like, in one line for `--help`. `matches` says
    whether a path, an existing file or folder, has this form; it is asked of formats in order, so
    it looks at the name or the folder and reads no file. `read(path, wanted, task)` gives the
    splits among `wanted` that are there, and raises InputError; `task` None leaves the choice to
    the reader. `endings` are those of its files in lower case, () for a folder.
    """

    title: str
    describes: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, Collection[str], str | None], Source]
    endings: tuple[str, ...] = ()


def files_ending_in(endings: tuple[str, ...]) -> Callable[[Path], bool]:
    """Whether a path is a plain file whose name ends in one of `endings`, in either case."""
    return lambda path: path.name.lower().endswith(endings) and path.is_file()
