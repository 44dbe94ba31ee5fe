import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 1_000_000
MACHINE_PATH = re.compile(r"(?<![\w.~$)}])/(?:root|work|home/\w+|Users/\w+)/")
REGISTRY = re.compile(
    r"--(?:extra-)?index-url|trusted-hos[t]|^registry *=|https?://[^\s/]*(?:pypi|pythonhosted)[^\s/]*/"
    r"|https?://\S*/simple\b",
    re.MULTILINE,
)
COMMAND = re.compile(r"^ *(?:\$ )?(?:\S*/bin/)?pnet-tf +([a-z]+)(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def names():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


@pytest.fixture(scope="module")
def tracked(names):
    return [path for path in names if path.is_file()]


def too_large(files):
    return [path.name for path in files if path.stat().st_size > MOST_BYTES]


def matches(files, pattern):
    found = []
    for path in files:
        content = path.read_bytes()
        text = "" if b"\0" in content else content.decode("utf-8", "replace")
        found += [f"{path.name}: {match.group()}" for match in pattern.finditer(text)]
    return found


def unknown_commands(text, main):
    """Commands and long options of `pnet-tf` in a README that the command line does not have."""
    problems = []
    for name, rest in COMMAND.findall(text.replace("\\\n", " ")):
        command = main.commands.get(name)
        if command is None:
            problems.append(name)
            continue
        known = {option for item in command.params for option in item.opts + item.secondary_opts}
        known |= {"--help"}
        used = re.findall(r"(?<=\s)(--[a-z][a-z-]*)", rest.split("#")[0])
        problems += [f"{name} {option}" for option in used if option not in known]
    return problems


def broken_links(files):
    """Relative links of Markdown files that lead nowhere."""
    problems = []
    for path in files:
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in link and not (path.parent / link).exists():
                problems.append(f"{path.name}: {link}")
    return problems


def broken_anchors(path):
    """Links of a Markdown page to headings that it does not have."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    known = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in headings}
    links = re.findall(r"\]\(#([^)]+)\)", text)
    return [f"{path.name}#{name}" for name in links if name not in known]


def test_links_within_a_page_lead_to_a_heading(tracked):
    pages = [path for path in tracked if path.suffix == ".md"]
    assert [found for path in pages for found in broken_anchors(path)] == []


def test_broken_anchor_is_found(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# A `b`, c\n[x](#a-b-c) [y](#b)\n")
    assert broken_anchors(page) == ["a.md#b"]


def test_no_tracked_file_is_large(tracked):
    assert len(tracked) > 50
    assert too_large(tracked) == []


def test_large_file_is_found(tmp_path):
    (tmp_path / "model.bin").write_bytes(bytes(MOST_BYTES + 1))
    (tmp_path / "small.bin").write_bytes(bytes(MOST_BYTES))
    assert too_large(sorted(tmp_path.iterdir())) == ["model.bin"]


def links_out(paths, root):
    """Symbolic links that lead out of the tree or to nothing."""
    links = [path for path in paths if path.is_symlink()]
    return [p.name for p in links if not (p.exists() and p.resolve().is_relative_to(root))]


def test_no_link_leads_out_of_the_tree(names):
    assert links_out(names, ROOT.resolve()) == []


def test_link_out_of_the_tree_is_found(tmp_path):
    root = tmp_path.resolve() / "tree"
    root.mkdir()
    for name, target in [("inside", "."), ("outside", tmp_path), ("broken", "nothing")]:
        (root / name).symlink_to(target)
    assert links_out(sorted(root.iterdir()), root) == ["broken", "outside"]


def test_no_machine_path_is_tracked(tracked):
    assert matches(tracked, MACHINE_PATH) == []


@pytest.mark.parametrize("folder", ["root", "work", "home/someone", "Users/someone"])
def test_machine_path_is_found(tmp_path, folder):
    (tmp_path / "a.py").write_text(f'DATA = "/{folder}/data"\n', encoding="utf-8")
    (tmp_path / "b.md").write_text("see https://example.org/work/x, ~/root/y, a/work/z\n")
    assert matches(sorted(tmp_path.iterdir()), MACHINE_PATH) == [f"a.py: /{folder}/"]


def test_no_registry_host_is_tracked(tracked):
    assert matches(tracked, REGISTRY) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url https://example.org",
        "--extra-index" + "-url x",
        "pip --trusted" + "-host=x",
        "https://pypi." + "example.org/packages/",
        "https://example.org/mirror/" + "simple",
    ],
)
def test_registry_host_is_found(tmp_path, line):
    path = tmp_path / "requirements.txt"
    path.write_text(f"numpy==2.0\n{line}\n", encoding="utf-8")
    assert len(matches([path], REGISTRY)) >= 1


def test_readme_commands_exist():
    from pnet_tf.cli import main

    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert COMMAND.search(text)
    assert unknown_commands(text, main) == []


def test_unknown_readme_command_is_found():
    from pnet_tf.cli import main

    text = (
        "    pnet-tf fly\n\n```\n$ pnet-tf export RUN \\\n   --tflite F --novel 3\n"
        "pnet-tf inspect M --json - # --not-an-option\n```\n"
    )
    assert unknown_commands(text, main) == [
        "fly", "export --novel",
    ]  # fmt: skip


def test_links_lead_somewhere(tracked):
    assert broken_links(path for path in tracked if path.suffix == ".md") == []


def test_broken_link_is_found(tmp_path):
    text = "[a](b.md) [c](README.md#part) [d](https://example.org/x) [e](#here)"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert broken_links([tmp_path / "README.md"]) == ["README.md: b.md"]
