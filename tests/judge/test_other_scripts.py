"""Pages in other scripts: quotations and figures as each writes them, notices in its words, pages as they were.

`data/scripts/SCRIPT.jsonl` are cases as `archive judge` reads them, each with what is right in `want`
("verdict/reason", several with `|`) and the reason for it in `why`. The share of right ones that a script has
to reach stands in `bars.json`, 0.9 at most; a lower one says where the judge is still behind.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkarchive.judge.cases import judge_line

pytestmark = pytest.mark.long

SCRIPTS = Path(__file__).with_name("data") / "scripts"
BARS = json.loads((SCRIPTS / "bars.json").read_text(encoding="utf-8"))


def test_every_script_has_a_bar() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.jsonl")} == BARS.keys()
    assert all(0 < bar <= 0.9 for bar in BARS.values())


@pytest.mark.parametrize("script", sorted(BARS))
def test_pages_of_a_script_are_judged_as_any(script: str) -> None:
    lines = (SCRIPTS / f"{script}.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = []
    for line in lines:
        case, judged = json.loads(line), json.loads(judge_line(line))
        verdict = f"{judged['verdict']}/{judged['reason']}"
        if verdict not in case["want"].split("|"):
            wrong.append(f"{case['id']}: {verdict}, not {case['want']}: {case['why']}")
    right = len(lines) - len(wrong)
    assert right >= BARS[script] * len(lines), "\n".join([f"{right} of {len(lines)} are right", *wrong])
