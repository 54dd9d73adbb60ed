"""The judge: facts in, verdict out. No I/O, no clock (DESIGN §7).

`judge` gives the verdict on a case, `settle` puts it in the light of earlier runs,
`difference` shows what changed, `judge_line` and `case_line` are its JSON form (§8).
"""

from linkarchive.judge.difference import difference
from linkarchive.judge.lines import case_line, judge_line
from linkarchive.judge.reading import Reading, Readings, extractor, read
from linkarchive.judge.soft404 import probe_url
from linkarchive.judge.strikes import settle
from linkarchive.judge.verdict import fingerprint, is_suspect, judge, needs_second_look

VERSION = f"3, {extractor()}"
"""Of the rules and of the extractor: others may come to another verdict on the same pages, so they are judged again,
old captures and new ones read by the same extractor."""

__all__ = [
    "VERSION",
    "Reading",
    "Readings",
    "case_line",
    "difference",
    "extractor",
    "fingerprint",
    "is_suspect",
    "judge",
    "judge_line",
    "needs_second_look",
    "probe_url",
    "read",
    "settle",
]
