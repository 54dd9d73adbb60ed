"""Web archives in a run: baselines of the day the author looked, copies of dead sources, witnesses, lost targets."""

from __future__ import annotations

import re
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from faulty_archive import KEYS, Fault

from linkarchive.demo.wayback import DemoCapture
from linkarchive.demo.wire import Response
from linkarchive.wayback.session import ArchiveSession

ALPHA = "http://alpha.example/report"
BETA = "http://beta.example/ledger"
ORIGIN = "http://origin.example/essay"


def test_drift_since_the_author_looked_is_seen_on_the_first_run(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    stage[ALPHA] = stage.html("something else entirely")
    stage[BETA] = stage.html("rewritten too, but nobody kept a copy")
    project.article(ALPHA, BETA, published="2021-05-12")
    ran = project.check("article.md", now="2026-01-05")
    assert ran.told(ALPHA) == ("drifted", "replaced", "new")
    baseline = ran.source(ALPHA)["baseline"]
    assert (baseline["origin"], baseline["days_off"]) == ("wayback", 1)
    assert baseline["url"] == f"https://web.archive.org/web/20210513000000/{ALPHA}"
    assert ran.told(BETA) == ("ok", "first-seen", "none")


def test_one_source_cited_in_two_years_has_two_baselines(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2015-03-01", stage.html("the old edition"))
    archives.hold(ALPHA, "2023-03-01", stage.html("the new edition"))
    stage[ALPHA] = stage.html("the new edition")
    project.article(ALPHA, name="old.md", published="2015-03-02")
    project.article(ALPHA, name="new.md", published="2023-03-02")
    source = project.check("old.md", "new.md", now="2026-01-05").source(ALPHA)
    by_article = {citation["article"]: citation for citation in source["citations"]}
    assert by_article["old.md"]["baseline"]["time"].startswith("2015-03-01")
    assert by_article["new.md"]["baseline"]["time"].startswith("2023-03-01")
    assert (by_article["old.md"]["verdict"], by_article["new.md"]["verdict"]) == ("drifted", "ok")
    assert source["verdict"] == "drifted", "a source shows the worst of its citations"


def test_a_baseline_once_found_stays_and_is_not_asked_for_again(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    stage[ALPHA] = stage.html("as it was")
    project.article(ALPHA, published="2021-05-12")
    project.check("article.md", now="2026-01-05")
    asked = dict(archives.wayback.counts)
    ran = project.check(now="2026-01-12")
    assert ran.told(ALPHA) == ("ok", "same", "none")
    assert ran.source(ALPHA)["baseline"]["time"].startswith("2021-05-13")
    assert dict(archives.wayback.counts) == asked


@pytest.mark.long
@pytest.mark.parametrize("fault", list(Fault))
def test_no_fault_of_an_archive_touches_the_live_verdict(project: Any, stage: Any, archives: Any, fault: Fault) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    for service in ("replay", "index", "timemap"):
        archives.wayback.fail(service, fault)
    stage[ALPHA] = stage.html("alive")
    project.article(ALPHA, BETA, published="2021-05-12")
    patience = {"ARCHIVE_WAYBACK_TIMEOUT": "0.5"} if fault is Fault.SILENCE else {}
    ran = project.check("article.md", now="2026-01-05", env=patience)
    assert ran.json["run"]["complete"] is True
    assert ran.told(ALPHA)[:2] == ("ok", "first-seen")
    dead = ran.source(BETA)
    assert dead["verdict"] == "dead"
    if fault is not Fault.MALFORMED:
        assert dead["archived_url"] is None
        assert "could not find out" in dead["archive_note"]
    archives.wayback.heal()
    later = project.check(now="2026-01-06")
    assert later.source(ALPHA)["baseline"]["origin"] == "wayback", "what was not found out is asked again"


@pytest.mark.long
def test_live_verdicts_are_recorded_before_an_archive_has_answered(project: Any, stage: Any, archives: Any) -> None:
    archives.wayback.fail("replay", Fault.SILENCE)
    archives.arquivo.fail("replay", Fault.SILENCE)
    stage[ALPHA] = stage.html("alive")
    project.article(ALPHA, published="2021-05-12")
    silent = {"ARCHIVE_WAYBACK_TIMEOUT": "120", "ARCHIVE_WAYBACK_BUDGET": "120"}
    process = project.start("check", "article.md", now="2026-01-05", env=silent)
    database = project.root / "archive" / "archive.sqlite"
    while not (database.exists() and _verdicts(database) == ["ok"]):
        assert process.poll() is None
        time.sleep(0.05)
    assert process.poll() is None, "the archive is still being asked"


def test_a_dead_source_comes_with_a_public_copy_from_before_its_death(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2019-01-01", stage.html("the report"))
    archives.hold(ALPHA, "2021-05-20", stage.html("the report"))
    archives.hold(ALPHA, "2025-12-01", stage.html("not found", status=404))
    project.article(ALPHA, BETA, published="2021-05-12")
    ran = project.check("article.md", now="2026-01-05")
    dead = ran.source(ALPHA)
    assert (dead["verdict"], dead["archive_note"]) == ("dead", None)
    assert dead["archived_url"] == f"https://web.archive.org/web/20210520000000/{ALPHA}"
    without = ran.source(BETA)
    assert (without["archived_url"], without["archive_note"]) == (None, "no web archive has a usable copy")
    again = project.check(now="2026-01-07").source(ALPHA)
    assert again["archived_url"] == dead["archived_url"]


def test_what_an_archived_page_called_a_dead_one_is_looked_for_on_that_page_today(
    project: Any, stage: Any, archives: Any
) -> None:
    lost, parent, now = (f"http://alpha.example/{path}" for path in ("x?id=4", "guide", "n/90"))
    archives.hold(lost, "2021-05-13", stage.html("the keeper"))
    archives.hold(parent, "2021-05-13", stage.html("Guide", more=f'<a href="{lost}">what the lamp cost in oil</a>'))
    others = "".join(f'<a href="/n/{number}">Page {number}</a> ' for number in range(89))
    stage[parent] = stage.html("Guide", more=f'{others} <a href="/n/90">what the lamp cost in oil</a>')
    stage[now] = stage.html("the keeper")
    project.article(lost, parent, published="2021-05-12")
    source = project.check("article.md", now="2026-01-05").source(lost)
    assert (source["verdict"], source["suggested_url"]) == ("dead", now)
    assert stage.asked("http://alpha.example/n/1") == 0


def test_archives_are_asked_for_pages_that_linked_to_a_dead_one(project: Any, stage: Any, archives: Any) -> None:
    lost, parent, now = (f"http://alpha.example/{path}" for path in ("docs/lamps/x?id=4", "docs/", "n/q4"))
    links = ("What the lamp cost in oil is told", "Who kept it through the winter is told", "How it was built is told")
    then, today = (
        "".join(f'<p>{words} <a href="{url}{n}">here</a>.</p>' for n, words in enumerate(links, 3))
        for url in ("/docs/lamps/x?id=", "/n/q")
    )
    archives.hold(lost, "2021-05-13", stage.html("the keeper"))
    archives.hold(parent, "2021-05-13", stage.html("Guide", more=then))
    others = "".join(f'<a href="/m/{number}">{number}</a> ' for number in range(90))
    stage[parent] = stage.html("Guide", more=others + today)
    stage[now] = stage.html("the keeper")
    project.article(lost, published="2021-05-12")
    source = project.check("article.md", now="2026-01-05").source(lost)
    assert (source["verdict"], source["suggested_url"]) == ("dead", now)
    assert source["suggested_by"] == f"the page that linked to it, {parent}, links to it there now"
    folders = ("http://alpha.example/docs/lamps/", parent, "http://alpha.example/")
    asked = [url for url in archives.asked if url.endswith(folders)]
    assert {url.partition("id_/")[2] for url in asked} == set(folders)
    assert len(asked) <= 4, "one request for each, one more for a copy"


@pytest.mark.parametrize("how", ["private", "off", "not again"])
def test_archives_are_not_asked_for_pages_that_linked_to_a_dead_one(
    project: Any, stage: Any, archives: Any, how: str
) -> None:
    lost, front = "http://alpha.example/docs/x", "id_/http://alpha.example/"
    stage[lost] = stage.html("the keeper")
    project.article(lost, published="2021-05-12")
    if how == "private":
        project.write("links.txt", "[article.md]\nprivate = true\n")
    project.check("article.md", now="2026-01-05")
    stage.clear()
    mode = ("--wayback", "off") if how == "off" else ()
    assert project.check(*mode, now="2026-01-12").source(lost)["verdict"] == "dead"
    asked = sum(url.endswith(front) for url in archives.asked)
    assert asked == (how == "not again")
    project.check(*mode, now="2026-01-13")
    assert sum(url.endswith(front) for url in archives.asked) == asked
    if how == "not again":
        project.check(now="2026-02-20")
        assert sum(url.endswith(front) for url in archives.asked) == 2


def test_a_captured_redirect_of_a_dead_source_is_suggested_when_it_leads_to_the_page(
    project: Any, stage: Any, archives: Any
) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("the report"))
    moved = DemoCapture(ALPHA, datetime(2023, 1, 1, tzinfo=UTC), b"", 301, (("Location", BETA),))
    archives.wayback.captures += [moved, DemoCapture(BETA, moved.time, stage.html("the report").body)]
    stage[BETA] = stage.html("the report")
    project.article(ALPHA, published="2021-05-12")
    assert project.check("article.md", now="2026-01-05").source(ALPHA)["suggested_url"] == BETA


def test_a_witness_keeps_a_failing_source_from_being_called_dead(project: Any, stage: Any, archives: Any) -> None:
    for url in (ALPHA, BETA):
        stage[url] = stage.html("a page")
    project.article(ALPHA, BETA, published="2026-01-05")
    project.check("article.md", now="2026-01-05")
    for url in (ALPHA, BETA):
        stage[url] = Response(b"out of order", 503)
    for day in ("2026-01-10", "2026-01-14"):
        assert project.check(now=day).source(ALPHA)["verdict"] == "unreachable"
    archives.hold(ALPHA, "2026-01-16", stage.html("a page"))
    ran = project.check(now="2026-01-20")
    assert ran.told(ALPHA)[:2] == ("blocked", "only-us")
    assert ran.source(ALPHA)["strikes"] == 0
    assert ran.told(BETA)[:2] == ("dead", "unreachable-since")
    after = project.check(now="2026-01-21")
    assert after.told(ALPHA)[:2] == ("unreachable", "http-5xx"), "its strikes are counted anew"
    assert after.told(BETA) == ("dead", "unreachable-since", "still")
    project.check(now="2026-01-25")
    archives.hold(ALPHA, "2026-01-26", stage.html("a page"))
    again = project.check(now="2026-01-29")
    assert again.told(ALPHA)[:2] == ("blocked", "only-us"), "archives are asked anew about new strikes"


def test_lost_targets_come_from_a_captured_original(project: Any, stage: Any, archives: Any) -> None:
    stage[ALPHA] = stage.html("the report")
    original = stage.html("essay", more=f'As <a href="{ALPHA}">tough negotiations</a> went on.')
    archives.hold(ORIGIN, "2021-05-13", original)
    stage[ORIGIN] = Response(b"gone", 410)
    head = f"As [tough negotiations](#) went on, [elsewhere](#).\n\nOriginal url: <{ORIGIN}>"
    project.article(head=head, published="2021-05-12")
    ran = project.check("article.md", now="2026-01-05")
    citation = ran.source(ALPHA)["citations"][0]
    assert citation["recovered"] is True
    assert ran.told(ALPHA)[:2] == ("ok", "first-seen"), "what was recovered is visited in the same run"
    assert [target["text"] for target in ran.json["unresolved"]] == ["elsewhere"]
    assert ALPHA in project.links()


def test_a_citation_that_points_into_an_archive_leans_on_the_page_itself(
    project: Any, stage: Any, archives: Any
) -> None:
    archives.hold(ALPHA, "2019-06-01", stage.html("the report"))
    archives.hold(ALPHA, "2021-05-12", stage.html("another edition"))
    stage[ALPHA] = stage.html("the report")
    cited = f"https://web.archive.org/web/20190601000000/{ALPHA}"
    project.article(cited, published="2021-05-12")
    source = project.check("article.md", now="2026-01-05").source(ALPHA)
    assert source["citations"][0]["url"] == cited
    assert source["baseline"]["time"].startswith("2019-06-01")
    assert (source["verdict"], source["reason"]) == ("ok", "same")


def test_nothing_private_is_sent(project: Any, stage: Any, archives: Any) -> None:
    secret = "http://beta.example/ledger?token=s3cr3t"
    stage[ALPHA] = stage.html("the report")
    project.article(ALPHA, secret, published="2021-05-12")
    project.write("links.txt", "[article.md]\nprivate = true\n")
    project.article(secret, name="open.md", published="2021-05-12")
    project.check("article.md", "open.md", now="2026-01-05")
    assert not archives.wayback.counts
    assert not archives.arquivo.counts


def test_archives_can_be_left_out(project: Any, stage: Any, archives: Any) -> None:
    project.article(ALPHA, published="2021-05-12")
    ran = project.check("article.md", "--wayback", "off", now="2026-01-05")
    assert not archives.wayback.counts
    assert "were not asked" in ran.source(ALPHA)["archive_note"]


def test_a_rebuilt_database_knows_what_archives_said(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    stage[ALPHA] = stage.html("something else entirely")
    project.article(ALPHA, BETA, published="2021-05-12")
    project.check("article.md", now="2026-01-05")
    before = project.run("report", "--format", "json").out
    (project.root / "archive" / "archive.sqlite").unlink()
    assert project.run("rebuild").code == 0
    assert project.run("report", "--format", "json").out == before
    asked = dict(archives.wayback.counts)
    assert project.check(now="2026-01-06").told(ALPHA) == ("drifted", "replaced", "still")
    assert dict(archives.wayback.counts) == asked
    assert project.run("verify").code == 0


def _verdicts(database: Any) -> list[str]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            return [row[0] for row in connection.execute("SELECT verdict FROM outcomes")]
        except sqlite3.OperationalError:
            return []


SHARED = Path(__file__).parents[3] / "shared" / "articles" / "russia-belarus-merger.md"


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/articles is not here")
def test_the_first_article_is_recovered_from_a_captured_original(project: Any, stage: Any, archives: Any) -> None:
    text = SHARED.read_text(encoding="utf-8")
    original = re.search(r"<(https://www\.themoscowtimes\.com/\S+)>", text)
    anchors = re.findall(r"\[([^\]]+)\]\(#\)", text)
    assert original is not None
    assert len(anchors) == 14
    targets = {anchor: f"http://alpha.example/cited/{number}" for number, anchor in enumerate(anchors)}
    for url in targets.values():
        stage[url] = stage.html(url)
    paragraphs = []
    for paragraph in text.split("\n\n"):
        linked = re.sub(r"\[([^\]]+)\]\(#\)", lambda match: f'<a href="{targets[match[1]]}">{match[1]}</a>', paragraph)
        paragraphs.append(f"<p>{linked}</p>")
    page = f"<nav><a href='/china'>China</a></nav><main><article>{''.join(paragraphs)}</article></main>"
    archives.hold(original[1], "2021-05-14", Response(page.encode()))
    project.write("merger.md", text)
    ran = project.check("merger.md", now="2026-01-05")
    by_text = {citation["text"]: citation["url"] for source in ran.json["sources"] for citation in source["citations"]}
    assert by_text == targets, "every target right, none wrong"
    assert ran.json["unresolved"] == []
    article = ran.json["articles"][0]
    assert (article["original_url"], article["published"]) == (original[1], "2021-05-12")
    assert (article["lost"], article["recovered"]) == (14, 14)


@pytest.mark.long
def test_twenty_sources_cost_few_requests(project: Any, stage: Any, archives: Any) -> None:
    urls = [f"http://alpha.example/{number}" for number in range(20)]
    for number, url in enumerate(urls):
        stage[url] = stage.html(url)
        archives.hold(url, "2021-05-13", stage.html(url) if number else Response(b"<title>404 Not Found</title>"))
        archives.hold(url, "2021-06-20", stage.html(url))
    project.article(*urls, published="2021-05-12")
    ran = project.check("article.md", now="2026-01-05")
    assert {source["baseline"]["origin"] for source in ran.json["sources"]} == {"wayback"}
    counts = archives.wayback.counts
    assert counts["lookup"] <= 24, counts
    assert counts["replay"] <= 24, counts
    assert counts["index"] <= 4, counts


@pytest.fixture
def _jobs_are_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a capture to be made: the archive of the tests has it at the second look."""
    real = ArchiveSession.wait
    monkeypatch.setattr(ArchiveSession, "wait", lambda self, seconds, gate=None: real(self, min(seconds, 0.01), gate))


@pytest.mark.usefixtures("_jobs_are_done_at_once")
def test_save_asks_for_a_capture_and_says_what_became_of_it(project: Any, stage: Any, archives: Any) -> None:
    without_keys = project.run("save", ALPHA)
    assert without_keys.code == 2
    assert "IA_ACCESS_KEY_ID" in without_keys.err
    keys = {"IA_ACCESS_KEY_ID": KEYS[0], "IA_SECRET_ACCESS_KEY": KEYS[1], "ARCHIVE_WAYBACK_SAVE_PER_MINUTE": "0"}
    stage[ALPHA] = stage.html("the report")
    saved = project.run("save", ALPHA, env=keys)
    assert (saved.code, saved.err) == (0, "")
    assert "https://web.archive.org/web/" in saved.out
    assert project.run("save", "http://u:p@alpha.example/", env=keys).code == 2


SAVING = {
    "IA_ACCESS_KEY_ID": KEYS[0],
    "IA_SECRET_ACCESS_KEY": KEYS[1],
    "ARCHIVE_WAYBACK_SAVE_PER_MINUTE": "0",
    "ARCHIVE_WAYBACK_SAVE": "new",
}


@pytest.mark.usefixtures("_jobs_are_done_at_once")
def test_check_saves_new_sources_when_told_to_and_verifies_later(project: Any, stage: Any, archives: Any) -> None:
    stage[ALPHA] = stage.html("the report")
    project.article(ALPHA)
    project.check("article.md", now="2026-02-01", env=SAVING)
    assert archives.wayback.counts["save"] == 1
    project.check(now="2026-02-02", env=SAVING)
    assert archives.wayback.counts["save"] == 1, "what was saved is not saved again"
    assert archives.wayback.counts["replay"] >= 1, "the new copy was looked for"


@pytest.mark.usefixtures("_jobs_are_done_at_once")
def test_why_a_page_was_not_saved_is_said_in_words(project: Any, stage: Any, archives: Any) -> None:
    stage[ALPHA] = stage.html("the report")
    project.article(ALPHA)
    archives.wayback.save_errors[ALPHA] = ("poll", "error:not-found")
    ran = project.check("article.md", "-v", now="2026-02-01", env=SAVING)
    [line] = [line for line in ran.err.splitlines() if "was not saved" in line]
    assert ALPHA in line
    assert "(" not in line.partition("was not saved")[2], line


def test_what_archives_said_of_a_dead_source_is_told_in_every_later_run(
    project: Any, stage: Any, archives: Any
) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    project.article(ALPHA, BETA)
    first = project.check("article.md", now="2026-01-05")
    assert first.source(ALPHA)["archived_url"] == f"https://web.archive.org/web/20210513000000/{ALPHA}"
    assert first.source(BETA)["archive_note"] == "no web archive has a usable copy"
    for day in ("2026-01-06", "2026-01-07"):
        later = project.check(now=day)
        for url in (ALPHA, BETA):
            before, now = first.source(url), later.source(url)
            assert (now["archived_url"], now["archive_note"]) == (before["archived_url"], before["archive_note"])
            assert now["changed"] == "still"


COPY = f"https://web.archive.org/web/20210513000000/{ALPHA}"


def test_a_cited_copy_that_is_there_is_fine_whatever_became_of_the_page(
    project: Any, stage: Any, archives: Any
) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    project.article(COPY, published="2021-05-12")
    for day in ("2026-01-05", "2026-01-12", "2026-01-19"):
        ran = project.check("article.md", now=day)
        source = ran.json["sources"][0]
        assert (source["verdict"], ran.code, source["archived_url"]) == ("ok", 0, None)
        assert "the archived copy that the article cites is there" in source["evidence"]
        assert "the live page is dead (http-410)" in source["evidence"]


def test_a_cited_copy_that_the_archive_does_not_have_is_dead(project: Any, stage: Any, archives: Any) -> None:
    stage[ALPHA] = stage.html("alive")
    project.article(COPY, published="2021-05-12")
    ran = project.check("article.md", now="2026-01-05")
    assert (ran.json["sources"][0]["verdict"], ran.code) == ("dead", 1)


def test_a_dead_link_with_a_usable_copy_in_the_article_is_settled(project: Any, stage: Any, archives: Any) -> None:
    archives.hold(ALPHA, "2021-05-13", stage.html("as it was"))
    stage[ALPHA] = Response(b"<h1>gone</h1>", 410)
    project.write("article.md", "# On the harbour\n\nAs [the report](http://alpha.example/report) has it.\n")
    project.write("links.txt", f"[article.md]\n\n{ALPHA}  the report\n    snapshot = {COPY}\n")
    ran = project.check("article.md", now="2026-01-05")
    source = ran.source(ALPHA)
    assert (source["verdict"], source["reason"], ran.code) == ("dead", "http-410", 0)
    assert source["settled"] == {"url": COPY, "time": "2021-05-13T00:00:00Z"} == source["citations"][0]["settled"]
    assert project.run("check", "-q", now="2026-01-06").out == ""


def test_what_an_archive_saw_of_a_page_that_is_closed_to_us_is_said(project: Any, stage: Any, archives: Any) -> None:
    stage[ALPHA], stage[BETA] = stage.html("alpha"), stage.html("beta")
    project.article(ALPHA, BETA)
    assert project.check("article.md", now="2026-01-05").code == 0
    archives.hold(ALPHA, "2026-01-10", stage.html("alpha"))
    archives.hold(BETA, "2026-01-10", stage.html("another text altogether"))
    stage[ALPHA] = stage[BETA] = Response(b"<h1>Forbidden</h1>", 403)
    ran = project.check(now="2026-01-12")
    same, other = ran.source(ALPHA), ran.source(BETA)
    assert (same["verdict"], same["seen_elsewhere"]["verdict"]) == ("blocked", "ok")
    assert (other["verdict"], other["seen_elsewhere"]["verdict"]) == ("blocked", "drifted")
    assert same["seen_elsewhere"]["time"] == "2026-01-10T00:00:00Z"
    assert "the Wayback Machine saw it on 10 January 2026: unchanged" in same["evidence"]
    assert ran.json["summary"]["drifted"] == 0
    assert ran.code == 1, "a drift that others saw counts for --fail-on"
