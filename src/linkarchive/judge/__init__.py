"""The judge: facts in, verdict out. No I/O, no clock (docs/design.md §7).

`verdict.judge` gives the verdict on a case. `status` and `usability` say whether a page is really there: `dead` comes
from `status` (404, 410, no such name), `soft404`, `parked`, `redirects` and `page_class`, `blocked` from `walls`.
`drift`, `support` and `corrections` compare it with the baseline. `strikes.apply_strikes` puts the verdict in the
light of earlier runs, where `unreachable` may become `dead`. `difference.difference` shows what changed, `cases` are
the JSON form (§8). Rules are read when these modules are imported, which a run over unchanged pages does without.
"""

from importlib.metadata import version


def extractor() -> str:
    """Name and version of what main texts are extracted with; texts of two versions do not compare."""
    return f"trafilatura {version('trafilatura')}"


VERSION = f"11, {extractor()}"
"""Of the rules and of the extractor: others may come to another verdict on the same pages, so they are judged again,
old captures and new ones read by the same extractor."""
