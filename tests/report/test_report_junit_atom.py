"""The formats for CI and for feed readers: valid, complete, and safe whatever a page says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from linkarchive.model import Category, Change, Reason, Report, RunInfo, SourceReport, Standing, Verdict
from linkarchive.report.atom import render_atom
from linkarchive.report.exit_policy import fails
from linkarchive.report.junit import render_junit
from linkarchive.report.xml import add

SCHEMAS = Path(__file__).parent / "schemas"
JUNIT = etree.XMLSchema(etree.parse(SCHEMAS / "junit.xsd"))
ATOM = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
DEFAULT = ("dead", "drifted", "unresolved")
A = {"a": "http://www.w3.org/2005/Atom"}


def junit(text: str) -> Any:
    tree = etree.fromstring(text.encode())
    JUNIT.assertValid(tree)
    (suite,) = tree
    return suite


def atom(text: str) -> Any:
    tree = etree.fromstring(text.encode())
    ATOM.assertValid(tree)
    return tree


def entries(text: str) -> dict[str, Any]:
    """By title."""
    return {entry.findtext("a:title", namespaces=A): entry for entry in atom(text).findall("a:entry", A)}


# --- JUnit ----------------------------------------------------------------------------


def test_a_test_case_a_source_and_a_lost_link_and_a_malformed_line(report: Report) -> None:
    suite = junit(render_junit(report, DEFAULT))
    cases = suite.findall("testcase")
    assert len(cases) == len(report.sources) + len(report.unresolved) + len(report.malformed)
    assert suite.get("tests") == str(len(cases))
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    failure = next(case for case in cases if case.get("name") == "https://news.example/talks").find("failure")
    assert failure.get("type") == "dead/soft-404"
    assert "essays/merger.md:12" in failure.text
    assert "the title says “Page not found”" in failure.text
    assert "web.archive.org" in failure.text
    properties = {property.get("name"): property.get("value") for property in suite.find("properties")}
    assert properties["sources.dead"] == str(report.summary["dead"])


def test_failures_are_the_verdicts_that_were_asked_for(report: Report) -> None:
    def failing(*fail_on: str, new_only: bool = False) -> set[str]:
        found = junit(render_junit(report, fail_on, new_only)).findall("testcase/failure")
        return {failure.get("type").partition("/")[0] for failure in found} - {"malformed"}

    assert failing() == set()
    assert failing("dead") == {"dead"}
    assert failing("moved", "blocked") == {"moved", "blocked"}
    assert failing("blocked", new_only=True) == set()
    assert failing("dead", new_only=True) == {"dead"}


def test_what_is_ignored_or_could_not_be_seen_is_skipped_and_says_so(report: Report) -> None:
    cases = {case.get("name"): case for case in junit(render_junit(report, DEFAULT)).findall("testcase")}
    ignored = cases["https://known.example/gone"]
    assert "Ignored by maria" in ignored.find("skipped").get("message")
    assert "timeout" in cases["https://slow.example/b"].find("skipped").get("message")
    assert len(cases["https://fine.example/1"]) == 0


@pytest.mark.parametrize(
    ("verdict", "standing", "counts"),
    [
        (Verdict.DEAD, Standing.PLAIN, True),
        (Verdict.DEAD, Standing.SETTLED, False),
        (Verdict.BLOCKED, Standing.PLAIN, False),
        (Verdict.BLOCKED, Standing.DRIFTED_ELSEWHERE, True),
    ],
)
def test_what_is_to_be_replaced_fails_as_before_and_what_is_accepted_does_not(
    verdict: Verdict, standing: Standing, counts: bool
) -> None:
    kind = Category.of(verdict, Change.STILL, verdict, False, standing)
    assert fails(kind, DEFAULT, False) is counts
    assert fails(kind.decided("replace"), DEFAULT, False) is counts
    assert not fails(kind.decided("accept"), DEFAULT, False)
    assert not fails(kind.decided("ignore"), DEFAULT, False)


def test_quiet_junit_has_only_the_news(report: Report) -> None:
    names = {case.get("name") for case in junit(render_junit(report, DEFAULT, quiet=True)).findall("testcase")}
    assert "https://news.example/talks" in names
    assert "https://gone.example/" not in names
    assert "https://fine.example/1" not in names


def test_a_run_without_sources_is_a_valid_suite(report: Report) -> None:
    empty = Report(replace(report.run, finished=None), (), (), ())
    assert junit(render_junit(empty, DEFAULT)).get("tests") == "0"


# --- Atom -----------------------------------------------------------------------------


def test_an_entry_for_each_new_or_recovered_finding_and_no_other(report: Report) -> None:
    found = entries(render_atom(report))
    news = [source for source in report.sources if source.is_news]
    lost = [target for target in report.unresolved if target.changed is Change.NEW]
    assert len(found) == len(news) + len(lost)
    dead = found["Dead: https://news.example/talks"]
    assert dead.find("a:link", A).get("href") == "https://news.example/talks"
    assert "the title says “Page not found”" in dead.findtext("a:content", namespaces=A)
    back = found["Ok: https://back.example/c"]
    assert back.findtext("a:content", namespaces=A).startswith("Back again")
    assert not any("known.example" in title for title in found)  # ignored


def test_ids_are_those_of_the_news_not_of_the_run(report: Report, make_source: Callable[..., SourceReport]) -> None:
    def ids(report: Report, feed: str = "") -> dict[str, str]:
        return {
            title: entry.findtext("a:id", namespaces=A) for title, entry in entries(render_atom(report, feed)).items()
        }

    run: RunInfo = report.run
    later = replace(run, id="20261130T060000Z-aaaa", finished=run.started + timedelta(days=7))
    assert ids(report) == ids(replace(report, run=later))
    assert len(set(ids(report).values())) == len(ids(report))
    source = make_source("https://a.example/", Verdict.DEAD, Reason.HTTP_404, Change.NEW)
    again = replace(source, result=replace(source.result, since=source.result.since + timedelta(days=90)))
    died, died_again = (ids(replace(report, sources=(dead,)))["Dead: https://a.example/"] for dead in (source, again))
    assert died != died_again
    feeds = {atom(render_atom(report, feed)).findtext("a:id", namespaces=A) for feed in ("file:///a", "file:///b")}
    assert len(feeds) == 2


def test_without_news_the_feed_is_empty_and_valid(report: Report) -> None:
    assert entries(render_atom(replace(report, sources=(), unresolved=()))) == {}


# --- both -----------------------------------------------------------------------------


def test_hostile_text_is_text_in_both(poisoned: Report) -> None:
    for tree in (junit(render_junit(poisoned, DEFAULT)), atom(render_atom(poisoned))):
        tags = {etree.QName(element).localname for element in tree.iter()}
        assert not tags & {"script", "img"}
        whole = etree.tostring(tree, encoding="unicode")
        assert not any(char in whole for char in "\x1b\x07\x9b\u202e\u2066\u200b\ud800")
        assert "hunter2" not in whole
        assert "secret@" not in whole
    links = atom(render_atom(poisoned)).findall(".//a:link", A)
    assert all(link.get("href").startswith(("http://", "https://")) for link in links)


@given(text=st.text(st.characters(exclude_categories=[]), max_size=40))
def test_no_character_makes_xml_that_no_parser_takes(text: str) -> None:
    from xml.etree.ElementTree import Element, tostring

    root = Element("root")
    add(root, "child", text, attribute=text)
    etree.fromstring(tostring(root, encoding="unicode").encode())


@pytest.mark.parametrize("text", ["\0", "\ud800", "\ufffe", "\uffff", "a\x0bb"])
def test_what_xml_cannot_hold_is_replaced_visibly(text: str) -> None:
    from xml.etree.ElementTree import Element

    assert "\ufffd" in (add(Element("root"), "child", text).text or "")
