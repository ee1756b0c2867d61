"""When a printed text says what the document shows: tokens, numbers, randomness, errors."""

import pytest

from tinytorch_conformance.replay.compare import compare, same_text, take_apart
from tinytorch_conformance.replay.model import Run
from tinytorch_conformance.replay.tokens import same_number, tokenize


def text(shown, *got, ellipsis=False):
    return same_text(shown, list(got), ellipsis)


@pytest.mark.parametrize(
    ("shown", "got", "same"),
    [
        ("0.3313", "0.3313", True),
        ("0.3313", "0.3314", True),
        ("0.3313", "0.3315", False),
        ("0.33", "0.3313", True),
        ("0.33", "0.3361", False),
        ("0.5", "0.6", False),
        ("3.", "3.", True),
        ("3.", "4.", False),
        ("3.", "3.0001", False),
        ("3.", "3.0", True),
        ("3", "3.", False),
        ("28", "29", False),
        ("1.0000e-04", "1.0001e-04", True),
        ("1.0000e-04", "1.0003e-04", False),
        ("1.0000e-04", "1.0000e-05", False),
        ("-0.1000", "0.1000", False),
        ("0.", "-0.", False),
        ("nan", "nan", True),
        ("inf", "-inf", False),
        ("inf", "1.0", False),
        ("1.5j", "1.5", False),
        ("2.5000j", "2.5000j", True),
        ("0.10000000149011612", "0.10000000894069672", True),
        ("0.10000000149011612", "0.10000001639127731", False),
        ("0.1234567890123", "0.1234567890123", True),
        ("0.12345678901230", "0.12345678901290", False),
    ],
)
def test_numbers_agree_within_the_precision_shown(shown, got, same):
    assert same_number(shown, got) is same
    assert same_number(got, shown) is same


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("tensor(-0.5000, grad_fn=<AddBackward0>)", "wmnmwmmwmm"),
        ("<A object at 0x7f083264cd60>", "mwwwam"),
        ("[True, nan, -inf, 1.+2.j]", "mbmnmnmnnm"),
        ("first ...", "wd"),
        ("information nanometre", "ww"),
    ],
)
def test_tokens(text, kinds):
    assert "".join(t.kind[0] for t in tokenize(text)) == kinds


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ("<F object at 0x7f08>", "<F object at 0x7ffe12345678>"),
        ("tensor([[1., 2.],\n        [3., 4.]])", "tensor([[1., 2.],\n    [3., 4.]])"),
        ("a\nb", "a\n\nb\n"),
        ("0 9.5\n1 8.5\n...\n9 0.5", "0 9.5\n1 8.5\n2 7.5\n3 6.5\n9 0.5\n"),
        ("...\n9 0.5", "8 1.5\n9 0.5\n"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_texts_that_agree(shown, got):
    assert text(shown, got)[0]


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ("True", "False"),
        ("tensor([1., 2.])", "tensor([1., 2., 3.])"),
        ("tensor([1, 2])", "tensor([1., 2.])"),
        ("<AddBackward0>", "<SubBackward0>"),
        ("0 9.5\n...\n9 0.5", "0 9.5\n1 8.5\n9 0.25"),
        ("tensor(1., dtype=torch.float64)", "tensor(1.)"),
        ("something", ""),
    ],
)
def test_texts_that_differ(shown, got):
    assert not text(shown, got)[0]


def test_an_ellipsis_inside_a_line_is_wild_only_where_allowed():
    assert not text("a ... z", "a b c z")[0]
    assert text("a ... z", "a b c z", ellipsis=True)[0]


RANDOM = ("tensor([ 0.5000, -1.2500])\nTrue\n3", "tensor([-0.7000,  2.2500])\nTrue\n3")


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("tensor([-9.1000, -8.2500])\nTrue\n3", True),
        ("tensor([-9.1000e+01, -8.2500e-03])\nTrue\n3", True),
        ("tensor([-9.1000])\nTrue\n3", False),
        ("tensor([-9, -8])\nTrue\n3", False),
        ("tensor([[-9.1000, -8.2500]])\nTrue\n3", False),
        ("tensor([-9.1000, -8.2500], dtype=torch.float64)\nTrue\n3", False),
        ("tensor([-9.1000, -8.2500])\nFalse\n3", False),
        ("tensor([-9.1000, -8.2500])\nTrue\n4", False),
    ],
)
def test_what_varies_with_the_seed_is_compared_by_structure(shown, same):
    assert text(shown, *RANDOM)[0] is same


def test_one_random_number_makes_its_whole_tensor_random():
    runs = ("tensor([1.5, 0.]) 2.", "tensor([0.5, 0.]) 2.")
    assert text("tensor([0., 2.5]) 2.", *runs)[0]
    assert not text("tensor([0., 2.5]) 3.", *runs)[0]


def test_output_of_random_length_is_compared_line_by_line():
    runs = ("step 1\nstep 2\ndone 0.5\n", "step 1\ndone 0.25\n")
    assert text("step 1\nstep 2\nstep 3\ndone 0.125", *runs)[0]
    assert not text("step 1\nend 0.125", *runs)[0]


@pytest.mark.parametrize(
    ("shown", "got", "note"),
    [
        ("tensor(1.5)", "tensor(1.5, grad_fn=<SqrtBackward0>)", "without the grad_fn"),
        ("<ThAddBackward object at 0x7f01>", "<AddBackward0 object at 0x7f02>", "node names"),
        ("tensor(True, dtype=torch.bool)", "tensor(True)", "dtype of bool"),
        ("tensor([(1.+3.j), (2.-4.j)])", "tensor([1.+3.j, 2.-4.j])", "complex numbers"),
        ("t(1, grad_fn=<MulBackward>)", "t(1, grad_fn=<MulBackward0>)", "node names"),
    ],
)
def test_what_an_older_torch_printed_agrees_with_a_note(shown, got, note):
    same, notes = text(shown, got)
    assert same
    assert note in notes[0]


def test_a_grad_fn_that_is_missing_is_no_matter_of_age():
    assert not text("tensor(1.5, grad_fn=<SqrtBackward0>)", "tensor(1.5)")[0]
    assert not text("tensor(2.5)", "tensor(1.5, grad_fn=<SqrtBackward0>)")[0]


IPYTHON = """before
---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
<ipython-input-3-0a1b2c> in <module>
----> 1 f()

ValueError: too big
by far"""


@pytest.mark.parametrize(
    ("shown", "text", "error"),
    [
        (IPYTHON, "before", ("ValueError", "too big\nby far")),
        ("Traceback (most recent call last):\n ...\nKeyError: 'x'", "", ("KeyError", "'x'")),
        ("RuntimeError: no", "", ("RuntimeError", "no")),
        ("1\ntorch.cuda.OutOfMemoryError: no", "1", ("OutOfMemoryError", "no")),
        ("StopIteration", "", ("StopIteration", "")),
        ("caught RuntimeError: no", "caught RuntimeError: no", None),
        ("1\n2", "1\n2", None),
    ],
)
def test_an_error_is_taken_out_of_an_output(shown, text, error):
    parts = take_apart(shown)
    assert (parts.text, parts.error) == (text, error)


def test_warnings_are_taken_out_of_an_output():
    shown = "a.py:3: UserWarning: slow\n  warnings.warn('slow')\n7"
    parts = take_apart(shown)
    assert (parts.text, parts.warnings) == ("7", ["UserWarning"])
    assert compare(shown, [Run("7\n", warnings=[("UserWarning", "slow")])]).notes == []
    unseen = compare(shown, [Run("7\n")])
    assert unseen.ok
    assert unseen.notes == ["shows a UserWarning that was not given"]


@pytest.mark.parametrize(
    ("shown", "raised", "reason"),
    [
        ("RuntimeError: size 3 at 0x7f01", ("RuntimeError", "size 3 at 0x7f02"), ""),
        ("RuntimeError", ("RuntimeError", "size 3"), ""),
        ("RuntimeError: size", ("RuntimeError", "size 3"), ""),
        ("RuntimeError: size 4", ("RuntimeError", "size 3"), "the message of the RuntimeError"),
        ("ValueError: size 3", ("RuntimeError", "size 3"), "shows ValueError, but RuntimeError"),
        ("ValueError: size 3", None, "shows ValueError, but nothing was raised"),
        ("3", ("ValueError", "bad"), "raised ValueError: bad"),
    ],
)
def test_errors_agree_by_type_and_message(shown, raised, reason):
    verdict = compare(shown, [Run(error=raised)])
    assert verdict.ok is (reason == "")
    assert verdict.reason.startswith(reason)


def test_a_message_of_an_older_torch_agrees_with_a_note():
    old = "Trying to backward through the graph a second time, but the buffers are gone."
    new = "Trying to backward through the graph a second time (or directly access saved tensors"
    verdict = compare(f"RuntimeError: {old}", [Run(error=("RuntimeError", new))])
    assert verdict.ok
    assert verdict.notes == ["the message is worded as by an older torch"]


def test_prints_before_an_error_are_compared_too():
    run = Run("1\n", error=("ValueError", "bad"))
    assert compare("1\nValueError: bad", [run]).ok
    assert not compare("2\nValueError: bad", [run]).ok


def test_a_printed_message_is_no_raised_error():
    assert compare("ValueError: bad", [Run("ValueError: bad\n")]).ok


def test_the_value_of_the_last_line_may_be_shown_or_not():
    run = Run("a\n", value="7")
    assert compare("a\n7", [run]).notes == []
    assert compare("a", [run]).notes == ["the value of the last line is not shown"]
    assert not compare("7", [run]).ok


def test_a_difference_is_a_readable_diff():
    verdict = compare("first\n0.25", [Run("first\n0.75\n")])
    assert verdict.diff.splitlines() == [
        "--- shown in the document", "+++ got", " first", "-0.25", "+0.75"
    ]  # fmt: skip
