"""Accuracy and cost of the judge on the labelled corpus, and what others say on the same pages.

    python benchmarks/verdicts.py [--set NAME] [--errors N]     the scorer's table, milliseconds
    python benchmarks/verdicts.py --compare                     exact text, status only, Jaccard < 0.90
    python benchmarks/verdicts.py --folds                       cross-validation by site, in 5 folds
    python benchmarks/verdicts.py --without TEXT                without the rules whose source names TEXT
    python benchmarks/verdicts.py --without-words english|german   pages of that language without phrases or stems
    python benchmarks/verdicts.py --calibrate                   what the corpus says for judge/confidence.py
    python benchmarks/verdicts.py --second open|sealed          the same for a part of the second corpus
    python benchmarks/verdicts.py --held-out [--errors N]       errors, walls and good pages, by weights of other sites
    ... --json                                                  everything as one JSON object

Reads `../shared/corpus` and `../shared/corpus2` beside the repository, and says so when they are not there.
Each case goes through `judge_line`, the function of `archive judge`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import verdicts_folds
import verdicts_peers
import verdicts_words
from verdicts_corpora import CORPUS, PARTS, SECOND_SETS, SETS, Labelled, are_here, corpus, second

from linkarchive.judge import VERSION, extractor, rules
from linkarchive.judge.cases import judge_line
from linkarchive.judge.parsed_page import ParsedPages
from linkarchive.judge.verdict import judge
from linkarchive.model import Case

_OF_BASELINE = ("prose", "texts", "rough_lines", "lines", "visible_shingles", "title", "first_heading", "words")
"""What comparisons ask of a baseline."""


def scorer() -> Any:
    """The corpus's own score.py as a module."""
    spec = importlib.util.spec_from_file_location("corpus_score", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judged(
    labelled: list[Labelled], language: str | None = None
) -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
    """The answers of `archive judge`, and milliseconds by what was done."""
    answers = []
    spent: dict[str, list[float]] = {}
    for number, row in enumerate(labelled, 1):
        with verdicts_words.without(language, row.case):
            start = perf_counter()
            answer = json.loads(judge_line(row.line, number))
        verdict = answer["verdict"]
        spent.setdefault(f"{verdict}: both pages read, JSON included", []).append(1000 * (perf_counter() - start))
        answers.append(answer)
        if row.case.before is not None:
            taken, settled = _with_baseline_read(row.case)
            spent.setdefault(f"{verdict}: today's page read, the baseline read before", []).append(taken)
            if verdict == "ok":
                look = "settled by the first look" if settled else "looked at closely"
                spent.setdefault(f"{verdict}: the same, {look}", []).append(taken)
    return answers, spent


def _with_baseline_read(case: Case) -> tuple[float, bool]:
    """Milliseconds, and whether today's main text was not even extracted."""
    assert case.before is not None
    parsed = ParsedPages()
    before = parsed.read(case.before)
    if before.has_text:
        for part in _OF_BASELINE:
            getattr(before, part)
    start = perf_counter()
    judge(case, parsed=parsed)
    taken = 1000 * (perf_counter() - start)
    return taken, not parsed.read(case.after).is_extracted


def times(spent: dict[str, list[float]]) -> list[dict[str, Any]]:
    rows = []
    for what, values in sorted(spent.items()):
        p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        rows.append(
            {"what": what, "cases": len(values), "median_ms": round(median(values), 2), "p95_ms": round(p95, 2)}
        )
    return rows


def without(text: str) -> int:
    """Leave out the rules whose source names the text; how many they were."""
    left = tuple(rule for rule in rules.RULES if text.lower() not in rule.source.lower())
    gone = len(rules.RULES) - len(left)
    rules.use(left)
    return gone


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--set", choices=sorted({*SETS, *SECOND_SETS}), help="this set only")
    parser.add_argument("--second", choices=PARTS, help="a part of the second corpus")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list the first N wrong cases of each kind")
    parser.add_argument("--compare", action="store_true", help="what other tools' methods say on the same pages")
    parser.add_argument("--folds", action="store_true", help="thresholds and curve chosen on other sites")
    parser.add_argument("--without", metavar="TEXT", help="leave out the rules whose source names TEXT")
    parser.add_argument("--without-words", choices=verdicts_words.LANGUAGES, help="its pages without phrases or stems")
    parser.add_argument("--calibrate", action="store_true", help="fit the curves of judge/confidence.py")
    parser.add_argument("--held-out", action="store_true", help="by weights of other sites, without their words (open)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    if not are_here():
        print(f"no labelled corpus at {CORPUS}: nothing was measured", file=sys.stderr)
        return 0
    if options.held_out:
        return held_out(options.errors)
    labelled = list(second(options.second, options.set) if options.second else corpus(options.set))
    score = scorer()
    out: dict[str, Any] = {"judge": VERSION, "extractor": extractor(), "cases": len(labelled)}
    if options.without:
        out["rules_left_out"] = without(options.without)
    if options.compare:
        out["compared"] = verdicts_peers.compare(labelled, score)
    if options.folds or options.calibrate:
        results = verdicts_folds.results(labelled, score)
        if options.calibrate:
            out["curves"] = verdicts_folds.fitted(results)
        if options.folds:
            out["folds"] = verdicts_folds.validated(results, score)
    if not (options.compare or options.folds or options.calibrate):
        answers, spent = judged(labelled, options.without_words)
        out["times"] = times(spent)
        cases = verdicts_peers.scored(labelled, answers, score)
        out["score"] = score.score(cases)
        out["evidence"] = verdicts_folds.by_evidence(cases, score)
        out["intervals"] = verdicts_folds.intervals(out["score"]["calibration"]["bins"])
        if not options.json:
            if options.second:
                for name, part in {"all": out["score"]["all"], **out["score"]["sets"]}.items():
                    score.show(name, part)
                print("\nexpected calibration error", round(out["score"]["calibration"]["expected_error"], 3))
            else:
                _table(answers, options.set, options.errors)
            del out["score"]
    print(json.dumps(out, indent=1, ensure_ascii=False) if options.json else _plain(out))
    return 0


def held_out(errors: int) -> int:
    """Print the tables of verdicts_held_out, which needs scikit-learn."""
    import verdicts_held_out

    for known_words in (True, False):
        answers = verdicts_held_out.answers(known_words=known_words)
        print("weights of other sites" if known_words else "... and without the words that no other site has")
        print("\n".join(_row(row) for row in verdicts_held_out.table(answers)))
        print("\n".join(_row(row) for row in verdicts_held_out.mistakes(answers)[:errors]))
    return 0


def _table(answers: list[dict[str, Any]], only: str | None, errors: int) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(answer) + "\n" for answer in answers)
        file.flush()
        command = [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "dev"), file.name, "--errors", str(errors)]
        subprocess.run(command + (["--set", only] if only else []), check=True)


def _plain(out: dict[str, Any]) -> str:
    lines = []
    for key, value in out.items():
        if isinstance(value, list):
            lines += [f"\n== {key}", *("   " + _row(row) for row in value)]
        elif isinstance(value, dict):
            lines += [f"\n== {key}", *(f"   {name}: {part}" for name, part in value.items())]
        else:
            lines.append(f"{key}: {value}")
    return "\n".join(lines)


def _row(row: dict[str, Any]) -> str:
    return "  ".join(
        f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
    )


if __name__ == "__main__":
    sys.exit(main())
