"""Medians, spreads, and how they are shown."""

import json
import statistics
import sys


class Report:
    """What a person reads: everything on standard output, or with AS_JSON
    progress on standard error and one document on standard output."""

    def __init__(self, as_json):
        self.as_json = as_json

    def say(self, text):
        print(text, file=sys.stderr if self.as_json else sys.stdout,
              flush=True)

    def document(self, content):
        if self.as_json:
            json.dump(content, sys.stdout, indent=1)
            print(flush=True)


def summary(runs, names):
    """{name: {median, least, most}} of those figures that runs have."""
    rows = {}
    for name in names:
        values = [run[name] for run in runs if run.get(name) is not None]
        if values:
            rows[name] = {"median": round(statistics.median(values), 3),
                          "least": min(values), "most": max(values)}
    return rows


def shown(value):
    """With three digits at most where that loses nothing of use."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def shown_spread(row):
    if row is None:
        return "-"
    return (f"{shown(row['median'])}"
            f" ({shown(row['least'])} to {shown(row['most'])})")


def table(heads, rows):
    """Lines of text; the first column to the left, the others to the right,
    each as wide as needed."""
    cells = [list(heads)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells)
              for column in range(len(heads))]
    return ["  ".join([row[0].ljust(widths[0])]
                      + [cell.rjust(width)
                         for cell, width in zip(row[1:], widths[1:])])
            for row in cells]
