"""The judges of a worker, which the projects share."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count

from linkarchive.check.assess import Answer, JudgeTask
from linkarchive.check.pool import JudgePool


class SharedJudges:
    """One pool for the tasks of all projects."""

    def __init__(self) -> None:
        self.pool = JudgePool(among=2)
        self._numbers = count()
        self._owners: dict[int, tuple[ProjectsJudges, int]] = {}

    def submit(self, owner: ProjectsJudges, key: int, task: JudgeTask) -> None:
        number = next(self._numbers)
        self._owners[number] = owner, key
        self.pool.submit(number, task)

    def hand_out(self) -> None:
        """Give what was judged to those who asked."""
        for number, answer in self.pool.done():
            owner, key = self._owners.pop(number)
            owner.ready.append((key, answer))

    def close(self) -> None:
        self.pool.close()


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
