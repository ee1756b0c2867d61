"""The table of a profile, laid out as torch lays it out."""

from __future__ import annotations

_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0}
_WIDTH = 12


def format_time(us, unit=None):
    """Microseconds as a text with the unit that suits, or with ``unit``."""
    unit = unit or ("s" if us >= 1e6 else "ms" if us >= 1e3 else "us")
    return f"{us / _UNITS[unit]:.3f}{unit}"


def share(us, total):
    """Part of a total as a text."""
    return f"{us * 100.0 / total:.2f}%" if total else "NaN"


def _cut(text, width, head=True):
    if width is None or len(text) <= width:
        return text
    return text[: width - 3] + "..." if head else "..." + text[3 - width :]


def _name(text, width):
    return text if width is None or len(text) < width else text[: width - 3] + "..."


def text_of(events, row_limit, src_width, name_width, shapes_width, header, top_only, unit):
    """The table of events, in their order."""
    if not events:
        return ""
    wide = max(len(e.key) for e in events) + 4
    names = wide if name_width is None else min(wide, name_width)
    columns = [("Name", names)] + [
        (title, _WIDTH)
        for title in ("Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg")
    ]
    columns.append(("# of Calls", _WIDTH))
    shown = any(e.input_shapes for e in events)
    if shown:
        wide = max(len(str(e.input_shapes)) for e in events) + 4
        columns.append(("Input Shapes", wide if shapes_width is None else min(wide, shapes_width)))
    stacks = [e.stack for e in events if e.stack]
    if stacks:
        wide = max(len(line) for s in stacks for line in s) + 4
        source = wide if src_width is None else min(wide, src_width)
        columns.append(("Source Location", source))
    form = "".join(
        "{: " + ("<" if title == "Source Location" else ">") + str(w) + "}  "
        for title, w in columns
    )
    rule = "".join("-" * w + "  " for _, w in columns)
    length = sum(w + 2 for _, w in columns) - 2
    total = sum(e.self_cpu_time_total for e in events)
    lines = []
    if header is not None:
        lines += ["=" * length, header]
    if top_only:
        lines += ["=" * length, "This report only display top-level ops statistics"]
    lines += [rule, form.format(*(title for title, _ in columns)), rule]
    count = 0
    for e in events:
        if count == row_limit:
            break
        if top_only and e.cpu_parent is not None:
            continue
        count += 1
        row = [
            _name(e.key, names), share(e.self_cpu_time_total, total),
            format_time(e.self_cpu_time_total, unit), share(e.cpu_time_total, total),
            format_time(e.cpu_time_total, unit), format_time(e.cpu_time, unit), e.count,
        ]  # fmt: skip
        if shown:
            row.append(str(e.input_shapes)[: columns[7][1]])
        if stacks:
            first = e.stack[0] if e.stack else ""
            lines.append(form.format(*row, _cut(first, source, head=False)))
            blank = [""] * len(row)
            lines += [form.format(*blank, _cut(s, source, head=False)) for s in e.stack[1:]]
            lines.append(form.format(*blank, ""))
        else:
            lines.append(form.format(*row))
    lines += [rule, f"Self CPU time total: {format_time(total, unit)}"]
    return "\n".join(lines) + "\n"
