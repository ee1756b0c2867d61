"""Backends out of namespaces: flags, what is probed, devices, and indexing held beside NumPy's."""

import sys
from types import SimpleNamespace

import array_api_strict as strict
import numpy as np
import pytest

import tinytorch
from tinytorch import devices, plugins
from tinytorch.array_api.namespace import way_to_host
from tinytorch.backend import Backend, from_array_api

DEVICES = {str(d).split("'")[1]: d for d in strict.__array_namespace_info__().devices()}
STANDARD = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip


@pytest.fixture
def bound():
    """Backend class -> its namespace as ``cpu``."""
    return lambda cls: cls.bind(devices.device("cpu"))


@pytest.fixture
def registered():
    """Registers a class under its name for one test."""
    names = []

    def register(cls):
        plugins.register(cls.name, cls)
        names.append(cls.name)
        return cls

    yield register
    for name in names:
        plugins.unregister(name)


def test_the_class_has_what_a_backend_declares():
    cls = from_array_api(strict, "mine")
    assert issubclass(cls, Backend) and cls.__name__ == "MineBackend"
    assert (cls.name, cls.device_types, cls.mutable) == ("mine", ("mine",), False)
    assert from_array_api(strict, "m", device_types=("cpu", "m")).device_types == ("cpu", "m")


@pytest.mark.parametrize(
    "where, missing",
    [
        (("CPU_DEVICE",), ()),
        (("device1", "device2"), ()),
        (("no_float64",), ("float64", "complex128")),
        (("CPU_DEVICE", "no_float64"), ("float64", "complex128")),
    ],
)
def test_dtypes_are_those_that_work_on_every_device(where, missing):
    cls = from_array_api(strict, "mine", devices=[DEVICES[d] for d in where])
    assert cls.dtypes == tuple(d for d in STANDARD if d not in missing)


def test_numpy_has_float16_besides_and_what_is_declared_is_kept():
    assert set(from_array_api(np, "mine").dtypes) == {*STANDARD, "float16"}
    few = ("bool", "int32", "int64", "float32")
    assert from_array_api(np, "mine", dtypes=few).dtypes == few


def test_a_library_without_int64_is_refused():
    with pytest.raises(ValueError, match="backend 'mine': torch cannot do without int64"):
        from_array_api(strict, "mine", devices=[DEVICES["no_x64"]])


def test_unknown_flags_are_refused():
    with pytest.raises(TypeError, match="from_array_api has no flags colour, size"):
        from_array_api(strict, "mine", size=1, colour=2)


def without(*names):
    kept = {k: v for k, v in vars(strict).items() if k not in names}
    return SimpleNamespace(**{**kept, "__name__": "poor"})


def test_missing_functions_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    with pytest.raises(TypeError, match="'poor' lacks flip, atan2: .*, or try pip install"):
        from_array_api(without("atan2", "flip"), "mine")
    with pytest.raises(TypeError, match="'numpy' lacks argsort: "):
        from_array_api(np, "mine")


def test_an_override_stands_for_a_missing_function_and_for_a_kernel(monkeypatch, bound):
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    given = {"atan2": lambda x, y: "atan2", "exp": lambda x: "exp"}
    P = bound(from_array_api(without("atan2"), "mine", overrides=given))
    x = P.from_host(np.ones(3))
    assert (P.atan2(x, x), P.exp(x)) == ("atan2", "exp")
    assert P.to_host(P.log(x)).tolist() == [0, 0, 0]


def test_a_subclass_changes_kernels_by_methods(bound):
    class Mine(from_array_api(strict, "mine")):
        def matmul(self, x, y):
            return super().matmul(y, x)

    P = bound(Mine)
    x, y = (P.from_host(np.array(v)) for v in ([[1.0, 2], [3, 4]], [[0.0, 1], [1, 0]]))
    assert P.to_host(P.matmul(x, y)).tolist() == [[3, 4], [1, 2]]


def test_array_api_compat_wraps_what_falls_short(bound):
    cls = from_array_api(np, "mine")
    assert cls.xp.__name__ == "array_api_compat.numpy"
    P = bound(cls)
    order = P.argsort(P.from_host(np.array([1, 3, 2])), 0, True, True)
    assert P.to_host(order).tolist() == [1, 2, 0]


# --- devices --------------------------------------------------------------------------------------


@pytest.fixture
def three(registered):
    names = ("CPU_DEVICE", "device1", "device2")
    return registered(from_array_api(strict, "aaa", devices=[DEVICES[n] for n in names]))


def test_devices_by_index(three):
    for i, name in enumerate(("CPU_DEVICE", "device1", "device2")):
        x = tinytorch.arange(4.0, device=f"aaa:{i}", requires_grad=True)
        (x[[0, 0, 3]].exp().sum() * x[1:].prod()).backward()
        assert {t._raw.device for t in (x, x.grad)} == {DEVICES[name]}
        assert x.grad.device == tinytorch.device(f"aaa:{i}")
    with pytest.raises(RuntimeError, match="aaa has 3 devices, not one of index 3"):
        tinytorch.ones(1, device="aaa:3")


def test_devices_do_not_mix_and_tensors_move(three):
    x, y = tinytorch.ones(2, device="aaa:1"), tinytorch.ones(2, device="aaa:2")
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        x + y
    moved = y.to("aaa:1")
    assert (x + moved).tolist() == [2, 2] and moved._raw.device == DEVICES["device1"]


# --- what a library may not have ------------------------------------------------------------------


def test_nonzero_goes_over_the_host_where_the_library_refuses_it(registered):
    cls = registered(from_array_api(strict, "static"))
    with strict.ArrayAPIStrictFlags(data_dependent_shapes=False, boolean_indexing=False):
        P = cls.bind(devices.device("cpu"))
        x = P.from_host(np.array([[0, 2], [3, 0]]))
        with pytest.raises(RuntimeError, match="data-dependent"):
            strict.nonzero(x)
        assert [P.to_host(i).tolist() for i in P.nonzero(x)] == [[0, 1], [1, 0]]


def test_arrays_that_do_not_convert_need_to_host(bound):
    class Closed:
        shape = (2,)

        def __array__(self, dtype=None, copy=None):
            raise TypeError("not implicitly")

    with pytest.raises(TypeError, match="Closed does not convert to NumPy: give to_host="):
        way_to_host(np, Closed())
    P = bound(from_array_api(strict, "mine", to_host=lambda x: "host"))
    assert P.to_host(P.from_host(np.ones(2))) == "host"


@pytest.mark.parametrize("version", ["2023.12", "2024.12", "2025.12"])
def test_older_versions_of_the_standard(version):
    with strict.ArrayAPIStrictFlags(api_version=version):
        P = from_array_api(strict, "mine").bind(devices.device("cpu"))
        assert P._scalars == (version > "2023.12")
        x = P.from_host(np.array([[1.0, 5.0], [4.0, 2.0]]))
        index = P.from_host(np.array([[1], [0]]))
        assert P.to_host(P.take_along_axis(x, index, 1)).tolist() == [[5], [4]]
        assert P.to_host(P.multiply(x, 1j)).tolist() == [[1j, 5j], [4j, 2j]]
        assert P.to_host(P.maximum(x, 3)).tolist() == [[3, 5], [4, 3]]


# --- keys -----------------------------------------------------------------------------------------

SHAPE = (3, 4, 2)
K, J = np.array([[2, 0], [1, 1]]), np.array([-1, 3])
KEYS = [
    (1,), (-1, Ellipsis), (slice(1, 3), slice(None), 0), (None, 2, None), (Ellipsis, None),
    (slice(2, 2),), (slice(0, 9, 2), Ellipsis, slice(0, 1)), (0, 1, 1), (),
    (K,), (slice(None), J), (K, J), (K, slice(None), 0), (0, slice(None), J % 2), (0, J),
    (slice(1, None), J, None), (J % 3, None, J), (Ellipsis, J % 2), (np.array(2), slice(0, 2)),
    (np.array([], np.int64),), (K, K, K % 2),
]  # fmt: skip
BACKENDS = {
    "strict": lambda: from_array_api(strict, "mine"),
    "device1": lambda: from_array_api(strict, "mine", devices=[DEVICES["device1"]]),
    "functional": lambda: from_array_api(strict, "mine", setitem=False),
    "numpy": lambda: from_array_api(np, "mine", mutable=True),
    "index arrays": lambda: from_array_api(np, "mine", index_arrays=True),
}


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("name", BACKENDS)
def test_keys_mean_what_they_mean_in_numpy(bound, name, key):
    P = bound(BACKENDS[name]())
    host = np.arange(24.0).reshape(SHAPE)
    x = P.from_host(host)
    raw = tuple(P.from_host(k) if isinstance(k, np.ndarray) else k for k in key)
    assert np.array_equal(P.to_host(P.getitem(x, raw)), host[key])
    value = 100 + np.arange(host[key].size).reshape(host[key].shape)
    want = host.copy()
    want[key] = value
    put = P.put(x, raw, P.from_host(value.astype(np.float64)))
    assert np.array_equal(P.to_host(put), want)
    assert np.array_equal(P.to_host(x), host)
    want[key] = -1
    assert np.array_equal(P.to_host(P.put(x, raw, -1.0)), want)
