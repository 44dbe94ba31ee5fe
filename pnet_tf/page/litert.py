"""LiteRT.js, Google's LiteRT for browsers, as a part of a page that takes its wasm from memory."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass

from ..errors import InputError
from .packages import LITERT, read_package

_LIBRARY = "dist/index.js"
# The variant without relaxed SIMD and threads runs in every browser, also without the headers
# that threads ask a server for.
_GLUE = "wasm/litert_wasm_compat_internal.js"
_WASM = "wasm/litert_wasm_compat_internal.wasm"
_LOADER = 'import { createWasmLib } from "@litertjs/wasm-utils";\n'
_EXPORTS = re.compile(r"^export \{[^}]*\};\n", re.MULTILINE)
_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
# No WebGPU: the models are small, and asking for it warns where there is none.
_START = """
const liteRt = new LiteRt(await ModuleFactory({ wasmBinary, print() {}, printErr() {} }));
setGlobalLiteRt(liteRt);
liteRt.setDefaultEnvironment(await Environment.create({ webGpuDevice: null }));
return { loadAndCompile, Tensor };
"""


@dataclass(frozen=True)
class LiteRT:
    """`script` defines `async openLibrary(wasmBinary)`; `wasm` is gzipped."""

    script: str
    wasm: bytes


def read_litert() -> LiteRT:
    """The pinned LiteRT.js; raises InputError where it is not to be had."""
    library, glue, wasm = read_package(LITERT, (_LIBRARY, _GLUE, _WASM))
    packed = gzip.compress(wasm, 9, mtime=0)  # the same page for the same model
    return LiteRT(library_script(library.decode(), glue.decode()), packed)


def library_script(library: str, glue: str) -> str:
    """Both scripts of the package as one function of the bytes of the wasm.

    The package would load its glue by a script element; here both are in one script.
    """
    if library.count(_LOADER) != 1 or len(_EXPORTS.findall(library)) != 1:
        raise InputError(f"{LITERT.spec} is not built as this pnet_tf knows it")
    body = _MAP.sub("", _EXPORTS.sub(_START, library.replace(_LOADER, "")))
    return f"{_MAP.sub('', glue)}\nasync function openLibrary(wasmBinary) {{\n{body}}}\n"
