"""What is a piece of text: code to run, an output, a sketch, another framework's code?

Documents label their fences carelessly: outputs are marked `python`, sketches write
`tensor(..., dtype=...)`, an error message stands alone. Every judgement about that is here, a
pure function of the text, made on the syntax tree wherever the text has one.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from importlib.util import find_spec

PYTHON = {"python", "py", "python3", "py3", "ipython", "ipython3", "pycon", "pytb", "sage"}
OUTPUT = {"output", "out", "stdout", "result", "results"}
NEUTRAL = {"", "text", "txt", "plain", "plaintext", "none", "console"}
FRAMEWORKS = {"tensorflow", "keras", "mxnet", "paddle", "theano", "mindspore", "cntk", "caffe"}
PRESETS = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "np": "numpy",
    "numpy": "numpy",
    "math": "math",
}

_STRICT = re.compile(
    r"(out(put)?s?|results?|prints?|printed|stdout|输出|输出结果|结果|运行结果|出力|Ausgabe|Sortie)",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    r"\b(output|outputs|out|result|results|prints?|printed|gives|yields|returns|shows?|displays?)\b"
    r"|输出|结果|打印",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\s*(tensor\(|array\(|Parameter containing|Out ?\[|torch\.Size\(|torch\.[a-z]+\d*\s*$"
    r"|device\(type|<[\w.]+|None\s*$|True\s*$|False\s*$|[-+]?\d|[-+]?(nan|inf)\b|[\[({'\"])"
)
_VALUES = {"tensor", "array", "Parameter", "Size", "device", "Generator", "OrderedDict"}
_DTYPE = re.compile(r"bool|(bfloat|float|complex|u?int)\d+|strided|sparse_\w+")
_BINDING = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.FunctionDef,
    ast.ClassDef, ast.With, ast.For, ast.While, ast.If, ast.Assert, ast.Delete,
)  # fmt: skip

ERROR_LINE = re.compile(
    r"^(?:[A-Za-z_][\w.]*\.)?([A-Z]\w*(?:Error|Exception|Interrupt|Iteration|Exit))"
    r"(?::[ \t]*(.*))?$"
)
WARNING_LINE = re.compile(r"(?:^|[\s:])([A-Z]\w*Warning):[ \t]*(.*)$")
TRACEBACK = re.compile(r"^\s*(Traceback \(most recent call last\)|-{20,}\s*$)")
MAGIC = re.compile(r"^\s*(%(?!%)|!|\?|[\w.]+\?{1,2}\s*$)")
_SPEAKS = re.compile(r"(?m)^\s*(!|%%?(time|timeit|prun|run|env|ls|cd|pwd|pip|conda)\b|.*\?\s*$)")
CELL_MAGIC = re.compile(r"^%%(\w+)")


def parse(text):
    """The syntax tree of `text`, dedented, or None."""
    return _parse(text)[0]


def _parse(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(textwrap.dedent(text)), ""
    except (SyntaxError, ValueError) as e:
        return None, getattr(e, "msg", str(e))


def _uncompilable(tree):
    """Why a tree that parses is no program all the same: a `return` outside of a function."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<block>", "exec", 0, True)
    except (SyntaxError, ValueError) as e:
        return getattr(e, "msg", str(e))
    return ""


def language(info):
    """The bare language of a fence's info string: `{.python .x}`, `py title=..` -> python, py."""
    words = re.findall(r"[\w+#-]+", info.replace("code-block", "").replace("code-cell", ""))
    return words[0].lower() if words else ""


def is_error(text):
    """Whether the text is a traceback or an error message."""
    lines = text.strip().splitlines()
    return bool(lines) and bool(
        TRACEBACK.match(lines[0]) or ERROR_LINE.match(lines[0]) or ERROR_LINE.match(lines[-1])
    )


def _is_value(node):
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=x):
            return _is_value(x)
        case ast.Tuple(elts=xs) | ast.List(elts=xs) | ast.Set(elts=xs):
            return all(map(_is_value, xs))
        case ast.Dict(keys=ks, values=vs):
            return all(k is not None and _is_value(k) for k in ks) and all(map(_is_value, vs))
        case ast.Call(func=ast.Name(id=name)):
            return name in _VALUES and all(map(_is_value, node.args))
        case ast.Call(func=ast.Attribute(attr="Size")):
            return all(map(_is_value, node.args))
        case ast.Attribute(value=ast.Name(id="torch"), attr=name):
            return bool(_DTYPE.fullmatch(name))
    return False


def _bare(s):
    """Whether a statement is only `name: words`, as an error message reads to the parser."""
    return isinstance(s, ast.AnnAssign) and s.value is None


def is_message(text):
    """Whether the text is an error message or a traceback and no code, though it may parse."""
    tree = parse(text)
    return is_error(text) and (tree is None or all(map(_bare, tree.body)))


def is_output(text):
    """Whether the text reads as printed values rather than as code or prose."""
    text = text.strip("\n")
    if not text.strip():
        return False
    tree = parse(text)
    if is_message(text):
        return True
    if tree is not None:
        return bool(tree.body) and all(
            isinstance(s, ast.Expr) and _is_value(s.value) for s in tree.body
        )
    return any(_LOOKS.match(line) for line in text.splitlines()[:3])


def is_code(text):
    """Whether the text, which nothing labels, does something: binds, imports, calls a method."""
    tree = parse(text)
    return tree is not None and any(
        (isinstance(s, _BINDING) and not _bare(s))
        or (
            isinstance(s, ast.Expr)
            and isinstance(s.value, ast.Call)
            and not _is_value(s.value)
            and (
                isinstance(s.value.func, ast.Attribute)
                or getattr(s.value.func, "id", "") == "print"
            )
        )
        for s in tree.body
    )


def marks_output(text, strict):
    """Whether a paragraph announces an output: `Out:` (strict) or `This prints:` (loose)."""
    text = text.strip().strip("*_`# ").rstrip(":：.*_` ")
    if strict:
        return bool(_STRICT.fullmatch(text))
    return len(text) < 120 and bool(_LOOSE.search(text))


def is_sketch(tree):
    """Whether a bare `...` stands for a value: `f(..., x)`, `y = ...`, but not `x[..., 0]`."""
    meant = set()
    for n in ast.walk(tree):
        match n:
            case ast.Subscript(slice=x) | ast.Expr(value=ast.Constant() as x):
                meant |= {id(m) for m in ast.walk(x)}
            case ast.Call(func=ast.Attribute(attr="einsum")):
                meant |= {id(m) for m in ast.walk(n)}
            case ast.arguments(defaults=xs, kw_defaults=ys):
                meant |= {id(m) for m in (*xs, *ys)}
    return any(
        isinstance(n, ast.Constant) and n.value is Ellipsis and id(n) not in meant
        for n in ast.walk(tree)
    )


def imports(tree):
    """The top-level names of the modules that the code imports without guarding against absence."""
    guarded = {
        id(n) for t in ast.walk(tree) if isinstance(t, ast.Try) for s in t.body for n in ast.walk(s)
    }
    for n in ast.walk(tree):
        if id(n) in guarded:
            continue
        if isinstance(n, ast.Import):
            yield from (a.name.partition(".")[0] for a in n.names)
        elif isinstance(n, ast.ImportFrom) and n.module and not n.level:
            yield n.module.partition(".")[0]


def _absent(name):
    try:
        return find_spec(name) is None
    except (ValueError, ImportError):
        return False


def judge(source, provided=("torch", "tinytorch")):
    """(kind, reason) of a block that claims to be code; the reason is empty where it is to be run.

    kind: code, sketch, `not torch` (imports a framework that is neither installed nor stood for by
    an alias), text.
    """
    if is_message(source):
        return "text", "an error message"
    tree, why = _parse(source)
    if tree is None:
        if re.search(r"(?m)^\s*\.\.\.|\.\.\.\s*[,)]|…", source):
            return "sketch", "leaves parts out with `...`"
        return "text", f"not Python 3: {why}"
    if is_sketch(tree):
        return "sketch", "leaves values out with `...`"
    if why := _uncompilable(tree):
        return "text", f"not a program by itself: {why}"
    absent = [m for m in dict.fromkeys(imports(tree)) if m not in provided and _absent(m)]
    for m in absent:
        if m in FRAMEWORKS:
            return "not torch", f"imports {m}, which is not installed"
    if absent:
        return "code", f"imports {', '.join(absent)}, which is not installed"
    return "code", ""


def bound(source):
    """Every name that the code binds, anywhere in it."""
    tree = parse(source)
    names = set()
    for n in ast.walk(tree) if tree else ():
        match n:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.arg(arg=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
    return names


def used(source):
    """Every name that the code reads."""
    tree = parse(source)
    return {
        n.id
        for n in (ast.walk(tree) if tree else ())
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def speaks(source):
    """Whether a magic in the code prints something that cannot be had again: times, shells."""
    return parse(source) is None and bool(_SPEAKS.search(source))


def demagic(source):
    """(code with IPython's magics and shell lines commented out, reason not to run it)."""
    cell = CELL_MAGIC.match(source.lstrip())
    if cell and cell[1] not in {"time", "timeit", "capture", "prun"}:
        return source, f"a %%{cell[1]} cell"
    if parse(source) is not None:
        return source, ""
    lines = []
    for line in source.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        if MAGIC.match(line):
            line = f"{indent}pass  # {line.strip()}"
        lines.append(f"# {line}" if line.startswith("%%") else line)
    return "\n".join(lines), ""
