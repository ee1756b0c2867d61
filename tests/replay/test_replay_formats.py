"""Reading documents: which text is code, and which output belongs to it."""

import json
import sys

import pytest

from tinytorch_conformance.replay import MissingParser, read_document
from tinytorch_conformance.replay.classify import (
    demagic,
    is_code,
    is_output,
    is_sketch,
    judge,
    language,
    parse,
)


def blocks(path):
    return [(b.source.strip(), b.expected) for b in read_document(path).blocks if b.kind == "code"]


def lines(path):
    return [b.lineno for b in read_document(path).blocks]


MARKDOWN = {
    "an unlabelled fence under the code": (
        "```python\nprint(1)\n```\n\n```\n1\n```\n",
        [("print(1)", "1")],
    ),
    "a python fence after a word": (
        "```python\nprint(a > 1)\n```\n\nOut:\n\n```python\nTrue\n```\n",
        [("print(a > 1)", "True")],
    ),
    "the word in bold, in Chinese, as a heading of a list": (
        "```py\nf()\n```\n\n**输出：**\n\n```py\nsome words\n```\n",
        [("f()", "some words")],
    ),
    "a sentence that announces it": (
        "```py\nf()\n```\n\nThis prints the following:\n\n```text\nanything at all\n```\n",
        [("f()", "anything at all")],
    ),
    "values labelled as code": (
        "```py\nx\n```\n\n```python\ntensor([1., 2.], grad_fn=<AddBackward0>)\n```\n",
        [("x", "tensor([1., 2.], grad_fn=<AddBackward0>)")],
    ),
    "an output that reads like an assignment": (
        "```py\nf()\n```\n\n```\nx = 3\n```\n",
        [("f()", "x = 3")],
    ),
    "stdout, then the value": (
        "```py\nf()\n```\n\n```text\na\n```\n```output\n7\n```\n",
        [("f()", "a\n7")],
    ),
    "code in fences without labels": (
        "```\nimport math\nx = math.pi\n```\n\n```\n3.14159\n```\n",
        [("import math\nx = math.pi", "3.14159")],
    ),
    "another language between": (
        "```py\nx = 1\n```\n\n```bash\npip install y\n```\n\n```json\n{}\n```\n",
        [("x = 1", None)],
    ),
    "a folded block, and a shell, after the output": (
        "```py\nf()\n```\n\n```\n1\n```\n\n<details>\n\n```\n2\n```\n\n</details>\n\n"
        "```console\n$ ls\n```\n",
        [("f()", "1")],
    ),
    "a heading between": (
        "```py\nx = 1\n```\n\n## Next\n\n```\ntensor(1)\n```\n",
        [("x = 1", None)],
    ),
    "code indented in its fence, in a list": (
        "- item\n\n  ```python\n      x = 1\n      y = 2\n  ```\n",
        [("x = 1\ny = 2", None)],
    ),
    "comments that look like outputs": (
        "```py\nx = 2\nx  # tensor(4)\n# 4*x\n```\n",
        [("x = 2\nx  # tensor(4)\n# 4*x", None)],
    ),
    "attributes in the info string": (
        '```{.python .numberLines title="a.py"}\nx = 1\n```\n',
        [("x = 1", None)],
    ),
    "a doctest": (
        "```pycon\n>>> x = 1\n>>> x\n1\n>>> def f():\n...     return 2\n>>> f()\n2\n```\n",
        [("x = 1", None), ("x", "1"), ("def f():\n    return 2", None), ("f()", "2")],
    ),
    "an IPython session": (
        "```python\nIn [1]: x = 1\n\nIn [2]: print(x)\n1\n\nIn [3]: x\nOut[3]: 1\n\n# words\n"
        "In [4]: for i in range(2):\n   ...:     x += i\n   ...: \n\nIn [5]: [\n   ...:  1]\n"
        "Out[5]: \n[1]\n```\n",
        [("x = 1", None), ("print(x)", "1"), ("x", "1"), ("for i in range(2):\n    x += i", None),
         ("[\n 1]", "[1]")],
    ),
    "magics in a session": (
        "```\nIn [1]: %timeit f()\n1 µs ± 2 ns per loop\n\nIn [2]: %precision 3\nIn [3]: 1\n"
        "Out[3]: 1\n```\n",
        [("pass  # %timeit f()", None), ("pass  # %precision 3", None), ("1", "1")],
    ),
    "bare cells": (
        "Words.\n\nIn [4]:\nimport math\nx = 2\nprint(x)\n\n2\n\n\nIn [5]:\n# words\nx == 2\n\n"
        "True\n\nIn [6]:\ndef f(a):\n    b = a\n\n    return b\n\ny = f(x)\ny\n\n2\n\n"
        "## More\nProse follows, as it does.\n\nIn [7]:\nx = 5\n\nIn [8]:\ny = x\n\n说明\n",
        [("import math\nx = 2\nprint(x)", "2"), ("# words\nx == 2", "True"),
         ("def f(a):\n    b = a\n\n    return b\n\ny = f(x)\ny", "2"), ("x = 5", None),
         ("y = x", "说明")],
    ),
    "bare cells with Out marks": (
        "In [1]:\nprint(1)\n7\n\n1\n\nOut[1]:\n7\n\nProse after it.\n",
        [("print(1)\n7", "1\n\n7")],
    ),
    "a bare doctest": (
        "Words.\n\n>>> 1 + 1\n2\n\nWords.\n",
        [("1 + 1", "2")],
    ),
    "front matter": ("---\ntitle: x\n---\n\n```py\nx = 1\n```\n", [("x = 1", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown(name, doc):
    text, expected = MARKDOWN[name]
    assert blocks(doc("a.md", text)) == expected


def test_an_output_after_prose_is_unsure(doc):
    path = doc("a.md", "```py\nx = 1\n```\n\nIts gradient, later:\n\n```\ntensor(1.)\n```\n")
    (block,) = read_document(path).blocks
    assert (block.expected, block.unsure) == ("tensor(1.)", True)


def test_an_error_message_on_its_own_is_text(doc):
    (block,) = read_document(doc("a.md", "```python\nRuntimeError: no, not twice.\n```\n")).blocks
    assert (block.kind, block.reason) == ("text", "an error message with no code before it")


def test_lines_are_those_of_the_file(doc):
    text = "---\na: b\n---\n# T\n\n```py\nx = 1\n```\n\n```py\n\n>>> 1\n1\n```\n\nIn [1]:\nx\n\n1\n"
    assert lines(doc("a.md", text)) == [7, 12, 17]


def test_a_notebook(doc):
    cells = [
        ("code", "x = 1", []),
        ("markdown", "# words", None),
        ("code", "print(x)\nx", [
            {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
            {"output_type": "stream", "name": "stderr", "text": ["careful\n"]},
            {"output_type": "execute_result", "execution_count": 2, "metadata": {},
             "data": {"text/plain": ["1"], "text/html": ["<b>1</b>"]}},
        ]),
        ("code", "1 / 0", [
            {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero",
             "traceback": ["..."]},
        ]),
        ("code", "plot()", [
            {"output_type": "display_data", "metadata": {},
             "data": {"text/plain": ["<Figure size 640x480 with 1 Axes>"]}},
        ]),
    ]  # fmt: skip
    made = [
        {"cell_type": kind, "metadata": {}, "source": source}
        | ({"outputs": out, "execution_count": 1} if kind == "code" else {})
        for kind, source, out in cells
    ]
    book = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    assert blocks(doc("a.ipynb", json.dumps(book))) == [
        ("x = 1", None),
        ("print(x)\nx", "1\n1"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("plot()", None),
    ]


def test_a_percent_script(doc):
    path = doc(
        "a.py",
        """
        # A header.
        # %% [markdown]
        # # Title
        # ```python
        # not_run()
        # ```

        # %% first
        x = 1
        print(x)

        # %% [markdown]
        # The output:
        # ```
        # 1
        # ```
        # %%
        # words that explain
        y = 2
        """,
    )
    assert blocks(path) == [("x = 1\nprint(x)", "1"), ("y = 2", None)]


def test_a_gallery_script(doc):
    rule = "#" * 40
    path = doc(
        "a.py",
        f'"""\nTitle\n=====\nWords.\n"""\nx = 1\n{rule}\n# Words, and more words.\n# ----\n\n'
        f"y = x\n\n# a comment\nz = y\n\n# %%\n# Words.\n\nw = 4\n",
    )
    found = blocks(path)
    assert [s.splitlines()[-1] for s, _ in found] == ["x = 1", "z = y", "w = 4"]
    assert "# a comment" in found[1][0]


def test_a_module_with_doctests(doc):
    path = doc("a.py", 'def f():\n    """Two.\n\n    >>> f()\n    2\n    """\n    return 2\n')
    module, example = read_document(path).blocks
    assert module.source.startswith("def f")
    assert (example.source, example.expected, example.lineno) == ("f()\n", "2", 4)


def test_plain_text_with_examples(doc):
    path = doc("a.rst", "Title\n=====\n\n::\n\n    >>> 1 + 1\n    2\n\nWords.\n\n>>> x = 3\n")
    assert blocks(path) == [("1 + 1", "2"), ("x = 3", None)]


CUBE = "tensor([[[0],\n         [1]],\n\n        [[2],\n         [3]]])"


@pytest.mark.parametrize("name", ["a.rst", "a.md", "b.md"])
def test_the_empty_lines_inside_a_tensor_do_not_end_an_output(name, doc):
    text = f">>> x\n{CUBE}\n>>> y\n{CUBE.replace(chr(10) * 2, chr(10) + '<BLANKLINE>' + chr(10))}\n"
    path = doc(name, f"```\n{text}```\n" if name[0] == "b" else f"{text}\nWords.\n\n>>> z\n5\n")
    found = blocks(path)
    assert found[:2] == [("x", CUBE), ("y", CUBE)]
    assert found[2:] == ([] if name[0] == "b" else [("z", "5")])


def test_doctest_directives(doc):
    path = doc("a.md", "```\n>>> f()  # doctest: +SKIP\n>>> 'a...z'\n'a...z'\n```\n")
    skipped, other = read_document(path).blocks
    assert (skipped.kind, skipped.reason) == ("text", "doctest: +SKIP")
    assert other.ellipsis


@pytest.mark.parametrize(
    ("text", "output", "code"),
    [
        ("tensor([1.])", True, False),
        ("tensor([1.], grad_fn=<A>)", True, False),
        ("None", True, False),
        ("(3, 4)", True, False),
        ("torch.Size([2, 3])", True, False),
        ("torch.float32", True, False),
        ("[1, 2", True, False),
        ("RuntimeError: no", True, False),
        ("Traceback (most recent call last):\n  ...", True, False),
        ("0 1.5\n1 0.5", True, False),
        ("torch.tensor([1.])", False, True),
        ("Size: 3", False, False),
        ("loss.backward()", False, True),
        ("print(x)", False, True),
        ("x = 1", False, True),
        ("(a * b).sum()", False, True),
        ("hello", False, False),
        ("", False, False),
        ("Words and words.", False, False),
    ],
)
def test_output_or_code(text, output, code):
    assert (is_output(text), is_code(text)) == (output, code)


@pytest.mark.parametrize(
    ("source", "sketch"),
    [
        ("f(..., x=1)", True),
        ("f(x=...)", True),
        ("y = ...", True),
        ("x = [1, ..., 9]", True),
        ("x[..., 0]", False),
        ("x[f(1), ...] = 2", False),
        ("def f(): ...", False),
        ("class A:\n    ...", False),
        ("def f(x=...): return x", False),
        ("t.einsum(x, [..., 0], [0])", False),
        ("t.einsum('...i->...', x)", False),
    ],
)
def test_sketches(source, sketch):
    assert is_sketch(parse(source)) is sketch


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        ("x = 1", "code", ""),
        ("import tensorflow as tf", "not torch", "imports tensorflow, which is not installed"),
        ("from no_such_module.a import b", "code", "imports no_such_module, which is not"),
        ("try:\n    import no_such_module\nexcept ImportError:\n    pass", "code", ""),
        ("import json", "code", ""),
        ("f(...)", "sketch", "leaves values out with `...`"),
        ("for x in y:\n    ...\n  z(", "sketch", "leaves parts out with `...`"),
        ("print x", "text", "not Python 3: "),
        ("KeyError: 'x'", "text", "an error message"),
    ],
)  # fmt: skip
def test_judging_a_block(source, kind, reason, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    found = judge(source)
    assert found[0] == kind
    assert found[1].startswith(reason) if reason else found[1] == ""


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("python", "python"),
        ("{.python .x}", "python"),
        ("py title='a'", "py"),
        ("{code-cell} ipython3", "ipython3"),
        ("Python3", "python3"),
        ("", ""),
        ("c++", "c++"),
    ],
)
def test_languages(info, expected):
    assert language(info) == expected


def test_magics_are_left_out():
    code, why = demagic("%matplotlib inline\n!pip install x\nif 1:\n    %time f()\nx = 5 % 2\n")
    assert why == ""
    compile(code, "x", "exec")
    assert demagic("%%bash\nls")[1] == "a %%bash cell"
    assert demagic("%%time\nx = 1")[0].endswith("x = 1")
    assert demagic("s = '''\n%a\n'''") == ("s = '''\n%a\n'''", "")


def test_a_bad_notebook_is_a_value_error(doc):
    with pytest.raises(ValueError, match="not a notebook"):
        read_document(doc("a.ipynb", "{"))


def test_a_missing_parser_says_how_to_get_it(doc, monkeypatch):
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    with pytest.raises(MissingParser, match=r"pip install 'tinytorch\[conformance\]'"):
        read_document(doc("a.md", "x"))
