"""Records what real torch without CUDA answers: ``python tests/cupy/record_absent.py``."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from absent_calls import CALLS, answer

if __name__ == "__main__":
    assert not torch.cuda.is_available(), "record on a machine without a GPU"
    rows = ",\n".join(f"{json.dumps(c)}: {json.dumps(answer(torch, c))}" for c in CALLS)
    text = f'{{"torch": "{torch.__version__}", "calls": {{\n{rows}\n}}}}\n'
    Path(__file__).with_name("absent.json").write_text(text, "utf-8")
