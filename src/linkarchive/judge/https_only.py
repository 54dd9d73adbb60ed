"""Pages that were cited with http and are there on https alone. Read for every visit: it loads no rule and no word."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from linkarchive.model import Hop, Judgement, Reason, Verdict


def is_https_only(url: str, hops: Sequence[Hop], final_url: str | None) -> bool:
    """The address was cited with http, nobody answered there, and https has a page (`web.visit` asks it then)."""
    first = hops[0].url if hops else final_url
    return url.startswith("http://") and first is not None and first.startswith("https://")


def moved_to_https(judgement: Judgement, url: str) -> Judgement:
    """The judgement on a page that http did not have in two runs: an ok one is `moved`, a drifted one says so, too."""
    target = f"https{url.removeprefix('http')}"
    evidence = (f"nobody answers on http, in two runs; the page is at {target}", *judgement.evidence)
    if judgement.verdict is Verdict.OK:
        moved = replace(judgement, verdict=Verdict.MOVED, reason=Reason.REDIRECT, evidence=evidence)
        return replace(moved, confidence=min(judgement.confidence, 0.95), suggested_url=target)
    if judgement.verdict is Verdict.DRIFTED:
        also = (*judgement.also, "moved/redirect")
        return replace(judgement, evidence=(*judgement.evidence, evidence[0]), also=also, suggested_url=target)
    return judgement
