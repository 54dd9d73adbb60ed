"""Train the weights of judge/page_class.json, and say how well such weights do on sites they were not trained on.

    python benchmarks/page_class.py            folds by site: what is called unusable, and how often rightly
    python benchmarks/page_class.py --write    the weights anew, from all examples

Needs scikit-learn, which the project itself does not. Examples: the labelled corpora beside the repository (of the
second one only the sites that are not sealed), the cases of tests/judge/data/scripts, small pages with the phrases of
rules.toml, short honest pages of our own, every second line of tests/judge/data/short_pages.tsv, and the pages of
invented sites of generated_pages.py. Those that were made for the training weigh less, and no fold counts them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import generated_pages
import verdicts_corpora as corpora

from linkarchive.judge import drift, page_class
from linkarchive.judge.cases import case_of
from linkarchive.judge.page_class import is_classified
from linkarchive.judge.page_signs import signs
from linkarchive.judge.page_view import PageView
from linkarchive.judge.parsed_page import ParsedPage
from linkarchive.judge.rules import RULES
from linkarchive.model import Case, Page

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "src" / "linkarchive" / "judge" / "page_class.json"
HONEST = Path(__file__).with_name("data") / "honest_short_pages.tsv"
SHORT = ROOT / "tests" / "judge" / "data" / "short_pages.tsv"
SCRIPTS = ROOT / "tests" / "judge" / "data" / "scripts"
PHRASES = {
    "not-found": "gone", "challenge": "challenge", "blocked": "forbidden", "login": "login", "consent": "consent",
    "paywall": "paywall", "parked": "parked", "script-only": "script-only", "maintenance": "error",
}  # fmt: skip
FOLDS = 8
STRENGTH = 1.0
GENERATED = 0.3
"""Weight of a generated page."""
COUNTED = 0.5
"""Weight from which an example is a page of somebody's, which folds count."""
_OF_WORDS = re.compile(r"(?!\d|a host name).* in (?:a heading|the text|a line)")
KINDS = {
    "soft-404": "gone", "http-404": "gone", "http-410": "gone", "parked": "parked", "challenge": "challenge",
    "rate-limited": "challenge", "forbidden": "forbidden", "login": "login", "paywall": "paywall", "consent": "consent",
    "script-only": "script-only", "http-5xx": "error",
}  # fmt: skip
VERDICTS = {"gone": "dead", "parked": "dead", "error": "unreachable", "page": "page"}


@dataclass(frozen=True, slots=True)
class Example:
    signs: dict[str, float]
    kind: str
    site: str
    weight: float = 1.0


def examples() -> Iterator[Example]:
    """Every page with little text of which nothing, or less than half, of a baseline is left; each pair once."""
    known: set[tuple[bytes, bytes]] = set()
    for case, kind, site in _labelled():
        key = (case.after.body, case.before.body if case.before else b"")
        if key in known or case.after.failure or not 200 <= (case.after.status or 200) < 300:
            continue
        known.add(key)
        example = _example(case, kind, site, 1.0)
        if example is not None:
            yield example
            if kind == "page" and example.signs["no baseline"]:
                yield from _after_another(example)
    yield from _phrases()
    made = (_example(made.case, made.kind, made.site, GENERATED) for made in generated_pages.pages())
    yield from (example for example in made if example is not None)


def _example(case: Case, kind: str, site: str, weight: float) -> Example | None:
    """None for a page with plenty of text, and for one of which half of the baseline stands."""
    page = ParsedPage(case.after)
    if not is_classified(page):
        return None
    before, retention = None, None
    if case.before is not None and case.before.failure is None and (read := ParsedPage(case.before)).has_text:
        before, retention = read, drift.compare(read, page).retention
        if retention >= 0.5:
            return None
    return Example(signs(PageView(case, page, before, retention)), kind, site, weight)


def _after_another(example: Example) -> Iterator[Example]:
    """The same page where another one was: an editor may replace a long page by a short one."""
    for shorter in (0.0, 1.0):
        for links in (0.0, 0.8):
            changed = {
                "no baseline": 0.0,
                "a baseline that is gone": 1.0,
                "links of the baseline": links,
                "no links of the baseline": float(not links),
                "much shorter": shorter,
                "hardly any text of its own": shorter * example.signs["few own words"],
            }
            yield Example({**example.signs, **changed}, example.kind, example.site, 0.1)


def _phrases() -> Iterator[Example]:
    """The smallest page for every other phrase of rules.toml, of little weight: words of many languages."""
    url = "https://quay.example/notes/phrase"
    number = 0
    for rule in RULES:
        kind = PHRASES.get(rule.kind)
        if kind is None or rule.where not in ("heading", "whole", "text", "line"):
            continue
        for phrase in rule.phrases[::2]:
            number += 1
            statement = f"{rule.nouns[0]} {phrase}" if rule.where == "line" else phrase
            heading = f"<h1>{statement}</h1>" if rule.where != "text" else ""
            title = f"{statement} | Quay" if rule.where in ("heading", "whole") else "Quay"
            body = f"{heading}<p>{statement if rule.where == 'text' else 'Thank you for your visit.'}</p>"
            html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
            page = Page(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode())
            view = PageView(Case("phrase", url, page), ParsedPage(page), None)
            yield Example(signs(view), kind, f"rule-{number % 16}", 0.15)


def _labelled() -> Iterator[tuple[Case, str, str]]:
    for labelled in (*corpora.corpus(None), *corpora.second("open")):
        kind = _kind(labelled.label["verdict"], labelled.label["reason"])
        if kind and not (kind == "page" and labelled.set == "unusable"):
            yield labelled.case, kind, labelled.site
        if labelled.case.before is not None:
            yield Case(labelled.id, labelled.case.url, labelled.case.before), "page", labelled.site
    for path in sorted(SCRIPTS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            verdict, _, reason = json.loads(line)["want"].partition("|")[0].partition("/")
            if kind := _kind(verdict, reason):
                yield case_of(line), kind, path.stem
    for line in HONEST.read_text(encoding="utf-8").splitlines():
        language, title, text = line.split("\t")
        yield from _framed("page", language, title, f"<h1>{title}</h1><p>{text}</p>")
    for line in SHORT.read_text(encoding="utf-8").splitlines()[::2]:
        expected, language, title, body = line.split("\t")
        yield from _framed(_kind(*expected.split("/")) or "page", language, title, body)


def _framed(kind: str, language: str, title: str, body: str) -> Iterator[tuple[Case, str, str]]:
    """A page by itself, and in a site's frame."""
    links = "".join(f'<li><a href="/{name}/{n}">{name} {n}</a></li>' for name in ("news", "about") for n in range(6))
    header = f"<header><a href=/login>Log in</a> <a href=/plans>Subscribe</a></header><nav><ul>{links}</ul></nav>"
    footer = "<footer><a href=/privacy>Privacy</a> <a href=/contact>Contact</a><p>© 2020 Quay</p></footer>"
    for before, after in (("", ""), (header, footer)):
        html = f"<html lang={language}><title>{title}</title><body>{before}<main>{body}</main>{after}</body></html>"
        url = f"https://quay.example/notes/{hashlib.sha256(title.encode()).hexdigest()[:6]}"
        page = Page(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode())
        yield Case(title, url, page), kind, f"own-{hashlib.sha256(title.encode()).hexdigest()[:3]}"


def _kind(verdict: str, reason: str) -> str | None:
    return "page" if verdict in ("ok", "moved", "drifted", "either") else KINDS.get(reason)


def trained(rows: list[Example]) -> dict[str, Any]:
    """The model, as page_class.json holds it: each page counts twice, the second time without words."""
    from sklearn.linear_model import LogisticRegression

    names = sorted(rows[0].signs)
    twice = [*rows, *map(_wordless, rows)]
    model = LogisticRegression(C=STRENGTH, max_iter=500, tol=1e-3)
    values = [[row.signs[name] for name in names] for row in twice]
    model.fit(values, [row.kind for row in twice], sample_weight=[row.weight for row in twice])
    intercepts = zip(model.classes_, model.intercept_, strict=True)
    weights = zip(model.classes_, model.coef_, strict=True)
    return {
        "signs": names,
        "intercepts": {str(kind): round(float(value), 2) for kind, value in intercepts},
        "weights": {str(kind): [round(float(weight), 2) for weight in line] for kind, line in weights},
    }


def _wordless(example: Example) -> Example:
    """The same page in a language of which no word is known: the build must tell; without a baseline it tells less."""
    left = {name: 0.0 if _OF_WORDS.fullmatch(name) else value for name, value in example.signs.items()}
    return replace(example, signs=left, weight=example.weight * (0.25 if example.signs["no baseline"] else 0.5))


def fold_of(site: str) -> int:
    return int(hashlib.sha256(site.encode()).hexdigest(), 16) % FOLDS


def folds(rows: list[Example]) -> None:
    """Print what models say of sites that they were not trained on."""
    classified: list[tuple[Example, str, float]] = []
    for fold in range(FOLDS):
        model = trained([row for row in rows if fold_of(row.site) != fold])
        for row in (row for row in rows if fold_of(row.site) == fold and row.weight >= COUNTED):
            by: dict[str, float] = {}
            for kind, value in page_class.shares_of(model, row.signs).items():
                by[VERDICTS.get(kind, "blocked")] = by.get(VERDICTS.get(kind, "blocked"), 0.0) + value
            best = max(by, key=lambda verdict: by[verdict])
            classified.append((row, best, by[best]))
    bad = [entry for entry in classified if entry[0].kind != "page"]
    pages = [entry for entry in classified if entry[0].kind == "page"]
    print(
        f"{len(classified)} examples, {len(bad)} of them unusable, {len({row.site for row, _, _ in classified})} sites"
    )
    for limit in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        right = sum(v == VERDICTS.get(row.kind, "blocked") and share >= limit for row, v, share in bad)
        alarms = sum(v != "page" and share >= limit for _, v, share in pages)
        print(
            f"  from {limit}: {right / len(bad):.3f} of the unusable found, "
            f"{alarms} of {len(pages)} pages called unusable"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the weights")
    options = parser.parse_args()
    if not corpora.are_here():
        print("no labelled corpora beside the repository: nothing was trained", file=sys.stderr)
        return 0
    rows = list(examples())
    if not options.write:
        folds(rows)
        return 0
    WEIGHTS.write_text(_as_json(trained(rows)), encoding="utf-8")
    print(f"{len(rows)} examples; wrote {WEIGHTS.name}")
    return 0


def _as_json(model: dict[str, Any]) -> str:
    """The model, a kind a line."""
    kinds = ",\n  ".join(f'"{kind}": {json.dumps(line)}' for kind, line in model["weights"].items())
    named = f'"signs": {json.dumps(model["signs"])},\n "intercepts": {json.dumps(model["intercepts"])}'
    return f'{{{named},\n "weights": {{\n  {kinds}\n }}}}\n'


if __name__ == "__main__":
    sys.exit(main())
