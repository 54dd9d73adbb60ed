"""The store on PostgreSQL: what only a server has, and what it would refuse."""

from __future__ import annotations

import random
import string
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from linkarchive.errors import SettingsError, StorageError
from linkarchive.model import Article, Capture, Change, Citation, Location, Origin, Reason, Result, Verdict
from linkarchive.store import articles, captures, plans, results, runs, sources, texts
from linkarchive.store.database import open_store, upgrade
from linkarchive.store.migrations import STEPS
from linkarchive.store.passages import Phrase, passage, words_of
from linkarchive.store.plans import StoredPlan
from linkarchive.store.previous import LastPage
from linkarchive.store.run_writer import RunWriter
from linkarchive.store.serialization import encode
from linkarchive.wayback.cited import CitedLink

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
URL = "http://a.example/"


RESULT = Result(
    URL, Verdict.OK, Reason.FIRST_SEEN, 1.0, True, (), (), NOW, None, 0, None, None, 200, URL, (), None, (), None, None,
    None, None, None, None, (),
)  # fmt: skip


def capture(number: int = 0) -> Capture:
    place = Location(f"archive/warc/{number}.warc.gz", 1, 2)
    return Capture(URL, NOW, Origin.LIVE, None, 200, URL, "text/html", (), f"sha1:{number}", "00", place, None)


def source(store: Any) -> int:
    return sources.ensure_keys(store, {URL: URL})[URL]


def test_a_database_without_our_tables_says_what_to_run(empty_postgresql_url: str) -> None:
    with pytest.raises(StorageError, match=r"no tables.*archive hub init"), open_store(empty_postgresql_url):
        pass


def test_tables_are_made_once_whoever_is_first(empty_postgresql_url: str) -> None:
    with ThreadPoolExecutor() as pool:
        steps = list(pool.map(upgrade, [empty_postgresql_url] * 3))
    assert sorted(map(len, steps)) == [0, 0, len(STEPS)]
    with open_store(empty_postgresql_url) as store:
        assert store.execute(text("SELECT count(*) FROM migrations")).scalar_one() == len(STEPS)


def test_tables_of_an_earlier_version_say_what_to_run(postgresql_url: str) -> None:
    with open_store(postgresql_url) as store:
        store.execute(text("DELETE FROM migrations WHERE name = :name"), {"name": STEPS[-1][0]})
        store.commit()
    with pytest.raises(StorageError, match=r"earlier version.*archive hub upgrade"), open_store(postgresql_url):
        pass


def test_the_plan_of_a_hub_outlives_a_change_of_its_tables(postgresql_url: str) -> None:
    link = CitedLink("one.md", Citation(URL, "a text", 3, "It says a text."), None, False, URL)
    with open_store(postgresql_url) as store:
        number = source(store)
        plans.keep(store, plans.HUB, StoredPlan(notices=("pushed",)), ())
        for statement in (
            "DROP TABLE citations",
            "DROP TABLE planned",
            "CREATE TABLE planned (source bigint PRIMARY KEY, position bigint NOT NULL, links text NOT NULL)",
            "CREATE INDEX planned_position ON planned (position)",
            "DELETE FROM migrations WHERE name LIKE '%citations%'",
        ):
            store.execute(text(statement))
        row = {"source": number, "links": encode([link])}
        store.execute(text("INSERT INTO planned VALUES (:source, 0, :links)"), row)
        store.commit()
    assert len(upgrade(postgresql_url)) == 1
    with open_store(postgresql_url) as store:
        assert plans.load(store, plans.HUB).notices == ("pushed",)
        [planned] = plans.of_sources(store, plans.OF_LINKS, [number])
        assert (planned[0].url, planned[1]) == (URL, (link,))
        assert [own for _, own in plans.bare(store, plans.OF_LINKS, [number])] == [False]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:secret@127.0.0.1:1/x",
        "postgres://me:secret@127.0.0.1:1/x",
        "postgres://me:public@127.0.0.1:1/x?password=secret&sslpassword=secret&connect_timeout=3",
    ],
)
def test_a_server_that_is_away_is_a_storage_error_without_the_password(address: str) -> None:
    refused = r"postgresql://me:\*\*\*@127.0.0.1:1/x: the database refused"
    with pytest.raises(StorageError, match=refused) as told, open_store(address):
        pass
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["mysql://me:secret@host/x", "me:secret@host", "", "postgresql://me:secret@host:x/"]
)
def test_what_is_no_address_of_a_server_is_a_wrong_setting(address: str) -> None:
    with pytest.raises(SettingsError) as told, open_store(address):
        pass
    assert "secret" not in str(told.value)


def test_a_lost_connection_is_a_storage_error(postgresql_url: str) -> None:
    end_all = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with open_store(postgresql_url) as other, open_store(postgresql_url) as store:
        other.execute(end_all)
        with pytest.raises(StorageError, match="terminat"):
            runs.find(store)


def test_times_are_in_utc_wherever_the_server_is(postgresql_url: str) -> None:
    with open_store(postgresql_url) as store:
        assert store.execute(text("SHOW timezone")).scalar_one() == "Asia/Kathmandu"
        started = runs.start(store, NOW, "", True).info.started
    assert (started, started.tzinfo) == (NOW, UTC)


def test_an_article_is_stored_as_it_is(postgresql_url: str) -> None:
    article = Article("a.md", 'Ärger \\ "quoted" \0 %s', None, None, ())
    with open_store(postgresql_url) as store:
        for _ in range(2):
            articles.save(store, None, article, "00")
        store.commit()
        assert articles.load(store, "a.md") == (article, "00")
        assert articles.load_all(store)("a.md") == (article, "00")


def test_keys_of_any_length_are_unique(postgresql_url: str) -> None:
    dice = random.Random(1)
    ending = "".join(dice.choices(string.ascii_letters + string.digits, k=20_000))  # cannot be compressed
    keys = {key: key for key in (f"http://a.example/{ending}", f"http://b.example/{ending}")}
    with open_store(postgresql_url) as store:
        numbers = sources.ensure_keys(store, keys)
        store.commit()
        assert len(set(numbers.values())) == 2
        assert sources.ensure_keys(store, keys) == numbers
        assert {key: found.id for key, found in sources.ensure(store, keys).items()} == numbers
        with pytest.raises(StorageError, match="sources_key"):
            store.execute(text("INSERT INTO sources (key, url) SELECT key, url FROM sources"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(st.characters(), min_size=1))
def test_any_text_of_foreign_pages_can_be_stored(postgresql_url: str, foreign: str) -> None:
    with open_store(postgresql_url) as store:
        number = source(store)
        store.execute(sources.sources.update().values(etag=foreign))
        stored = store.execute(text("SELECT etag FROM sources WHERE id = :id"), {"id": number}).scalar_one()
    if "\0" not in foreign and foreign.encode("utf-8", "ignore") == foreign.encode("utf-8", "replace"):
        assert stored == foreign


def test_two_writers_give_no_number_twice(postgresql_url: str) -> None:
    with open_store(postgresql_url) as first, open_store(postgresql_url) as second:
        run = runs.start(first, NOW, "", True)
        number = source(first)
        first.commit()
        writers = [RunWriter(store, run.seq) for store in (first, second)]
        stored = [writer.add_capture(number, capture(at), True, True) for at in range(3) for writer in writers]
        first.commit()
        second.commit()
        assert {kept.id for kept in captures.of_source(first, number)} == {kept.id for kept in stored}
        assert len(stored) == len({kept.id for kept in stored})


def test_two_that_add_the_same_sources_wait_for_each_other_and_agree(postgresql_url: str) -> None:
    keys = [f"http://a.example/{number}" for number in range(200)]

    def add(ordered: list[str]) -> dict[str, int]:
        with open_store(postgresql_url) as store:
            numbers = sources.ensure_keys(store, {key: key for key in ordered})
            store.commit()
            return numbers

    with ThreadPoolExecutor() as pool:
        one, other = pool.map(add, (keys, keys[::-1]))
    assert one == other
    assert len(set(one.values())) == len(keys)


def test_a_reader_sees_one_moment_and_changes_nothing(postgresql_url: str) -> None:
    with open_store(postgresql_url, read_only=True) as reader, open_store(postgresql_url) as writer:
        assert runs.find(reader) is None
        runs.start(writer, NOW, "", True)
        writer.commit()
        assert runs.find(reader) is None
        reader.rollback()
        assert runs.find(reader) is not None
        with pytest.raises(StorageError, match="read-only"):
            runs.start(reader, NOW, "", True)


TEXTS = [
    ("On the harbour", "The old ferry left the Ärmel of the river in 1921, and nobody rang a bell."),
    ("Ferry", "A timetable. " * 30 + "The last ferry left in winter."),
    ("港", "港の歴史は長い。"),
    ("Long", "word " * 20_000 + "the two needles " + "word " * 20_000),
]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("words", "there"),
    [
        (["ferry"], {0, 1}), (["ferry left"], {0, 1}), (["left ferry"], set()), (["FERRY", "bell"], {0}),
        (["armel"], {0}), (["time*"], {1}), (["time"], set()), (["歴史"], {2}), (["史歴"], set()),
        (["two needles"], {3}),
        (["ferry lef*"], {0, 1}), (["1921"], {0}), (["!"], set()), ([], set()), (["needles", "ferry"], set()),
    ],
)  # fmt: skip
def test_words_are_found_alike_in_both(tmp_path: Any, words: list[str], there: set[int]) -> None:
    with open_store(tmp_path / "a.sqlite") as store:
        writer, number = RunWriter(store, None), source(store)
        kept = [writer.add_capture(number, capture(at), True, True) for at in range(len(TEXTS))]
        writer.flush()
        texts.prepare(store)
        assert texts.missing(store) == [stored.id for stored in kept]
        for stored, (title, body) in zip(kept, TEXTS, strict=True):
            texts.add(store, stored.id, title, body)
        assert texts.missing(store) == []
        hits = list(texts.search(store, words))
        assert {hit.stored.id for hit in hits} == {kept[at].id for at in there}
        for hit in hits:
            title, body = TEXTS[[stored.id for stored in kept].index(hit.stored.id)]
            assert hit.title == title
            assert hit.text.translate({2: "", 3: ""}).strip("…") in body
            assert texts.MARKS[0] in hit.text


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.integers(1, 40))
def test_a_passage_is_a_part_of_its_text(title: str, body: str, words: list[str], shown: int) -> None:
    found = passage(title, body, list(map(Phrase.of, words)), shown, ("", ""))
    assert found is None or found.removeprefix("…").removesuffix("…") in body


def test_a_phrase_is_found_by_its_words_and_not_by_their_spelling() -> None:
    assert words_of("Élan_vital, 12th; naïve") == ["elan", "vital", "12th", "naive"]
    found = passage("", "One two. Three four five six", [Phrase.of("THREE fo*")], 4, ("<", ">"))
    assert found == "One two. <Three> <four>…"
    assert passage("Of three", "One two", [Phrase.of("three")], 4, ("<", ">")) == "One two"
    assert passage("", "One two", [Phrase.of("two one")], 4, ("<", ">")) is None


def test_what_is_deleted_is_looked_for_by_an_index_in_the_tables_that_refer_to_it(postgresql_url: str) -> None:
    query = """SELECT c.conrelid::regclass::text AS of, a.attname AS column
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid::regclass::text IN ('captures', 'outcomes', 'visits', 'baselines')
        AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"""
    with open_store(postgresql_url) as store:
        assert store.execute(text(query)).all() == []


@pytest.mark.long
def test_what_a_run_concluded_of_some_sources_is_taken_back_without_reading_all(postgresql_url: str) -> None:
    number = 4_000
    read = """SELECT relname FROM pg_stat_user_tables
        WHERE seq_tup_read > 0 AND relname IN ('sources', 'visits', 'captures', 'baselines', 'outcomes')"""
    with open_store(postgresql_url) as store:
        run = runs.start(store, NOW, "all", False)
        numbers = sources.ensure_keys(store, {f"{URL}{n}": f"{URL}{n}" for n in range(number)})
        writer = RunWriter(store, run.seq)
        for source_number in numbers.values():
            stored = writer.add_capture(source_number, capture(source_number), usable=True, good=True)
            writer.set_baseline("one.md", None, stored, None)
            result_id = writer.add_result(source_number, RESULT)
            writer.add_visit(results.Visited(source_number, result_id, NOW, Change.NEW, None))
            writer.set_page(source_number, LastPage(result_id=result_id))
        store.commit()
    with open_store(postgresql_url) as store:
        store.execute(text("ANALYZE"))
        store.execute(text("SELECT pg_stat_reset()"))
        store.commit()
        results.discard(store, run.seq, sorted(numbers.values())[:3])
        store.commit()
        store.execute(text("SELECT pg_stat_force_next_flush()"))
        store.commit()
        assert store.execute(text(read)).scalars().all() == []
        assert store.execute(text("SELECT count(*) FROM visits")).scalar_one() == number - 3
