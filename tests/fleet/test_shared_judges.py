"""What projects ask of a page in equal words is judged once, and what they ask in other words for each."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from linkarchive.check import pool
from linkarchive.check.assess import Answer, Comparison, JudgeTask, assess
from linkarchive.fleet.judges import ProjectsJudges, SharedJudges
from linkarchive.model import Page
from linkarchive.settings import NetworkSettings

URL = "http://h1.example/council"
WORDS = "The council said on Monday that the old bridge would be closed for the winter. "


def task(quote: str = "", *, url: str = URL, known_good: bool = False) -> JudgeTask:
    body = f"<title>Bridge</title><h1>The old bridge</h1>{''.join(f'<p>{WORDS}</p>' for _ in range(8))}".encode()
    page = Page(url, 200, {"content-type": "text/html; charset=utf-8"}, body)
    comparison = Comparison("", url, quotes=(quote,) if quote else ())
    return JudgeTask(page, (comparison,), None, Path(), NetworkSettings(), known_good)


def judged(monkeypatch: pytest.MonkeyPatch, tasks: list[JudgeTask], *, between: int) -> tuple[list[Answer], int]:
    """What each of so many projects was answered, and how many tasks were judged; answers are taken after each
    `between` of them."""
    asked: Counter[str] = Counter()

    def counted(wanted: JudgeTask) -> object:
        asked["judged"] += 1
        return assess(wanted)

    monkeypatch.setattr(pool, "assess", counted)
    answers: dict[int, Answer] = {}
    with closing(SharedJudges()) as shared:
        projects = [ProjectsJudges(shared) for _ in tasks]
        for number, (project, wanted) in enumerate(zip(projects, tasks, strict=True)):
            project.submit(number, wanted)
            if number % between == between - 1:
                project.wait(10)
                answers |= dict(project.done())
        for project in projects:
            while project.pending:
                project.wait(10)
                answers |= dict(project.done())
    return [answers[number] for number in range(len(tasks))], asked["judged"]


@pytest.mark.parametrize("between", [1, 100])
def test_equal_tasks_are_judged_once_and_have_the_same_answer(monkeypatch: pytest.MonkeyPatch, between: int) -> None:
    answers, number = judged(monkeypatch, [task() for _ in range(6)], between=between)
    assert answers == [assess(task())] * 6
    assert number == 1


@pytest.mark.parametrize("between", [1, 2, 100])
def test_each_has_the_answer_to_its_own_question(monkeypatch: pytest.MonkeyPatch, between: int) -> None:
    other = replace(task(), page=replace(task().page, status=404))
    tasks = [
        task(), task("the old bridge would be closed"), task("the mayor resigned"), task(known_good=True), task(),
        task("the mayor resigned"), task(url="http://h2.example/"), other, task(),
    ]  # fmt: skip
    answers, number = judged(monkeypatch, tasks, between=between)
    assert answers == [assess(wanted) for wanted in tasks]
    assert number == 7  # the last one is of a page that others came after
