"""Records real torch's modules and trainings: ``python tests/nn/record_nn.py``."""

import json
from pathlib import Path

import torch
from nn_programs import (
    INITS,
    LAYERS,
    OPTIMIZERS,
    REFUSED,
    REPRS,
    SCHEDULES,
    convolved,
    initial,
    initialised,
    make,
    refusal,
    scheduled,
    trained,
)

torch.set_num_threads(1)
data = {
    "torch": torch.__version__,
    "initial": {text: initial(torch, text) for text in LAYERS},
    "initialised": {text: initialised(torch, text) for text in INITS},
    "reprs": {text: repr(make(torch, "nn." + text)) for text in REPRS},
    "trained": {name: trained(torch, text) for name, text in OPTIMIZERS.items()},
    "normed": trained(torch, OPTIMIZERS["adam"], norm=True),
    "convolved": convolved(torch),
    "scheduled": {text: scheduled(torch, text) for text in SCHEDULES},
    "refused": {text: refusal(torch, text) for text in REFUSED},
}  # fmt: skip
Path(__file__).with_name("nn.json").write_text(json.dumps(data) + "\n")
