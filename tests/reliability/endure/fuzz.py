"""Checks of a web whose answers are drawn by lot (`answers.py`): every one is judged, and nothing of it does harm."""

from __future__ import annotations

from collections.abc import Iterator

from .lab import Lab
from .oracle import complaints
from .trial import Trial
from .web import FUZZ_URLS, URLS

ROUNDS = {False: 22, True: 1}
"""Two days each."""


def trials(lab: Lab, part: str, short: bool, share: int, shares: int) -> Iterator[Trial]:
    for number in range(share, ROUNDS[short], shares):
        urls = FUZZ_URLS[:12] if short else FUZZ_URLS
        root = lab.copy("new")
        (root / "article.md").write_text(
            "# Fuzz\n\n" + "\n\n".join(f"As [it]({url}) has it." for url in (*URLS, *urls))
        )
        wrong = []
        for day, now in enumerate(("2026-01-19", "2026-01-26")):
            lab.weather(network="fuzz", seed=2 * number + day)
            for args in (("check", "article.md", "-o", "report.html"), ("verify",), ("report", "--format", "json")):
                ran = lab.run(root, *args, now=now, longest=240)
                wrong += complaints(ran, " ".join(args))
                if "could not be judged" in ran.err + ran.out:
                    wrong.append(ran.err[-300:])
                if args == ("verify",) and ran.code:
                    wrong.append(f"verify: {(ran.out + ran.err)[-300:]}")
                if args[0] == "check" and ran.code not in (0, 1) and "sites" not in ran.err:
                    wrong.append(f"check: exit code {ran.code}: {ran.err[-300:]}")
        rebuild = lab.run(root, "rebuild", now="2026-01-27")
        wrong += complaints(rebuild, "rebuild")
        lab.remove(root)
        yield Trial("fuzzed answers", "check", f"seed {number}", "", wrong, 2 * len(urls))
