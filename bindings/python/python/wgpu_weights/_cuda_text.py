"""Kernels as CUDA C, from their WGSL.

The shaders use little of WGSL, and what they use stands in CUDA C too, or in `wgsl.h`; declarations are written
otherwise. A kernel becomes a class of its own, since a class' functions may use one that stands further down.
"""

import re
from functools import lru_cache
from pathlib import Path

from ._native import wgsl

HEADER = Path(__file__).with_name("wgsl.h").read_text(encoding="utf-8")

# What an invocation is told of its place.
_PLACES = {
    "global_invocation_id": "vec3<u32>(group.x * 256u + lane, group.y, 0u)",
    "workgroup_id": "group",
    "local_invocation_index": "lane",
}
_ENTRY = re.compile(r"@compute @workgroup_size\(256\)\s*")
_PLACE = re.compile(r"@builtin\((\w+)\) ")
_FUNCTION = re.compile(r"\bfn (\w+)\(([^{]*?)\)(?: -> ([\w<>]+))? \{")
_OUTPUT = re.compile(r"@group\(1\) @binding\(0\) var<storage, read_write> (\w+): array<([\w<>]+)>;")
_NUMBER = re.compile(r"^const (\w+) = (.*);$", re.M)
_STRUCT = re.compile(r"struct (\w+) \{(.*?)\n\}", re.S)


def _typed(declaration):
    name, kind = declaration.split(": ")
    return f"{kind.strip()} {name.strip()}"


def _function(found):
    name, arguments, result = found.groups()
    # No type that an argument has is of two.
    arguments = ", ".join(_typed(it) for it in arguments.split(",") if it.strip())
    return f"INLINE {result or 'void'} {name}({arguments}) const {{"


def _struct(found):
    fields = "".join(f"    {_typed(it)};\n" for it in found[2].split(",") if it.strip())
    return f"struct {found[1]} {{\n{fields}}};\n"


@lru_cache(None)
def kernel_text(kernel):
    """Returns the CUDA C of the kernel of this name, to follow `HEADER`; its entry point has the kernel's name."""
    text = re.sub(r" *//.*", "", wgsl(kernel))
    places = [_PLACES[it] for it in _PLACE.findall(text)]
    text = _PLACE.sub("", _ENTRY.sub("", text))
    output, kind = _OUTPUT.search(text).groups()
    text = _OUTPUT.sub("", text).replace("@group(0) @binding(0) var<uniform> params: Params;", "")
    told = _STRUCT.search(text)
    text = text.replace(told[0], "")
    # Constants may stand further down, too.
    for name in _NUMBER.findall(text):
        text = re.sub(rf"(?<!const )\b{name[0]}\b", f"{name[0]}()", text)
    text = _NUMBER.sub(r"INLINE static constexpr u32 \1() { return \2; }", text)
    text = _FUNCTION.sub(_function, text)
    text = re.sub(r"\balias (\w+) =", r"using \1 =", text)
    text = re.sub(r"\.(xyz|yzw|xy|zw|xz|yw)\b", r".\1()", text)
    text = re.sub(r"\b(if|while) ([^{]*?) \{", r"\1 (\2) {", text)
    text = re.sub(r",\s*\)", ")", text)
    # Names in WGSL, words of C.
    text = re.sub(r"\b(signed|unsigned|char|short|int|long|float|double)\b", r"\1_", text)
    text = re.sub(r"\blet\b", "const auto", text)
    text = re.sub(r"\bvar\b", "auto", text)
    # Products and sums of f32 are never fused here, so that there is nothing to fence.
    text = re.sub(r"(f32 fence\(f32 x\) const \{).*?\n\}", r"\1 return x; }", text, flags=re.S)
    text = re.sub(r"\n\s*\n+", "\n", text)
    return (
        f"namespace {kernel}_text {{\n{_struct(told)}"
        f"struct Kernel {{\nconst Params &params;\n{kind} *{output};\n{text}\n}};\n}}\n"
        f"ENTRY({kernel}, {kind}, {', '.join(places)})\n"
    )
