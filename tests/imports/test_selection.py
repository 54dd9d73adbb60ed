"""Which records are of sources: redirects are followed, revisits find what they repeat, whatever the records claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linkarchive.imports.record import RecordType
from linkarchive.imports.selection import Entry, Query, select

THEN = datetime(2021, 5, 13, 9, 12, 44, tzinfo=UTC)
URLS = tuple(f"http://host.example/{name}" for name in "abcd")


def entry(number: int, url: str, location: str | None = None, **more: Any) -> Entry:
    fields: dict[str, Any] = {
        "type": RecordType.RESPONSE, "time": THEN, "status": 301 if location else 200, "record_id": str(number),
        "digest": "", "refers_to": "", "refers_to_page": None,
    }  # fmt: skip
    return Entry(number=number, urls=(url,), location=location, **fields | more)


def test_a_redirect_and_its_page_are_one_capture() -> None:
    entries = [entry(0, URLS[1]), entry(1, URLS[0], URLS[1])]
    (chosen,) = select(entries, [URLS[0]])
    assert (chosen.records, chosen.url) == ((1, 0), URLS[1])


def test_a_page_of_another_day_is_not_what_a_redirect_led_to() -> None:
    entries = [entry(0, URLS[0], URLS[1]), entry(1, URLS[1], time=THEN + timedelta(days=1))]
    (chosen,) = select(entries, [URLS[0]])
    assert chosen.records == (0,)


def test_a_source_is_the_page_at_https_or_with_www_too() -> None:
    (chosen,) = select([entry(0, "https://www.host.example/a/")], [URLS[0]])
    assert (chosen.source, chosen.url) == (URLS[0], "https://www.host.example/a/")


def test_the_very_address_is_taken_before_one_like_it() -> None:
    secure = URLS[0].replace("http", "https")
    chosen = select([entry(0, secure)], [URLS[0], secure])
    assert [capture.source for capture in chosen] == [secure]


@given(
    st.lists(
        st.tuples(st.sampled_from(URLS), st.none() | st.sampled_from(URLS), st.sampled_from(RecordType)), max_size=12
    )
)
def test_any_records_end_in_choices_of_them(records: list[tuple[str, str | None, RecordType]]) -> None:
    entries = [
        entry(number, url, location, type=kind, refers_to=str(number // 2), digest=str(number % 3))
        for number, (url, location, kind) in enumerate(records)
    ]
    for choice in select(entries, URLS[:2]):
        assert choice.source in URLS[:2]
        assert set(choice.numbers) <= set(range(len(entries)))
        assert len(set(choice.records)) == len(choice.records)
        assert choice.end in choice.numbers
    wanted = Query.of(URLS[:2])
    for item in entries:
        wanted.add(item)
    assert wanted.size >= 2
