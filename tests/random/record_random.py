"""Records what real torch draws and refuses: ``python tests/random/record_random.py``."""

import json
from pathlib import Path

import torch
from random_programs import PROGRAMS, REFUSED, drawn, refusal

data = {
    "torch": torch.__version__,
    "drawn": {p.__name__: drawn(torch, p) for p in PROGRAMS},
    "refused": {text: refusal(torch, text) for text in REFUSED},
}
Path(__file__).with_name("random.json").write_text(json.dumps(data) + "\n")
