"""A stand-in for LiteRT.js, so that no test needs npm."""

import io
import tarfile
from dataclasses import replace
from hashlib import sha256

import pytest

from pnet_tf.page import litert

LIBRARY = """import { createWasmLib } from "@litertjs/wasm-utils";
function loadAndCompile() {}
export {
  loadAndCompile
};
//# sourceMappingURL=index.js.map"""
GLUE = "var ModuleFactory = 1;\n"
FILES = {
    "dist/index.js": LIBRARY,
    "wasm/litert_wasm_compat_internal.js": GLUE,
    "wasm/litert_wasm_compat_internal.wasm": "wasm",
}


def packed(files) -> bytes:
    """An npm package of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """The package LITERT in a cache of its own, with files that do nothing."""
    content = packed(FILES)
    package = replace(litert.LITERT, sha256=sha256(content).hexdigest())
    monkeypatch.setattr(litert, "LITERT", package)
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "npm"
    folder.mkdir(parents=True)
    (folder / package.file_name).write_bytes(content)
    return package
