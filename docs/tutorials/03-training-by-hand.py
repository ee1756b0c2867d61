# %% [markdown]
# # A network trained by hand
#
# A script in cells, as editors run them one by one. It says `import torch`: run it with
# `tinytorch run docs/tutorials/03-training-by-hand.py`, or with torch itself.
#
# Two layers, 1000 inputs, 100 hidden units, 10 outputs, and 64 random examples to learn by heart.

# %%
import torch

torch.manual_seed(0)

batch, n_in, hidden, n_out = 64, 1000, 100, 10
x = torch.randn(batch, n_in)
y = torch.randn(batch, n_out)
w1 = torch.randn(n_in, hidden, requires_grad=True)
w2 = torch.randn(hidden, n_out, requires_grad=True)
start = w1.detach().clone(), w2.detach().clone()

print(tuple(x.mm(w1).shape), tuple(x.mm(w1).mm(w2).shape))

# %% [markdown]
# ```
# (64, 100) (64, 10)
# ```
#
# ## The loop
#
# Forward, loss, backward, a step downhill. The step itself is no part of what is learnt from, so
# it is made under `no_grad`; without that, writing into `w1` would be refused. The gradients are
# zeroed because they add up.

# %%
rate = 1e-6


def train(relu, steps=500):
    for t in range(1, steps + 1):
        loss = (relu(x.mm(w1)).mm(w2) - y).pow(2).sum()
        if t in (1, 25, 50, 100, 200):
            print(f"step {t:3}  loss {loss.item():.3e}")
        loss.backward()
        with torch.no_grad():
            w1.sub_(rate * w1.grad)
            w2.sub_(rate * w2.grad)
            w1.grad.zero_()
            w2.grad.zero_()
    print("learnt by heart:", loss.item() < 1e-3)


train(lambda h: h.clamp(min=0))

# %% [markdown]
# ```
# step   1  loss 2.943e+07
# step  25  loss 1.430e+05
# step  50  loss 1.375e+04
# step 100  loss 4.278e+02
# step 200  loss 1.448e+00
# learnt by heart: True
# ```
#
# ## A function of your own
#
# An operation can bring its own derivative. `forward` gets plain tensors and may keep what
# `backward` will need; `backward` gets the gradient of the output and returns one for each input.

# %%
from torch.autograd import Function


class ReLU(Function):
    @staticmethod
    def forward(ctx, h):
        ctx.save_for_backward(h)
        return h.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (h,) = ctx.saved_tensors
        g = g.clone()
        g[h < 0] = 0
        return g


h = torch.tensor([-1.0, 2.0, -3.0, 4.0], requires_grad=True)
out = ReLU.apply(h)
print(out)
out.sum().backward()
print(h.grad)

# %% [markdown]
# ```
# tensor([0., 2., 0., 4.], grad_fn=<ReLUBackward>)
# tensor([0., 1., 0., 1.])
# ```
#
# From the same start it trains to the same losses:

# %%
with torch.no_grad():
    w1.copy_(start[0])
    w2.copy_(start[1])

train(ReLU.apply)

# %% [markdown]
# ```
# step   1  loss 2.943e+07
# step  25  loss 1.430e+05
# step  50  loss 1.375e+04
# step 100  loss 4.278e+02
# step 200  loss 1.448e+00
# learnt by heart: True
# ```
#
# `gradcheck` compares such a derivative with finite differences, in double precision:

# %%
print(torch.autograd.gradcheck(ReLU.apply, torch.randn(6, dtype=torch.float64, requires_grad=True)))

# %% [markdown]
# ```
# True
# ```
