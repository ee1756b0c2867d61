"""The special functions published: gradients as formulas, values from `special_fns`."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..samples import S, T, declare, unary_samples
from ..tensor import Tensor
from . import special_fns as F
from .exponential import XLOGY, xlog1py
from .rules import HALVES, common, constant, every, refuse, undefined
from .special_fns import ROOT_PI, double
from .table import binary, check_broadcast, no_form, primitive, unary

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX
special = {}  # what tinytorch.special offers besides names of the main module


def _check(name):
    return refuse(name, CPLX)


def _no_halves(kernel):
    """A check: torch's refusal of half types by kernels that it has not been given."""

    def check(*operands):
        d = common(operands)
        if d in HALVES:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.legacy}'")

    return check


def _special(name, rule, forward, domain=None, node=None, halves=True,
             refusal=None, meta=None):  # fmt: skip
    """A function of one tensor that torch has only in torch.special."""
    key = "special_" + name
    fn = primitive(
        key, *(() if rule is None else (rule,)), node=node, kernel=name, promote="float", meta=meta,
        forward=double(forward), check=every(
            _check(refusal or name + "_cpu"), *([] if halves else [_no_halves(name + "_cpu")])),
    )  # fmt: skip
    declare("special." + name, unary_samples(domain))

    def call(input):
        result = fn(input) if isinstance(input, Tensor) else NotImplemented
        if result is NotImplemented:
            raise registry.bad_argument(key, "input", 1, input)
        return result

    call.__name__ = call.__qualname__ = key
    special[name] = registry.with_out(call, key)
    return fn


def _either(name, forward):
    """A composition, or in single precision the backend's own kernel of that name if it has one."""
    wide = double(forward)

    def run(P, x):
        single = None if x.dtype == P.float64 else getattr(P, name, None)
        return wide(P, x) if single is None else single(x)

    return run


def _unary(name, rule, forward, domain=None, check=None, **spec):
    return unary(name, rule, forward=_either(name + "_single", forward), domain=domain,
                 check=_check(check or name + "_vml_cpu"), **spec)  # fmt: skip


def _square(P, x):
    return P.multiply(x, x)


def _bell(P, a):
    return P.exp(P.negative(_square(P, a)))


# --- error functions ------------------------------------------------------------------------------

erf = _unary("erf", lambda P, g, a: P.multiply(g, P.multiply(_bell(P, a), 2 / ROOT_PI)), F._erf)
erfc = _unary("erfc", lambda P, g, a: P.multiply(g, P.multiply(_bell(P, a), -2 / ROOT_PI)), F._erfc)
erfinv = _unary(
    "erfinv", lambda P, g, a: P.multiply(
        g, P.multiply(P.exp(_square(P, P.erfinv(a))), ROOT_PI / 2)), F._erfinv,
    domain=(-0.95, 0.95),
)  # fmt: skip
erfcx = _special(
    "erfcx", lambda P, g, a, out: P.multiply(g, P.subtract(
        P.multiply(P.multiply(a, out), 2), 2 / ROOT_PI)), F._erfcx, halves=False)  # fmt: skip
ndtri = _special(
    "ndtri", lambda P, g, out: P.multiply(g, P.multiply(
        P.exp(P.multiply(P.multiply(out, out), 0.5)), math.sqrt(2 * math.pi))), F._ndtri,
    domain=(0.05, 0.95), halves=False,
)  # fmt: skip
log_ndtr = _special(
    "log_ndtr", lambda P, g, a: P.divide(P.multiply(g, math.sqrt(2 / math.pi)),
                                         P.erfcx(P.multiply(a, -math.sqrt(0.5)))), F._log_ndtr,
    halves=False, meta={"keeps": {"out": (0,)}},
)  # fmt: skip


_NUMBER = dict(operands=("a", "b"), promote="float", scalars=True)
_scaled = primitive("mul_number", lambda P, g, b: P.multiply(g, b), None, kernel="multiply",
                    node="MulBackward1", **_NUMBER)  # fmt: skip
_shifted = primitive("add_number", lambda P, g: g, None, kernel="add", node="AddBackward1",
                     **_NUMBER)  # fmt: skip


def ndtr(input):
    """The area under the normal curve up to a value (torch.special.ndtr)."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("special_ndtr", "input", 1, input)
    return _scaled(_shifted(erf(_scaled(input, math.sqrt(0.5))), 1), 0.5)


special["ndtr"] = registry.with_out(ndtr, "special_ndtr")
declare("special.ndtr", unary_samples())


def _entr(P, x):
    out = P.negative(P.multiply(x, P.log(P.where(P.greater(x, 0), x, constant(P, x, 1)))))
    out = P.where(P.equal(x, 0), constant(P, x, 0), out)
    out = P.where(P.less(x, 0), constant(P, x, -math.inf), out)
    return P.where(P.equal(x, x), out, x)


entr = _special(
    "entr", lambda P, g, a: P.multiply(g, P.subtract(P.negative(P.log(a)), 1)), _entr,
    domain=(0.1, 3.0),
)  # fmt: skip

# --- Bessel functions -----------------------------------------------------------------------------


def _i1_grad(P, g, a, out):
    nil = P.equal(a, 0)
    ratio = P.divide(out, P.where(nil, constant(P, a, 1), a))
    slope = P.subtract(P.i0(a), ratio)
    return P.multiply(g, P.where(nil, constant(P, a, 0.5), slope))


def _i1e_grad(P, g, a, out):
    nil = P.equal(a, 0)
    safe = P.where(nil, constant(P, a, 1), a)
    slope = P.subtract(P.i0e(a), P.multiply(out, P.add(P.sign(safe), P.divide(1, safe))))
    return P.multiply(g, P.where(nil, constant(P, a, 0.5), slope))


i0 = _unary("i0", lambda P, g, a: P.multiply(g, P.i1(a)), F._unscaled(F._i0e))
i0e = _special(
    "i0e", lambda P, g, a, out: P.multiply(g, P.subtract(P.i1e(a), P.multiply(P.sign(a), out))),
    F._i0e, node="SpecialI0EBackward0",
)  # fmt: skip
i1 = _special("i1", _i1_grad, F._unscaled(F._i1e))
i1e = _special("i1e", _i1e_grad, F._i1e, node="SpecialI1EBackward0")

# --- the gamma family -----------------------------------------------------------------------------

lgamma = _unary("lgamma", lambda P, g, a: P.multiply(g, P.digamma(a)), F._lgamma, (0.2, 4.0))
digamma = _unary(
    "digamma", lambda P, g, a: P.multiply(g, P.polygamma(a, 1)), F._digamma, (0.2, 4.0),
    check="digamma",
)  # fmt: skip
polygamma_ = primitive(
    "polygamma", lambda P, g, a, order: P.multiply(g, P.polygamma(a, order + 1)),
    params=("order",),
    promote="float", forward=double(F._polygamma), check=lambda a, n: _check(
        ("digamma", "trigamma")[n] if n < 2 else "polygamma")(a),
)  # fmt: skip
_POLYGAMMA = [S(n, T((3, 4), 0.3, 4.0)) for n in (0, 1, 2, 3)] + [S(1, T((), 0.3, 4.0))]


@registry.public("polygamma", method=False, out=True, samples=_POLYGAMMA)
def polygamma(n, input):
    """The n-th derivative of digamma (torch.polygamma); NotImplementedError for negative n."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("polygamma", "input", 2, input)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return polygamma_(input, n)


registry.methods["polygamma"] = lambda self, n: polygamma(n, self)
registry.methods["polygamma_"] = registry.inplace_of(registry.methods["polygamma"], "polygamma")


def _mvlgamma(P, x, p):
    total = P.lgamma(x)
    for i in range(1, p):
        total = P.add(total, P.lgamma(P.subtract(x, i / 2)))
    return P.add(total, p * (p - 1) / 4 * math.log(math.pi))


def _mvlgamma_grad(P, g, a, p):
    total = P.digamma(a)
    for i in range(1, p):
        total = P.add(total, P.digamma(P.subtract(a, i / 2)))
    return P.multiply(g, total)


mvlgamma_ = primitive(
    "mvlgamma", _mvlgamma_grad, params=("p",), promote="float", forward=double(_mvlgamma),
    check=lambda a, p: _check("arange_cpu")(a),
)  # fmt: skip


@registry.public("mvlgamma", inplace=True, out=True, samples=lambda: [
    S(T((3, 4), 2.1, 4.0), 1), S(T((3,), 2.1, 4.0), 3), S(T((), 2.1, 4.0), p=2),
])  # fmt: skip
def mvlgamma(input, p):
    """The log of the multivariate gamma function of dimension ``p`` (torch.mvlgamma)."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return mvlgamma_(input, p)


_ZETA = dict(kernel="zeta", operands=("a", "b"), promote="float", scalars=True,
             forward=double(F._zeta), check=every(
                 check_broadcast, refuse("zeta_cpu", CPLX), _no_halves("zeta_cpu")))  # fmt: skip


def _zeta_grad(P, g, a, b):
    if not hasattr(a, "dtype"):
        a = constant(P, b, a)
    return P.negative(P.multiply(g, P.multiply(a, P.zeta(P.add(a, 1), b))))


_no_zeta = undefined("zeta", "the derivative for '{}' is not implemented.", NotImplementedError,
                     "special_zeta")  # fmt: skip
zeta_ops = (
    primitive("special_zeta", _no_zeta, _zeta_grad, node="SpecialZetaBackward0", **_ZETA),
    primitive("zeta_of_number", None, _zeta_grad, node="SpecialZetaBackward1", **_ZETA),
    primitive("zeta_number", _no_zeta, None, node="SpecialZetaBackward2", **_ZETA),
)


def zeta(input, other):
    """Hurwitz's zeta function (torch.special.zeta)."""
    if not isinstance(input, Tensor):
        op = zeta_ops[1]
    else:
        op = zeta_ops[0 if isinstance(other, Tensor) else 2]
    result = op(input, other)
    if result is NotImplemented:
        raise no_form("special_zeta", (input, other))
    return result


special["zeta"] = registry.with_out(zeta, "special_zeta")
special["xlog1py"] = registry.with_out(xlog1py, "special_xlog1py")
declare("special.zeta", [S(T((3, 4), 1.5, 5.0, grad=False), T((4,), 0.3, 4.0)),
                         S(2.5, T((3,), 0.3, 4.0))])  # fmt: skip
declare("special.xlog1py", XLOGY)


def _density(P, g, a, b):
    """The derivative of P(a, b) by b."""
    log = P.subtract(P.subtract(P.multiply(P.subtract(a, 1), P.log(b)), b), P.lgamma(a))
    return P.multiply(g, P.exp(log))


def _incomplete(name, which, sign):
    check = every(check_broadcast, refuse(name + "_cpu", BOOL, INT, CPLX))

    def other_rule(P, g, a, b):
        slope = _density(P, g, a, b)
        return slope if sign > 0 else P.negative(slope)

    return binary(
        name, undefined(f"{name}: input", "the derivative for '{}' is not implemented.",
                        NotImplementedError, name), other_rule, scalars=False, check=check,
        forward=double(lambda P, a, x: F._igamma_pair(P, a, x)[which]), meta={"floats": True},
        samples=lambda: [S(T((3, 4), 0.3, 5.0, grad=False), T((4,), 0.1, 8.0)),
                 S(T((), 0.3, 5.0, grad=False), T((3,), 0.1, 8.0))],
    )  # fmt: skip


igamma = _incomplete("igamma", 0, 1)
igammac = _incomplete("igammac", 1, -1)


def _tensor_namespace():
    from ..primitive import TP

    TP.zeta = zeta_ops[0]


_tensor_namespace()
