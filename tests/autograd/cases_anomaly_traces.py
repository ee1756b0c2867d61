"""Where a node was made, as anomaly mode notes it: the caller's line, of views as of any op."""

import warnings

from transcript import case


@case
def anomaly_notes_the_line(torch, say):
    steps = {
        "exp": torch.exp, "view": lambda x: x.view(6), "item": lambda x: x[0], "T": lambda x: x.T,
        "expand": lambda x: x.expand(2, 2, 3), "unbind": lambda x: x.unbind(0)[1],
        "written": lambda x: x.clone().mul_(2), "product": lambda x: x @ x.mT,
        "sum": lambda x: x.sum(), "sqrt": lambda x: x.sqrt(), "where": lambda x: x.clamp(0, 1),
    }  # fmt: skip
    x = torch.ones(2, 3, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.detect_anomaly():
            for name, step in steps.items():
                trace = step(x).grad_fn.metadata["traceback_"]
                say(name, "<lambda>" in trace[-1] or "step(x)" in trace[-1])


@case
def anomaly_of_a_view(torch, say):
    x = torch.ones(3, requires_grad=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            with torch.autograd.detect_anomaly():
                y = x.view(3)
                y.register_hook(lambda g: g * float("nan"))
                (y * 1).sum().backward()
        except RuntimeError as e:
            say(e)
    text = str(told[-1].message)
    say(len(told), text.split(".")[0], "y = x.view(3)" in text)
