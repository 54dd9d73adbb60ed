"""The truth about the demo: for every cited source the right verdict and reason, on both days."""

from __future__ import annotations

from collections.abc import Mapping

from linkarchive.demo.originals import ARTICLES, COUNCIL, GAZETTE, RECOVERED, REVIEW
from linkarchive.demo.story import DAY, KEPT

__all__ = ["ARTICLES", "COPIES", "ORIGINALS", "RECOVERED", "SOURCES", "UNRESOLVED"]

Expected = tuple[str, str]
_FIRST: Expected = ("ok", "first-seen")
_SAME: Expected = ("ok", "same")
_TRUST = "https://sele-river-trust.example"

COPIES: Mapping[str, str] = {url: f"https://web.archive.org/web/{DAY:%Y%m%d%H%M%S}/{url}" for url in KEPT}
"""The public copy of each source that has one."""

UNRESOLVED: Mapping[str, Mapping[str, str]] = {
    "harbour-bridge.md": {"the survey": "ambiguous", "a poster in the ticket hall": "no-match"},
    "ferry-question.html": {},
}
"""Lost targets that nobody can find, with the reason."""

ORIGINALS: Mapping[str, str] = {
    "harbour-bridge.md": f"{REVIEW}/essays/harbour-bridge",
    "ferry-question.html": f"{REVIEW}/notes/ferry-question",
}

SOURCES: Mapping[str, tuple[Expected, Expected]] = {
    # Alive, and in substance what they were.
    f"{GAZETTE}/2025/02/ferry-last-winter": (_FIRST, _SAME),  # ads, dates and counters change with every request
    f"{COUNCIL}/decisions/2024-118": (_FIRST, _SAME),  # ETag: 304
    f"{COUNCIL}/projects/lantern-bridge": (_FIRST, ("ok", "minor-edit")),
    f"{GAZETTE}/2025/03/who-pays-the-toll": (_FIRST, ("ok", "grew")),
    f"{GAZETTE}/letters/2025-03-02": (_FIRST, _SAME),
    f"{REVIEW}/authors/ines-corrin": (_FIRST, _SAME),
    f"{REVIEW}/essays/sold-its-shore": (_FIRST, _SAME),
    f"{COUNCIL}/files/tender-lb-07.pdf": (_FIRST, _SAME),  # made anew for every request: other bytes, same text
    "https://tide-tables.example/brennock/ferry.txt": (_FIRST, _SAME),
    "https://capital-ledger.example/2024/insuring-piers": (_FIRST, _SAME),
    "https://severny-port.example/stati/parom": (_FIRST, _SAME),  # windows-1251, said in a meta element only
    "https://minato-kisen.example/essay/watashi": (_FIRST, _SAME),  # Shift_JIS, said in the header only
    "https://open-soundings.example/charts/brennock": (_FIRST, _SAME),  # 503 first, 200 at the second try
    # Redirects that mean nothing.
    "https://doi.org/10.5555/estuaries.2024.17": (_FIRST, _SAME),
    "http://brennock-council.example/parking/east-quay": (_FIRST, _SAME),  # to https
    f"{COUNCIL}/library/opening-hours": (_FIRST, _SAME),  # a trailing slash
    f"{_TRUST}/volunteers/spring-count": (_FIRST, _SAME),  # to www.
    # Back again.
    "https://weather-logs.example/stations/customs-quay": (("unreachable", "http-5xx"), _FIRST),
    "https://rope-and-tar.example/catalogue/lanterns": (("dead", "http-404"), _FIRST),
    # Moved.
    f"{_TRUST}/reports/silt": (_FIRST, ("moved", "redirect")),
    # Not what the article cited.
    f"{GAZETTE}/opinion/what-the-bridge-is-for": (_FIRST, ("drifted", "rewritten")),
    "https://nightboat.example/posts/last-crossing": (_FIRST, ("drifted", "replaced")),
    "https://nightboat.example/posts/a-short-history-of-waiting": (_FIRST, ("drifted", "shrunk")),
    f"{GAZETTE}/2025/03/council-vote": (_FIRST, ("drifted", "quote-lost")),
    f"{COUNCIL}/budget/2025": (_FIRST, ("drifted", "detail-lost")),
    f"{COUNCIL}/engineering/design-report": (_FIRST, ("drifted", "anchor-lost")),
    f"{GAZETTE}/2025/01/lantern-bridge-jobs": (_FIRST, ("drifted", "corrected")),
    "https://journal-of-estuaries.example/articles/9": (_FIRST, ("drifted", "retracted")),
    # Gone.
    f"{GAZETTE}/2024/11/cost-of-the-lantern": (_FIRST, ("dead", "http-404")),
    f"{COUNCIL}/consultation/harbour-crossing": (_FIRST, ("dead", "http-410")),
    "https://ferrymens-archive.example/logs/1911": (_FIRST, ("dead", "soft-404")),  # with telling words
    "https://reading-room.example/pamphlets/ferry-songs": (_FIRST, ("dead", "soft-404")),  # without
    f"{_TRUST}/campaigns/open-water": (_FIRST, ("dead", "homepage-redirect")),
    "https://gullwatch.example/counts/2024": (_FIRST, ("dead", "parked")),
    # There, but not for us.
    "https://steelwork-weekly.example/features/lantern-span": (_FIRST, ("blocked", "challenge")),
    "https://lock-and-weir.example/notes/counterweights": (_FIRST, ("blocked", "challenge")),
    "https://shipwrights-guild.example/papers/slipway": (_FIRST, ("blocked", "login")),
    "https://capital-ledger.example/2025/bridge-bonds": (_FIRST, ("blocked", "paywall")),
    "https://capital-ledger.example/2025/toll-roads-and-tides": (_FIRST, ("blocked", "consent")),
    "https://stevedores.example/forum/working-hours": (_FIRST, ("blocked", "forbidden")),
    "https://coastal-statistics.example/tables/ferry-passengers": (_FIRST, ("blocked", "rate-limited")),
    "https://crown-papers.example/letters/1803": (_FIRST, ("blocked", "legal")),
    "https://tidal-models.example/sele/interactive": (_FIRST, ("blocked", "script-only")),
    # Failing now.
    "https://pilot-station.example/handbook/fog": (_FIRST, ("unreachable", "http-5xx")),
    "https://quiet-harbour.example/essays/noise": (_FIRST, ("unreachable", "timeout")),
    "http://cut-cable.example/history/telegraph": (_FIRST, ("unreachable", "reset")),
    "https://roundabout.example/guides/coast-path": (_FIRST, ("unreachable", "redirect-loop")),
    "https://old-seal.example/notary/ferry-deed": (_FIRST, ("unreachable", "tls")),
    "https://own-seal.example/club/regatta": (_FIRST, ("unreachable", "tls")),
    "https://borrowed-seal.example/kitchen/slipway-soup": (_FIRST, ("unreachable", "tls")),
}
"""Source as the report shows it (without fragment): what it is on publication day, and a year later."""
