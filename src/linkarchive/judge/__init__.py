"""The judge: facts in, verdict out. No I/O, no clock (docs/design.md §7).

`verdict.judge` gives the verdict on a case, `strikes.apply_strikes` puts it in the light of earlier runs,
`difference.difference` shows what changed, `cases` are its JSON form (§8). Their rules are read when they are
imported, which a run over unchanged pages does without.
"""

from importlib.metadata import version


def extractor() -> str:
    """Name and version of what main texts are extracted with; texts of two versions do not compare."""
    return f"trafilatura {version('trafilatura')}"


VERSION = f"6, {extractor()}"
"""Of the rules and of the extractor: others may come to another verdict on the same pages, so they are judged again,
old captures and new ones read by the same extractor."""
