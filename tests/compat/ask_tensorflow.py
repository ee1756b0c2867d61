"""Record what TensorFlow answers: ``python tests/compat/ask_tensorflow.py``.

Needs TensorFlow, any that has ``tensorflow.compat.v1``; its version stands in the recording.
"""

import json
from pathlib import Path

import tensorflow
import tensorflow.compat.v1 as tf
from questions import CASES, answer, losses

if __name__ == "__main__":
    tf.disable_v2_behavior()
    found, weights = losses(tf)
    record = {
        "tensorflow": tensorflow.__version__,
        "answers": {name: answer(code, tf) for name, code in CASES.items()},
        "losses": found,
        "weights": [float(w.sum()) for w in weights],
    }
    text = json.dumps(record, indent=0).replace("\n", " ").replace('"is"', '\n"is"')
    Path(__file__).with_name("tensorflow.json").write_text(text + "\n", encoding="utf-8")
