"""The text of stored copies, to be searched, filled when somebody searches (`history.search`): SQLite's FTS5, or an
index of words of PostgreSQL, whose finds are looked at again, since it knows no phrases in long texts.

A script that puts no spaces between words is cut into its characters, in the texts and in what is looked for alike, so
that a word is found as these characters in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, insert, text
from sqlalchemy.sql import column, table

from linkarchive.errors import UsageError
from linkarchive.store.captures import StoredCapture, of_ids
from linkarchive.store.database import Store
from linkarchive.store.passages import Phrase, passage, words_of

SHOWN = 24
"""Words of a text that are shown around what was found."""
MARKS = ("\u0002", "\u0003")
"""Around each word that was found, in `Hit.text`."""
_CUT = "\u200b"
_CONTROLS = re.compile("[\0\u0002\u0003\u200b]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese; and Korean, whose words carry endings."""
_CREATE = text(
    "CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(title, text, "
    "tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
)
_ADD = insert(table("texts", column("rowid"), column("title"), column("text")))
_MOST = 300_000
"""Bytes of a text whose words are in the index of PostgreSQL, which takes 1 MiB of words and places; of a longer text
each word is taken once."""
_ADD_TO_SERVER = text(
    "INSERT INTO texts (capture, title, text, words) VALUES (:capture, :title, :text, "
    "setweight(to_tsvector('simple', :title_words), 'A') || to_tsvector('simple', :text_words))"
)
_MATCH_ON_SERVER = text(
    "SELECT capture, title, text FROM texts, to_tsquery('simple', :words) AS query WHERE words @@ query "
    "ORDER BY ts_rank('{0.25, 0.25, 0.25, 1}', words, query) DESC, capture DESC"
).execution_options(yield_per=20)
# A copy with the same bytes as an earlier one of its source says nothing new.
_WANTED = text("SELECT min(id) FROM captures WHERE usable GROUP BY source, digest")
_MISSING = text(f"{_WANTED} EXCEPT SELECT rowid FROM texts")  # noqa: S608 - a constant
_MISSING_ON_SERVER = text(f"{_WANTED} EXCEPT SELECT capture FROM texts")  # noqa: S608 - a constant
_MATCH = text(
    "SELECT rowid, title, snippet(texts, 1, :start, :end, '…', :shown) FROM texts WHERE texts MATCH :words "
    "ORDER BY bm25(texts, 4.0, 1.0), rowid DESC"
).bindparams(bindparam("start", MARKS[0]), bindparam("end", MARKS[1]), bindparam("shown", SHOWN))


@dataclass(frozen=True, slots=True)
class Hit:
    """A copy that has what was looked for."""

    stored: StoredCapture
    title: str
    text: str
    """A passage of it, with MARKS around each word that was found."""


def prepare(store: Store) -> None:
    """Make the table where it is missing. Raises UsageError where SQLite was built without FTS5."""
    if store.has_other_writers:
        return  # it came with the others
    if not list(store.execute(text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"))):
        raise UsageError("the SQLite of this Python cannot search texts (it was built without FTS5)")
    store.execute(_CREATE)


def missing(store: Store) -> list[int]:
    """The numbers of the captures whose text is not in the table yet."""
    if store.has_other_writers:
        return sorted(store.execute(_MISSING_ON_SERVER).scalars())
    return sorted(store.execute(_MISSING if _is_there(store) else _WANTED).scalars())


def add(store: Store, capture: int, title: str, words: str) -> None:
    """Add the text of a capture, "" for one that has none. The caller commits."""
    title, words = segmented(title), segmented(words)
    if store.has_other_writers:
        title, words = (part.encode("utf-8", "replace").decode("utf-8") for part in (title, words))
        values = {"capture": capture, "title": title, "text": words}
        store.execute(_ADD_TO_SERVER, values | {"title_words": _indexed(title), "text_words": _indexed(words)})
    else:
        store.write_rows(_ADD, [{"rowid": capture, "title": title, "text": words}])


def _indexed(words: str) -> str:
    all_words = words_of(words)
    if len(words.encode("utf-8")) > _MOST:
        all_words = list(dict.fromkeys(all_words))
    return " ".join(all_words).encode("utf-8")[:_MOST].decode("utf-8", "ignore")


def search(store: Store, words: Sequence[str]) -> Iterator[Hit]:
    """The copies that have all of these, the best first: each is a word, a phrase, or how a word begins (`word*`)."""
    if store.has_other_writers:
        matches = _search_on_server(store, words)
    else:
        expression = query_of(words)
        if not expression or not _is_there(store):
            return
        matches = iter(store.execute(_MATCH, {"words": expression}).all())
    while batch := list(islice(matches, 500)):
        stored = of_ids(store, [row[0] for row in batch])
        yield from (Hit(stored[row[0]], row[1].replace(_CUT, ""), row[2].replace(_CUT, "")) for row in batch)


def _search_on_server(store: Store, words: Sequence[str]) -> Iterator[Any]:
    phrases = [phrase for phrase in map(Phrase.of, map(segmented, words)) if phrase.words]
    if not phrases:
        return
    for row in store.execute(_MATCH_ON_SERVER, {"words": " & ".join(map(_expression, phrases))}):
        text_around = passage(row.title, row.text, phrases, SHOWN, MARKS)
        if text_around is not None:
            yield row.capture, row.title, text_around


def _expression(phrase: Phrase) -> str:
    """The words of a phrase as PostgreSQL wants them: letters and digits alone, which mean nothing else to it."""
    return " & ".join(phrase.words) + (":*" if phrase.is_prefix else "")


def query_of(words: Sequence[str]) -> str:
    """The words as FTS5 wants them: each a quoted phrase, all of them to be there; "" where nothing is left to find."""
    phrases = []
    for word in words:
        cleaned = word.encode("utf-8", "replace").decode().replace('"', " ").strip()
        bare = cleaned.rstrip("*")
        if any(map(str.isalnum, bare)):
            phrases.append(f'"{segmented(bare)}"' + ("*" if bare != cleaned else ""))
    return " ".join(phrases)


def segmented(words: str) -> str:
    """The text with each character of an unspaced script a word of its own; the cuts are not seen."""
    return _UNSPACED.sub(rf"{_CUT}\g<0>{_CUT}", _CONTROLS.sub(" ", words))


def _is_there(store: Store) -> bool:
    return bool(list(store.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'texts'"))))
