"""What the samples cannot say of structure ops: aliasing, refusals, layouts, named results."""

from __future__ import annotations

import pytest

import tinytorch as torch


def test_named_results_print_as_torch_prints_them():
    r = torch.tensor([[1.0, 3.0, 2.0]]).max(1)
    assert repr(r) == "torch.return_types.max(\nvalues=tensor([3.]),\nindices=tensor([1]))"
    assert r.values is r[0] and r.indices is r[1]


def test_parts_of_a_split_refuse_writes_while_recorded():
    x = torch.ones(4, requires_grad=True) * 1
    part = x.split(2)[1]
    with pytest.raises(RuntimeError, match="Output 1 of Split is a view and is being"):
        part.add_(1)


def test_parts_by_tensor_split_may_be_written():
    x = torch.ones(4, requires_grad=True)
    y = x * 1
    y.tensor_split(2)[0].mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3, 1, 1]


def test_parts_of_a_split_share_one_node():
    x = torch.ones(4, 2, requires_grad=True)
    a, b = x.split(2)
    assert a.grad_fn is b.grad_fn
    (a.sum() * 2).backward()
    assert x.grad.tolist() == [[2.0, 2.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("write", [
    lambda x: x.diagonal().fill_(5), lambda x: x.as_strided((3,), (5,)).fill_(5),
    lambda x: x.t().diagonal()[:].fill_(5), lambda x: x.view(12)[::5].fill_(5),
    lambda x: x.fill_diagonal_(5),
])  # fmt: skip
def test_writes_through_views_reach_the_base(write):
    x = torch.zeros(3, 4)
    write(x)
    assert x.tolist() == [[5, 0, 0, 0], [0, 5, 0, 0], [0, 0, 5, 0]]


def test_windows_write_through():
    x = torch.zeros(6)
    x.unfold(0, 2, 2)[1, 0] = 3
    assert x.tolist() == [0, 0, 3, 0, 0, 0]


def test_in_place_views_keep_memory():
    x = torch.arange(6.0).reshape(2, 3).clone()
    row = x[1]
    x.t_()
    assert x.shape == (3, 2) and x.stride() == (1, 3)
    x[0, 1] = 9
    assert row.tolist() == [9, 4, 5]


def test_bytes_seen_as_another_dtype_are_the_same_bytes():
    x = torch.ones(2)
    x.view(torch.int32)[0] = 0
    assert x.tolist() == [0, 1]
    assert torch.zeros(2, 4).view(torch.float64).shape == (2, 2)


def test_a_clone_is_laid_out_as_its_source():
    x = torch.zeros(2, 3).t()
    if torch.get_backend() == "numpy":
        assert x.clone().stride() == (1, 3)
    assert x.clone(memory_format=torch.contiguous_format).stride() == (2, 1)
    assert x.contiguous().stride() == (2, 1)


def test_legacy_constructors():
    assert torch.Tensor(2, 3).shape == (2, 3)
    assert torch.LongTensor([1, 2]).dtype is torch.int64
    assert isinstance(torch.ones(1), torch.FloatTensor)
    assert not isinstance(torch.ones(1).long(), torch.FloatTensor)


def test_items_cannot_be_deleted():
    with pytest.raises(TypeError, match="Tensor does not support deleting items"):
        del torch.ones(2)[0]


def test_the_spread_of_one_element_warns():
    with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
        assert torch.ones(1).std().isnan()


def test_sums_at_repeated_positions_add_up():
    x = torch.zeros(3, 2).index_add(0, torch.tensor([1, 1, 2]), torch.ones(3, 2))
    assert x.tolist() == [[0, 0], [2, 2], [1, 1]]
    y = torch.zeros(3)
    y[[0, 0]] += 1
    assert y.tolist() == [1, 0, 0]


def test_numpy_names_of_arguments():
    x = torch.ones(2, 3)
    assert x.sum(axis=0, keepdims=True).shape == (1, 3)
    assert x.max(axis=1).values.shape == (2,)
