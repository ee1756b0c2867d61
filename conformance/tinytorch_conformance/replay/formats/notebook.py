"""Jupyter notebooks: the cells are blocks, their saved outputs are what is shown."""

from __future__ import annotations

from ..model import Block, Document, parser


def _shown(outputs):
    parts = []
    for o in outputs:
        match o["output_type"]:
            case "stream" if o.get("name") == "stdout":
                parts.append(o["text"].rstrip("\n"))
            case "execute_result" | "display_data":
                text = o.get("data", {}).get("text/plain", "")
                if text and not text.startswith("<Figure"):
                    parts.append(text)
            case "error":
                parts.append(f"{o['ename']}: {o['evalue']}")
    return "\n".join(parts) or None


def read(text, path):
    """A notebook of any format version that nbformat reads."""
    nbformat = parser("nbformat", "nbformat")
    try:
        book = nbformat.reads(text, as_version=4)
    except Exception as e:
        raise ValueError(f"not a notebook: {e}") from e
    cells = [(i, c) for i, c in enumerate(book.cells, 1) if c.cell_type == "code"]
    blocks = [
        Block(c.source, i, label=f"cell {i}", expected=_shown(c.outputs))
        for i, c in cells
        if c.source.strip()
    ]
    return Document(path, "notebook", blocks, in_file=False)
