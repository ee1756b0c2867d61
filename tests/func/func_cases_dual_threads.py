"""A dual level is open in every thread; whether ops pass tangents on is each thread's affair."""

import threading

from func_registry import case


def in_thread(fn):
    """What a function returns in a thread of its own, or the error that it ends with."""
    found = []

    def run():
        try:
            found.append(fn())
        except Exception as e:
            found.append(e)

    t = threading.Thread(target=run)
    t.start()
    t.join()
    return found[0]


@case
def dual_level_in_threads(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = torch.ones(2), torch.full((2,), 3.0)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        say(in_thread(lambda: fw.unpack_dual(d * 2).tangent), in_thread(lambda: fw._current_level))
        say(in_thread(fw.enter_dual_level))
        say(in_thread(lambda: fw.unpack_dual(fw.make_dual(x, u).exp()).tangent))
        say(in_thread(lambda: d.mul_(2)), fw.unpack_dual(d).tangent, u)
        with fw._set_fwd_grad_enabled(False):
            say(fw._is_fwd_grad_enabled(), in_thread(fw._is_fwd_grad_enabled))
            say(in_thread(lambda: fw.unpack_dual(d * 2).tangent))
        say(fw.unpack_dual(d * 2).tangent)
    say(in_thread(lambda: fw.unpack_dual(d).tangent), in_thread(lambda: fw._current_level))

    def opened():
        fw.enter_dual_level()
        return fw.make_dual(x, u)

    d = in_thread(opened)
    say(fw._current_level, fw.unpack_dual(d * 3).tangent)
    fw.exit_dual_level()
    say(fw._current_level, fw.unpack_dual(d).tangent)
    say(in_thread(lambda: torch.func.jvp(torch.sin, (x,), (u,))))
    with fw.dual_level():
        d = fw.make_dual(x, torch.ones(2))
        say(fw.unpack_dual(d * d).tangent, fw._current_level)
    say.fails(fw.exit_dual_level)
