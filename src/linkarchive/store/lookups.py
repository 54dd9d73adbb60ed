"""What web archives answered, so that no run asks again what is known, and the next one asks what is not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, insert, or_, select

from linkarchive.store.database import Store
from linkarchive.store.schema import archive_answers
from linkarchive.store.serialization import decode, encode

COPY = "copy"
"""The question of a public copy."""
MOVED = "moved"
"""The question where the page is now."""
CITED = "cited"
"""The question whether the copy is there that an article cites; its time may follow."""
ELSEWHERE = "elsewhere"
"""The question what an archive saw of a page that is closed to us."""
SAVED = "saved"
"""The question whether a copy that we had made is there."""

LOOK_ELSEWHERE = timedelta(days=7)
ASK_AGAIN = timedelta(days=30)
"""After this, a “none” may have become a copy."""


class LookupAnswer(Struct, frozen=True):
    """An answer: found, none or unknown; `note` in words, `url` of the public copy."""

    question: str
    answer: str
    note: str | None
    url: str | None
    asked: datetime


class NewAddress(Struct, frozen=True):
    """How it was found where a page is now, and how sure that is."""

    how: str | None = None
    confidence: float | None = None


def new_address(answer: LookupAnswer) -> NewAddress:
    """What the note of an answer to `MOVED` says; nothing in one of old, which a captured redirect gave."""
    return decode(answer.note, NewAddress) if answer.note else NewAddress()


def found_address(url: str, how: str, confidence: float, now: datetime) -> LookupAnswer:
    """The answer to `MOVED` that `new_address` reads."""
    return LookupAnswer(MOVED, "found", encode(NewAddress(how, confidence)), url, now)


def save_answer(store: Store, run: int, source: int, answer: LookupAnswer) -> None:
    """Keep an answer; the last one to a question counts."""
    store.execute(
        delete(archive_answers).where(archive_answers.c.source == source, archive_answers.c.question == answer.question)
    )
    store.execute(
        insert(archive_answers).values(
            source=source,
            question=answer.question,
            answer=answer.answer,
            note=answer.note,
            url=answer.url,
            asked=answer.asked,
            run=run,
        )
    )


def answer_to(store: Store, source: int, question: str) -> LookupAnswer | None:
    query = select(archive_answers).where(archive_answers.c.source == source, archive_answers.c.question == question)
    row = store.execute(query).one_or_none()
    return None if row is None else _answer(row)


def of_sources(store: Store, sources: Collection[int]) -> dict[int, dict[str, LookupAnswer]]:
    """What results depend on, by source and question: public copies, moves, and the copies that articles lead to."""
    question = archive_answers.c.question
    query = select(archive_answers).where(
        archive_answers.c.source.in_(sources), or_(question.in_((COPY, MOVED)), question.like(f"{CITED}%"))
    )
    answers: dict[int, dict[str, LookupAnswer]] = {}
    for row in store.execute(query):
        answers.setdefault(row.source, {})[row.question] = _answer(row)
    return answers


def to_question(store: Store, question: str) -> dict[int, LookupAnswer]:
    """The answers to a question, by the number of the source."""
    rows = store.execute(select(archive_answers).where(archive_answers.c.question == question))
    return {row.source: _answer(row) for row in rows}


def is_settled(store: Store, source: int, question: str, now: datetime) -> bool:
    """The question has its answer, and need not be asked now; what could not be found out is not settled."""
    known = answer_to(store, source, question)
    return known is not None and _settles(known, now)


def settled(store: Store, sources: Collection[int], now: datetime) -> set[tuple[int, str]]:
    """The questions about these sources that are settled, each with the number of its source."""
    rows = store.execute(select(archive_answers).where(archive_answers.c.source.in_(sources)))
    return {(row.source, row.question) for row in rows if _settles(_answer(row), now)}


def _settles(known: LookupAnswer, now: datetime) -> bool:
    if known.question == ELSEWHERE:  # there may be a newer one
        return known.answer != "unknown" and now - known.asked < LOOK_ELSEWHERE
    if known.answer == "found" and known.question != MOVED and not known.question.startswith(CITED):
        return True
    # A cited copy may be withdrawn, and a page that was found elsewhere may be gone from there, too.
    return known.answer != "unknown" and now - known.asked < ASK_AGAIN


def of_run(store: Store, run: int) -> list[tuple[int, LookupAnswer]]:
    """The answers of a run, each with the number of its source."""
    rows = store.execute(select(archive_answers).where(archive_answers.c.run == run))
    return [(row.source, _answer(row)) for row in rows]


def _answer(row: Row[Any]) -> LookupAnswer:
    return LookupAnswer(row.question, row.answer, row.note, row.url, row.asked)
