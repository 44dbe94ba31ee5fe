"""Who may import whom, as data, and the walk over the sources that finds who does."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KERAS = "_keras"
KERAS_PACKAGES = {"keras", "tf_keras"}
RUNTIME_PACKAGES = {"PIL", "ai_edge_litert", "click", "flatbuffers", "msgspec", "numpy", "rich"}
"""What an install without TensorFlow has."""

FLOORS = (
    {"version", "errors", "frozen", "quiet"},
    {"files", "names", "spaces", "fronts"},
    {"data", KERAS},
    {"parsing", "metrics", "batches", "_tflite"},
    {"calibration", "settings", "tflite", "graph"},
    {"projections", "packing", "coded"},
    {"heads", "compress"},
    {"model", "trainers"},
    {"training", "export"},
    {"runs", "schema"},
    {"page", "search", "smart_reply", "synthesis"},
    {"options", "console", "report", "watches"},
    {"demo"},
    {"cli"},
    {"__main__"},
)
"""Rooms of the package from the ground up: imports lead to lower floors or stay in the room."""

RUNTIME_ONLY = (
    "__init__", "cli", "coded.__init__", "coded.container", "coded.ham", "coded.matrix",
    "coded.products", "coded.reference", "console", "data", "errors", "files", "fronts", "metrics",
    "names", "options", "packing", "page", "parsing", "runs.__init__", "runs.own",
    "search.__init__", "search.child", "search.children", "search.plan", "settings",
    "smart_reply.__init__", "smart_reply.evaluate", "smart_reply.inventory",
    "smart_reply.reliability", "smart_reply.responses", "spaces", "tflite", "version", "watches",
)  # fmt: skip
"""Modules, or packages, that must import without TensorFlow."""


@dataclass(frozen=True)
class Import:
    """One import: by and of dotted names below `pnet_tf`; `ours` False for other packages."""

    by: str
    of: str
    ours: bool
    at_load: bool
    line: int

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.of}"


def sources(root: Path) -> dict[str, Path]:
    """Dotted module name below `pnet_tf`, `x.__init__` for a package, to its file."""
    found = {}
    for folder, prefix in ((root / "pnet_tf", ()), (root / "export", ("export",))):
        for path in sorted(folder.rglob("*.py")):
            parts = (*prefix, *path.relative_to(folder).with_suffix("").parts)
            found.setdefault(".".join(parts), path)  # export is in both, by the link
    return found


def imports(root: Path) -> list[Import]:
    """Every import of the sources, those for type checkers only left out."""
    modules = sources(root)
    found: list[Import] = []
    for name, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node, at_load in _statements(tree.body, True):
            for of, ours in _targets(node, name, modules):
                found.append(Import(name, of, ours, at_load, node.lineno))
    return found


def broken_rules(root: Path) -> list[str]:
    """One sentence for each import that is not allowed."""
    found = imports(root)
    problems = [problem for item in found if (problem := _problem(item))]
    parts = {name.split(".")[0] for name in sources(root)} - {"__init__"}
    known = set().union(*FLOORS)
    problems += [f"{part}: unknown room, it has no floor" for part in sorted(parts - known)]
    return problems + needs_tensorflow(root, found)


def needs_tensorflow(root: Path, found: list[Import]) -> list[str]:
    """Runtime-only modules whose loading reaches a package that their install does not have."""
    present = set(sys.stdlib_module_names) | RUNTIME_PACKAGES
    reached = _closure(set(_runtime_modules(root)), found)
    loads = [item for item in found if item.at_load and item.by in reached and not item.ours]
    return [
        f"{item}, which an install without TensorFlow does not have"
        for item in loads
        if item.of.split(".")[0] not in present
    ]


def _problem(item: Import) -> str | None:
    part, target = item.by.split(".")[0], item.of.split(".")[0]
    if not item.ours:
        chooses = target in KERAS_PACKAGES or item.of.startswith("tensorflow.keras")
        if part != KERAS and (chooses or target == "tensorflow" and item.at_load):
            return f"{item}; only {KERAS} may"
        return None
    if part == "__init__":
        loads = item.at_load and target != "version"
        return f"{item}; the package itself loads nothing but version" if loads else None
    if target == part or floor_of(target) < floor_of(part):
        return None
    return f"{item}; {part} is on floor {floor_of(part)}, {target} on floor {floor_of(target)}"


def floor_of(room: str) -> int:
    """Number of a room's floor, 0 the ground; above all for one that is not known."""
    return next((n for n, rooms in enumerate(FLOORS) if room in rooms), len(FLOORS))


def _runtime_modules(root: Path) -> Iterator[str]:
    for name in sources(root):
        if any(name == part or name.startswith(f"{part}.") for part in RUNTIME_ONLY):
            yield name


def _closure(start: set[str], found: list[Import]) -> set[str]:
    reached, grew = set(start), True
    while grew:
        more = {item.of for item in found if item.ours and item.at_load and item.by in reached}
        grew = not more <= reached
        reached |= more
    return reached


def _statements(body: list[ast.stmt], at_load: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, at_load
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _statements(node.orelse, at_load)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _statements(_children(node), at_load and not inside)


def _children(node: ast.stmt) -> list[ast.stmt]:
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    parts = (*getattr(node, "handlers", []), *getattr(node, "cases", []))
    blocks += [part.body for part in parts]
    return [statement for block in blocks for statement in block]


def _targets(node: ast.stmt, by: str, modules: dict[str, Path]) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield _ours(alias.name.split("."), modules) or (alias.name, False)
    elif isinstance(node, ast.ImportFrom):
        base = ["pnet_tf", *by.split(".")[: -node.level]] if node.level else []
        base += node.module.split(".") if node.module else []
        for alias in node.names:
            full = [*base, alias.name]
            yield _ours(full, modules) or (".".join(full), False)


def _ours(name: list[str], modules: dict[str, Path]) -> tuple[str, bool] | None:
    """The module of ours that a dotted name means, the longest that exists."""
    if name[0] != "pnet_tf":
        return None
    for length in range(len(name), 0, -1):
        inner = name[1:length]
        for candidate in (".".join(inner), ".".join([*inner, "__init__"])):
            if candidate in modules:
                return candidate, True
    return ".".join(name[1:]), True
