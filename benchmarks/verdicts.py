"""Accuracy of the judge on the labelled corpus: its cases through `judge_line`, then the corpus's own scorer.

    python benchmarks/verdicts.py [--set NAME] [--errors N]

Reads `../shared/corpus` beside the repository (folder `dev` and `score.py`), and says so
when it is not there. Prints the scorer's table and what a judged case costs.
"""

from __future__ import annotations

import argparse
import json
import lzma
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from linkarchive.judge import VERSION, extractor, judge_line

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def cases(folder: Path, only: str | None) -> Iterator[str]:
    for path in sorted(folder.glob("*.jsonl.xz")):
        if only is None or path.name.startswith(only + "."):
            with lzma.open(path, "rt", encoding="utf-8") as lines:
                yield from lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--set", help="this set only: good, news, ota, unusable")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list the first N wrong cases of each kind")
    options = parser.parse_args()
    if not (CORPUS / "score.py").is_file():
        print(f"no labelled corpus at {CORPUS}: nothing was measured", file=sys.stderr)
        return 0
    spent: dict[str, list[float]] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as answers:
        for number, line in enumerate(cases(CORPUS / "dev", options.set), 1):
            start = time.perf_counter()
            answer = judge_line(line, number)
            spent.setdefault(json.loads(answer)["verdict"], []).append(1000 * (time.perf_counter() - start))
            answers.write(answer + "\n")
        answers.flush()
        scorer = [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "dev"), answers.name]
        scorer += ["--errors", str(options.errors)] + (["--set", options.set] if options.set else [])
        result = subprocess.run(scorer, check=False)
    print(f"\n== milliseconds a case (both pages, JSON included), judge {VERSION}, {extractor()}")
    for verdict, times in sorted(spent.items()):
        p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        print(f"   {verdict:<12} {len(times):5} cases  median {median(times):6.1f}  p95 {p95:6.1f}")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
