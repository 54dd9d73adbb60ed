"""The report for a terminal: one line a finding, grouped by cause and host; the summary and what to do next stand last,
where a reader of a terminal looks. `verbose` tells each finding whole: the sentence, the evidence, the copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from linkarchive.model import Change, Report, Result, SourceReport, Standing, Unresolved, Verdict
from linkarchive.report import phrases, rows
from linkarchive.report.lines import ascii_only
from linkarchive.report.sanitize import sanitize
from linkarchive.report.sections import Group, Sections, day_of, divide
from linkarchive.report.suggestions import Suggestion, suggestions, suggestions_unresolved
from linkarchive.report.summary import summary
from linkarchive.report.table import STYLE, Table
from linkarchive.translation import N_, gettext


def render_terminal(
    report: Report,
    *,
    width: int,
    color: bool,
    verbose: bool = False,
    quiet: bool = False,
    unicode: bool = True,
    shorten: bool = False,
    place: str = "",
) -> str:
    """The report as lines of at most `width` cells, except for addresses and commands, which stay whole.

    `quiet` gives only what changed since the last run, "" when nothing did; `verbose` tells each finding whole and
    lists what is fine; `shorten` cuts addresses to the line (on a screen, where the number names the finding);
    `place` is where the HTML report is; `unicode=False` keeps to ASCII.
    """
    sections = divide(report, only_changed=quiet, whole=verbose)
    if quiet and sections.empty:
        return ""
    alone = report.articles[0].path if shorten and len(report.articles) == 1 else ""
    page = _Page(width, color, verbose, shorten, sections.numbers, sanitize(alone))
    _body(page, sections, day_of(report))
    if not quiet:
        _rest(page, report, sections)
    page.blank()
    for text in () if quiet else (*report.notices, *report.malformed):
        page.say(sanitize(text), style="yellow", bullet="! ")
    page.say(summary(report), style="bold")
    if not quiet:
        _next(page, report, sections, place)
    text = page.text
    return text if unicode else ascii_only(text)


def _body(page: _Page, sections: Sections, now: datetime) -> None:
    page.findings(gettext("New"), sections.news, now)
    page.findings(gettext("Still open"), sections.standing, now)
    page.heading(gettext("Recovered"), sections.recovered.total)
    page.rows([rows.of_recovered(source, page.alone) for source in sections.recovered.shown])
    page.more(sections.recovered)
    page.findings(gettext("Could not be seen (says nothing about the pages)"), sections.unseen, now)
    page.heading(gettext("Lost links not found again"), len(sections.unresolved))
    if page.verbose:
        for lost in sections.unresolved:
            page.unresolved(lost)
    else:
        page.rows([rows.of_lost(lost, page.alone) for lost in sections.unresolved])


def _rest(page: _Page, report: Report, sections: Sections) -> None:
    page.heading(gettext("Articles whose original page needs a look"), len(sections.originals))
    for article in sections.originals:
        if article.original is not None:
            page.label(article.original.verdict, f"{article.path}: {phrases.original(article)}")
            page.address(article.original_url)
            page.evidence(article.original.evidence if page.verbose else ())
    page.heading(gettext("In links.txt, but no longer in an article"), len(report.uncited))
    for url in report.uncited:
        page.address(sanitize(url))
    for title, group in (
        (gettext("Ignored"), sections.ignored),
        (gettext("Accepted, or to be replaced"), sections.decided),
    ):
        page.heading(title, group.total)
        page.rows([rows.of_decided(source, page.alone) for source in group.shown])
        page.more(group)
    for title, group in (
        ((gettext("Fine"), sections.fine), (gettext("Skipped"), sections.skipped)) if page.verbose else ()
    ):
        page.heading(title, group.total)
        page.rows([rows.of_quiet(source, page.alone) for source in group.shown])
        page.more(group)


def _next(page: _Page, report: Report, sections: Sections, place: str) -> None:
    """What to do now, where the whole report is, and which run it was."""
    counts = report.summary
    findings = [*sections.news.shown, *sections.standing.shown]
    replaceable = [
        source
        for source in findings
        if source.result.verdict is not Verdict.DRIFTED and any(step.url for step in suggestions(source))
    ]
    replaceable += (source for source in sections.decided.shown if source.kind.standing is Standing.REPLACED)
    articles = dict.fromkeys(citation.article for source in replaceable for citation in source.result.citations)
    if replaceable:
        names = next(iter(articles)) if len(articles) == 1 else "ARTICLE…"
        links = phrases.count(len(replaceable), "link")
        page.say(gettext("archive fix {names}: has a new target for {links}", names=names, links=links), bullet="→ ")
    if findings:
        page.say(gettext("archive show, open, diff, accept and ignore take the number of a finding"), bullet="→ ")
        page.say(gettext("archive serve: all findings in your browser, with buttons"), bullet="→ ")
    elif counts["uncompared"] and counts["uncompared"] == counts["ok"]:
        kept = gettext("A copy of each page is kept now, and links.txt lists what is under watch.")
        later = gettext("Later, archive check tells what changed; archive schedule has cron run it.")
        page.say(kept, bullet="→ ")
        page.say(later, bullet="→ ")
    if sections.unresolved:
        page.say(
            gettext(
                "The URL of a lost link goes in place of its “?” in links.txt, or is found in a saved copy of the "
                "page: archive recover ARTICLE --original FILE"
            ),
            bullet="→ ",
        )
    if place:
        page.labelled("→ " + gettext("The report to read and to send:"), place)
    text = gettext("Run {id}.", id=sanitize(report.run.id))
    if counts["skipped"]:
        why = N_("{skipped:,} skipped; archive report -v says why.")
        skipped = N_("{skipped:,} skipped.") if page.verbose else why
        text = gettext(skipped, skipped=counts["skipped"]) + f" {text}"
    page.say(text, style="dim")


class _Page(Table):
    """The lines of a report."""

    def __init__(
        self, width: int, color: bool, verbose: bool, shorten: bool, numbers: Mapping[str, int], alone: str
    ) -> None:
        super().__init__(width, color, shorten)
        self.alone = alone
        """The only article, which rows need not name."""
        self.verbose = verbose
        self._numbers = numbers

    def findings(self, title: str, group: Group, now: datetime) -> None:
        self.heading(title, group.total)
        if self.verbose:
            for source in group.shown:
                self.finding(source, now)
        else:
            self.rows(
                [rows.of_finding(source, self._numbers.get(source.result.url), self.alone) for source in group.shown]
            )
        self.more(group)

    def label(self, verdict: Verdict, text: str, number: int | None = None) -> None:
        self.blank()
        name = f"#{number} " if number else ""
        bullet = f"{name}{phrases.ICON[verdict]} {phrases.word(verdict).upper()}  "
        self.say(text, bullet=bullet, bullet_style=STYLE[verdict])

    def more(self, group: Group) -> None:
        """What to say where not all of a section is shown."""
        if group.total > len(group.shown):
            self.blank()
            self.say(phrases.more(len(group.shown), group.total), style="dim")

    def finding(self, source: SourceReport, now: datetime) -> None:
        """All that is known of a finding, in sentences."""
        result = source.result
        self.label(result.verdict, phrases.meaning_of(source), self._numbers.get(result.url))
        self.address(result.url)
        self.citations(result)
        self.say(f"{phrases.since(source, now)} {phrases.certainty(result)}", indent=2, style="dim")
        if source.earlier:
            self.say(phrases.last_visit(source), indent=2, style="dim")
        for text in (phrases.compared(result), phrases.losses(result.lost)):
            if text:
                self.say(text, indent=2)
        self.evidence(result.evidence)
        for also in result.also:
            self.say(gettext("Also: {also}", also=phrases.further(also)), indent=4)
        self._copies(result)
        if result.archive_note:
            self.say(result.archive_note, indent=2)
        self.steps(suggestions(source))

    def citations(self, result: Result) -> None:
        for citation in result.citations:
            apart = f" [{phrases.word(citation.verdict)}]" if citation.verdict is not result.verdict else ""
            self.say(f"{phrases.place(citation)}  {phrases.cited(citation)}{apart}", indent=2)
            for text in (phrases.recovered_link(citation), phrases.acceptance(citation)):
                if text:
                    self.say(text, indent=4, style="dim")

    def unresolved(self, lost: Unresolved) -> None:
        new = gettext(", new") if lost.changed is Change.NEW else ""
        self.label(Verdict.UNRESOLVED, f"{phrases.place(lost)}  {phrases.cited(lost)}{new}")
        self.say(phrases.meaning(Verdict.UNRESOLVED, lost.reason), indent=2)
        self.steps(suggestions_unresolved(lost))

    def evidence(self, evidence: Iterable[str]) -> None:
        for text in evidence:
            self.say(text, indent=4, bullet="• ")

    def steps(self, suggested: Iterable[Suggestion]) -> None:
        for step in suggested:
            target = step.url or step.command
            self.say(f"{step.text}:" if target else step.text, indent=2, bullet="→ ", bullet_style="green")
            self.address(target, indent=4, style="underline" if step.url else "bold")

    def _copies(self, result: Result) -> None:
        for hop in result.hops:
            self.say(gettext("{status} redirects from", status=hop.status), indent=4, style="dim")
            self.address(hop.url, indent=4, style="dim")
        for text in _stored(result):
            self.say(text, indent=4, style="dim")


def _stored(result: Result) -> Iterator[str]:
    if result.capture:
        capture = result.capture
        yield gettext(
            "Our copy: {warc} at byte {offset}, {length} bytes",
            warc=capture.warc,
            offset=capture.offset,
            length=capture.length,
        )
    if result.last_good:
        good = result.last_good
        yield gettext(
            "Last good copy: {time}, {warc} at byte {offset}",
            time=phrases.day(good.time),
            warc=good.warc,
            offset=good.offset,
        )
