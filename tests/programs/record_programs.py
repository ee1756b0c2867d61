"""Record what real torch answers: ``python tests/programs/record_programs.py``.

Runs every program of ``sessions/`` in real torch and writes the answers, with torch's version, to
``answers.json``, which the tests compare with and which needs no torch to read.
"""

import json
from pathlib import Path

import torch
from session import run_all

if __name__ == "__main__":
    record = {"torch": torch.__version__, "programs": run_all()}
    text = json.dumps(record, indent=0, ensure_ascii=True)
    Path(__file__).with_name("answers.json").write_text(text + "\n", encoding="utf-8")
