"""Record what the examples print under real torch: run by hand where torch 2.13 is installed."""

import json
import subprocess
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUN = "import sys, torch; sys.modules['tinytorch'] = torch; torch.set_num_threads(1); " \
      "import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"  # fmt: skip


def main():
    examples = {}
    for path in sorted((ROOT / "examples").glob("*.py")):
        done = subprocess.run(
            [sys.executable, "-c", RUN, path], capture_output=True, text=True, check=True
        )
        examples[path.name] = done.stdout.splitlines()
    text = json.dumps({"torch": torch.__version__, "examples": examples}, indent=1)
    (HERE / "recorded.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
