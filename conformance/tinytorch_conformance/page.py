"""Reports side by side on one page: HTML that needs nothing but itself, neither scripts nor files.

A row is a level, a column a backend, a cell opens (`details`) to what failed, is known to fail or
was skipped, each with the code that shows it alone; and to what the level's cases are. Beside it
stand the badge, an SVG that a README can show, and the line of Markdown that shows it.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

from .cases import FAILED, KNOWN, PASSED, SKIPPED
from .levels import ABOUT, ORDER, STATUSES, part_of

TITLE = "tinytorch conformance"
STYLE = Path(__file__).with_name("data") / "page.css"
#: (key of a report, its name on the page)
FACTS = (
    ("from", "package"), ("devices", "devices"), ("dtypes", "dtypes"), ("tinytorch", "tinytorch"),
    ("torch", "held to torch"), ("python", "Python"), ("system", "system"),
)  # fmt: skip
COLOURS = {"passing": "#2a7d3a", "failing": "#b3261e", "partial": "#6b6b6b"}


def save(reports, path):
    Path(path).write_text(page(reports), "utf-8")


def page(reports):
    """The page, as text."""
    heads = "".join(f"<th scope=col>{escape(r['backend'])}</th>" for r in reports)
    body = "".join(level_row(name, reports) for name in levels(reports))
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{TITLE}: {escape(', '.join(r['backend'] for r in reports))}</title>\n"
        f"<style>\n{STYLE.read_text('utf-8')}</style></head>\n<body>\n<h1>{TITLE}</h1>\n"
        "<p>Each case is one claim, with the value that real torch gave. Cells open to what failed,"
        " what is known to fail and what was skipped, with code that shows it alone.</p>\n"
        f"<div class=wide><table style='min-width:{14 + 20 * len(reports)}rem'>\n"
        f"<thead><tr><th scope=col>level</th>{heads}</tr></thead>\n<tbody>"
        f"{body}\n{facts(reports)}</tbody></table></div>\n</body></html>\n"
    )


def levels(reports):
    found = {name for r in reports for name in r["levels"]}
    return [*(n for n in ORDER if n in found), *sorted(found - set(ORDER)), None]


def level_row(name, reports):
    """One level (None: all of them) across the backends."""
    about = escape(ABOUT.get(name, "every case"))
    cells = "".join(f"<td>{cell(name, r)}</td>" for r in reports)
    kind = " class=all" if name is None else ""
    return f"\n<tr{kind}><th scope=row>{name or 'all'}<small>{about}</small></th>{cells}</tr>"


def cell(name, report):
    cases = [c for c in report["cases"] if name is None or c["level"] == name]
    if not cases:
        return "<span class=none>not run</span>"
    counts = Counter(c["status"] for c in cases)
    said = " ".join(
        f"<b class={s}>{counts[s]}</b>&nbsp;{s}" for s in STATUSES if counts[s] or s == PASSED
    )
    bar = "".join(
        f"<i class={s} style='flex:{counts[s]}'></i>" for s in STATUSES if counts[s]
    )  # fmt: skip
    head = f"{said}<span class=bar>{bar}</span>"
    if name is None:
        return f"<div class=total>{head}</div>"
    inside = "".join(listing(s, cases) for s in (FAILED, KNOWN, SKIPPED)) + parts(cases)
    return f"<details><summary>{head}</summary><div class=inside>{inside}</div></details>"


def listing(status, cases):
    """The cases of one status, those with the same reason together."""
    groups = {}
    for c in cases:
        if c["status"] == status:
            why = c["text"] if status != FAILED else ""
            groups.setdefault(why, []).append(c)
    return "".join(
        f"<h3 class={status}>{len(found)} {status}{': ' + escape(why) if why else ''}</h3>"
        + "".join(map(one, found))
        for why, found in groups.items()
    )


def one(c):
    text = f"<p class=text>{escape(c['text'])}</p>" if c["status"] == FAILED else ""
    code = f"<pre>{escape(c['snippet'])}</pre>" if c["snippet"] else ""
    name = f"<code>{escape(c['id'])}</code>"
    return f"<details class=case><summary>{name}</summary>{text}{code}</details>\n"


def parts(cases):
    """What the cases of a level are: how many of each dtype, way to call or name passed."""
    total = Counter(part_of(c["id"]) for c in cases)
    passed = Counter(part_of(c["id"]) for c in cases if c["status"] == PASSED)
    rows = ", ".join(f"{escape(p)} {passed[p]}/{n}" for p, n in sorted(total.items()))
    return f"<h3>passed, by part</h3><p class=parts>{rows}</p>"


def facts(reports):
    def value(v):
        return escape(", ".join(v) if isinstance(v, list) else str(v))

    rows = [
        f"<tr class=fact><th scope=row>{title}</th>"
        + "".join(f"<td>{value(r[key])}</td>" for r in reports)
        + "</tr>"
        for key, title in FACTS
    ]
    ran = ("every case", "a part of the cases")
    whole = "".join(f"<td>{ran[not r['complete']]}</td>" for r in reports)
    return "\n".join([*rows, f"<tr class=fact><th scope=row>ran</th>{whole}</tr>"])


# --- the badge ------------------------------------------------------------------------------------


def verdict(report):
    """("passing" | "failing" | "partial", the words on the badge).

    Only a run of every case makes a badge that says passing; known failures are told.
    """
    counts = Counter(c["status"] for c in report["cases"])
    if counts[FAILED]:
        return "failing", f"{counts[FAILED]} failing"
    if not report["complete"]:
        return "partial", f"partial, {counts[PASSED]} passed"
    known = f", {counts[KNOWN]} known" if counts[KNOWN] else ""
    return "passing", f"{counts[PASSED]} passed{known}"


def badge(report):
    """The badge as SVG: what was held, and what came of it."""
    kind, words = verdict(report)
    left, right = 6 * len(TITLE) + 14, 6 * len(words) + 14
    width = left + right
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='20' role='img'"
        f" aria-label='{TITLE}: {words}'><title>{TITLE}: {words}</title>"
        f"<rect width='{width}' height='20' rx='3' fill='#3c3c3c'/>"
        f"<path d='M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z'"
        f" fill='{COLOURS[kind]}'/>"
        "<g fill='#fff' font-family='Verdana,Geneva,sans-serif' font-size='11'>"
        f"<text x='6' y='14' textLength='{left - 12}'>{TITLE}</text>"
        f"<text x='{left + 6}' y='14' textLength='{right - 12}'>{words}</text></g></svg>\n"
    )


def markdown(report, image, target="conformance.html"):
    """The line for a README."""
    return f"[![{TITLE}: {verdict(report)[1]}]({image})]({target})"


# --- the command ----------------------------------------------------------------------------------


def report_command(files, output, badge_path=None):
    """Write the page of saved reports, and the first one's badge; returns lines to print."""
    from .report import load

    reports = [load(f) for f in files]
    save(reports, output)
    lines = [f"{r['backend']}: {verdict(r)[1]}" for r in reports] + [f"{output} written"]
    if badge_path:
        Path(badge_path).write_text(badge(reports[0]), "utf-8")
        line = markdown(reports[0], badge_path, output)
        lines.append(f"{badge_path} written; in a README: {line}")
    return lines
