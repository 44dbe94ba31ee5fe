"""Modules as one script."""

import pytest

from pnet_tf.errors import InputError
from pnet_tf.page import bundle as bundles
from pnet_tf.page.bundle import bundle


@pytest.fixture
def modules(monkeypatch):
    """Sources by name, in the place of those of the package."""
    known = {}
    monkeypatch.setattr(bundles, "source", lambda name: known[name.removesuffix(".mjs")])
    return known


def test_leaves_first_each_in_its_own_scope(modules):
    modules["b"] = "export const x = 1;\nconst hidden = 2;\n"
    modules["a"] = 'import { x } from "./b.mjs";\nexport async function go() {\n  return x;\n}\n'
    assert bundle("a") == (
        'const $b = (() => {\n"use strict";\nconst x = 1;\nconst hidden = 2;\n'
        "return { x };\n})();\n"
        'const $a = (() => {\n"use strict";\nconst { x } = $b;\nasync function go() {\n'
        "  return x;\n}\nreturn { go };\n})();\n"
    )


def test_a_module_that_two_need_is_there_once(modules):
    modules["leaf"] = "export class Leaf {}\n"
    for name in "bc":
        modules[name] = f'import {{ Leaf }} from "./leaf.mjs";\nexport const {name} = Leaf;\n'
    modules["a"] = 'import { b } from "./b.mjs";\nimport { c } from "./c.mjs";\n'
    assert bundle("a").count("class Leaf") == 1


def test_a_ring_is_refused(modules):
    modules["a"] = 'import { b } from "./b.mjs";\n'
    modules["b"] = 'import { a } from "./a.mjs";\n'
    with pytest.raises(InputError, match="a -> b -> a"):
        bundle("a")


@pytest.mark.parametrize(
    "line", ['import x from "./b.mjs";', "export default 1;", 'import "./b.mjs";'],
    ids=["default import", "default export", "bare import"],
)  # fmt: skip
def test_forms_that_it_does_not_know_are_refused(modules, line):
    modules["a"] = line + "\n"
    with pytest.raises(InputError, match="the bundler does not know"):
        bundle("a")


def test_a_page_may_unpack():
    script = bundle("unpack")
    assert script.index("const $decisions") < script.index("const $unpack")
