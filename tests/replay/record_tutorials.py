"""Record what the tutorials print on real torch: `python tests/replay/record_tutorials.py`.

Needs torch. The recording keeps every block's source, so a tutorial that was changed since is
noticed; the version of torch is inside.
"""

import json
from pathlib import Path

from tinytorch_conformance.replay import real_torch, record_document

HERE = Path(__file__).parent
TUTORIALS = HERE.parents[1] / "docs" / "tutorials"
RECORDED = HERE / "tutorials.json"


def main():
    """Write `tutorials.json`."""
    documents = sorted(p for p in TUTORIALS.iterdir() if p.is_file())
    made = {p.name: record_document(p, seed=0, alias=real_torch) for p in documents}
    RECORDED.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
