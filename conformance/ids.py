"""Write down the ids of all cases: ``python conformance/ids.py``.

Authors name cases in files of known failures, so an id that was published stays what it was: cases
may be added (a sample at the end of its list, a new name), and are written down by this; none may
go or change its name. So this refuses to drop an id, and the tests fail while one is not here.
"""

from __future__ import annotations

import json
import sys

from tinytorch_conformance.report import IDS, packed, unpacked
from tinytorch_conformance.run import all_groups


def current():
    """The ids of the suite as it stands."""
    return {case.id for group in all_groups() for case in group.make()}


def main():
    ids = current()
    old = set(unpacked(json.loads(IDS.read_text("utf-8")))) if IDS.exists() else set()
    if old - ids:
        sys.exit("these ids are gone:\n" + "\n".join(sorted(old - ids)))
    text = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in packed(ids).items())
    IDS.write_text("{\n" + text + "\n}\n", "utf-8")
    print(f"{len(ids)} ids, {len(ids - old)} of them new")


if __name__ == "__main__":
    main()
