"""Stand-ins for Android's libc, libm, libdl and liblog over glibc: for tests alone.

They are made of what a library asks for: each name that `nm` finds undefined becomes a jump to
`bionic_NAME` of `bionic/core.c` where there is one, else to glibc's NAME. So the very library of
the AAR runs here, on the JVM or, cross-compiled, under user-mode emulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from running import run

SOURCES = Path(__file__).with_name("bionic")
NAMES = ("libshimcore.so", "libc.so", "libm.so", "libdl.so", "liblog.so")
"""In the order in which they have to be loaded."""
_DATA = {"__sF": 3 * 152, "__stack_chk_guard": 8}
_HEAD = """
extern void *shim_find(const char *);
extern void shim_set_files(void *);
"""


@dataclass(frozen=True)
class Machine:
    """A compiler's triple and flags, and the jump through a pointer in its assembler."""

    abi: str
    compiler: str
    flags: tuple[str, ...]
    jump: str
    emulator: tuple[str, ...] = ()


X86_64 = Machine("x86_64", "gcc", (), "jmp *{p}(%rip)")
ARM64 = Machine(
    "arm64-v8a",
    "aarch64-linux-gnu-gcc",
    (),
    "adrp x16, {p}\\n ldr x16, [x16, :lo12:{p}]\\n br x16",
    ("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"),
)
ARMV7 = Machine(
    "armeabi-v7a",
    "arm-linux-gnueabi-gcc",
    ("-march=armv7-a", "-mfpu=neon", "-mfloat-abi=softfp", "-marm"),
    "ldr ip, 2f\\n1: add ip, pc, ip\\n ldr pc, [ip]\\n2: .word {p} - (1b + 8)",
    ("qemu-arm-static", "-L", "/usr/arm-linux-gnueabi"),
)
MACHINES = (X86_64, ARM64, ARMV7)


def build(library: Path, machine: Machine, out: Path) -> list[Path]:
    """The five stand-ins for `library` in the folder `out`, in the order of loading."""
    out.mkdir(parents=True, exist_ok=True)
    stub = out / "stub.c"
    stub.write_text(stub_source(undefined(library), machine), encoding="utf-8")
    versions = out / "versions.map"
    versions.write_text("LIBC { global: *; };\n", encoding="utf-8")
    shared = [machine.compiler, *machine.flags, "-O1", "-fPIC", "-shared", "-w"]
    core, libc, *others = (out / name for name in NAMES)
    named = "-Wl,-soname,"
    run(*shared, "-o", core, f"{named}libshimcore.so", SOURCES / "core.c", "-ldl", "-lpthread")
    stamped = [*shared, "-nostdlib", f"-Wl,--version-script={versions}"]
    run(*stamped, "-o", libc, f"{named}libc.so", stub, core)
    empty = out / "empty.c"
    empty.write_text("int shim_nothing;\n", encoding="utf-8")
    for other in others:
        run(*stamped, "-o", other, f"{named}{other.name}", empty)
    return [core, libc, *others]


def undefined(library: Path) -> list[str]:
    """Names that a library needs from others; weak ones, which may be absent, are left out."""
    lines = run("nm", "-D", "--undefined-only", library).splitlines()
    found = (line.split() for line in lines)
    return sorted({name.split("@")[0] for kind, name in found if kind not in "wv"})


def stub_source(names: list[str], machine: Machine) -> str:
    """C of the library that has all of `names`."""
    functions = [name for name in names if name not in _DATA]
    lines = [_HEAD]
    lines += [f"char {name}[{size}] = {{0}};" for name, size in _DATA.items()]
    for name in functions:
        jump = machine.jump.format(p=f"shim_p_{name}")
        lines.append(f'__attribute__((visibility("hidden"))) void *shim_p_{name};')
        lines.append(
            f'__asm__(".text\\n .globl {name}\\n .type {name}, %function\\n {name}:\\n {jump}\\n'
            f' .size {name}, . - {name}\\n");'
        )
    lines.append("__attribute__((constructor)) static void fill(void) {")
    lines += [f'  shim_p_{name} = shim_find("{name}");' for name in functions]
    return "\n".join([*lines, "  shim_set_files(__sF);", "}", ""])
