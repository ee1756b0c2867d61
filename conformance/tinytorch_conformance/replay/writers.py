"""Reports as files: everything in JSON, and JUnit XML for continuous integration."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from .model import FAILED, SKIPPED


def write_json(path, reports):
    """Every report in full, actual outputs included."""
    data = {"ok": all(r.ok for r in reports), "documents": [r.as_dict() for r in reports]}
    Path(path).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_junit(path, reports):
    """A test suite per document, a test case per block."""
    root = ET.Element("testsuites")
    for r in reports:
        suite = ET.SubElement(
            root, "testsuite", name=r.path, tests=str(len(r.blocks)),
            failures=str(len(r.failed)), errors=str(int(bool(r.error))),
            skipped=str(r.count(SKIPPED)), time=f"{r.seconds:.3f}",
        )  # fmt: skip
        if r.error:
            case = ET.SubElement(suite, "testcase", classname=r.path, name="read")
            ET.SubElement(case, "error", message=r.error)
        for b in r.blocks:
            case = ET.SubElement(
                suite, "testcase", classname=r.path, name=f"line {b.lineno} {b.label}".strip(),
                time=f"{b.seconds:.3f}",
            )  # fmt: skip
            if b.status == FAILED:
                ET.SubElement(case, "failure", message=b.reason).text = _plain(_details(b))
            elif b.status == SKIPPED:
                ET.SubElement(case, "skipped", message=b.reason)
            if b.actual:
                ET.SubElement(case, "system-out").text = _plain(b.actual)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _plain(text):
    return "".join(c for c in text if c in "\n\t" or c >= " ")


def _details(b):
    return "\n\n".join(x.strip("\n") for x in (b.source, b.diff, b.traceback) if x)
