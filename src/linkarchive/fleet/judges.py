"""The judges of a worker, which the projects share."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from linkarchive.check.assess import Answer, JudgeTask
from linkarchive.check.pool import JudgePool


@dataclass(slots=True, eq=False)
class _Judged:
    """A task, and the projects that wait for its answer, each with its key; the answer, once it is there."""

    task: JudgeTask
    waiting: list[tuple[ProjectsJudges, int]] = field(default_factory=list)
    answer: Answer | None = None


class SharedJudges:
    """One pool for the tasks of all projects. Of equal tasks in a row one is judged: its answer is that of all."""

    def __init__(self) -> None:
        self.pool = JudgePool(among=2)
        self._numbers = count()
        self._pending: dict[int, _Judged] = {}
        self._of_page: list[_Judged] = []
        """Those of the page of the last task, whose takers come one after another."""

    def submit(self, owner: ProjectsJudges, key: int, task: JudgeTask) -> None:
        if self._of_page and self._of_page[0].task.page != task.page:
            self._of_page = []
        known = next((judged for judged in self._of_page if _is_same(judged.task, task)), None)
        if known is None:
            known = _Judged(task)
            self._of_page.append(known)
            number = next(self._numbers)
            self._pending[number] = known
            known.waiting.append((owner, key))
            self.pool.submit(number, task)
        elif known.answer is None:
            known.waiting.append((owner, key))
        else:
            owner.ready.append((key, known.answer))

    def hand_out(self) -> None:
        """Give what was judged to those who asked."""
        for number, answer in self.pool.done():
            judged = self._pending.pop(number)
            judged.answer = answer
            for owner, key in judged.waiting:
                owner.ready.append((key, answer))
            judged.waiting.clear()

    def close(self) -> None:
        self.pool.close()


def _is_same(task: JudgeTask, other: JudgeTask) -> bool:
    """Whether two tasks on one page are equal; what tells those of projects apart is looked at first."""
    return task.comparisons == other.comparisons and task == other


class ProjectsJudges(JudgePool):
    """What the `Crawler` of one project sees of the pool."""

    def __init__(self, judges: SharedJudges) -> None:  # the pool that it stands for has begun
        self._judges = judges
        self._given = 0
        self.ready: deque[tuple[int, Answer]] = deque()

    def close(self) -> None:
        """Others may still need the pool."""

    @property
    def room(self) -> bool:
        return self._judges.pool.room

    @property
    def pending(self) -> int:
        return self._given

    def submit(self, key: int, task: JudgeTask) -> None:
        self._given += 1
        self._judges.submit(self, key, task)

    def done(self) -> Iterator[tuple[int, Answer]]:
        self._judges.hand_out()
        while self.ready:
            self._given -= 1
            yield self.ready.popleft()

    @property
    def wants_help(self) -> bool:
        return self._judges.pool.wants_help

    def help(self) -> None:
        self._judges.pool.help()

    def wait(self, seconds: float) -> None:
        if not self.ready:
            self._judges.pool.wait(seconds)
