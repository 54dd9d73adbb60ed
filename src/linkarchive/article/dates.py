"""The day an article was published: what its parts claim, and which of them to believe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from linkarchive.article.passage import Claim, Passage, fold
from linkarchive.text import MONTH_PATTERN, MONTHS

# Ranks of claims, best known first. Front matter (0) is what the author wrote for machines; a page's own
# metadata (1–3: html_metadata.py) beats a `time` element and a printed line, those beat htmldate's search.
IN_NAME, DATELINE, SEARCHED, IN_URL = 4, 5, 6, 7
_FIRST_PASSAGES = 40
_LONGEST_LINE = 90

_DATE = re.compile(
    rf"""
      (?P<name>{MONTH_PATTERN})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b
    | (?P<name6>{MONTH_PATTERN})\s+(?P<day6>\d{{1,2}})\s+\d\d:\d\d(?::\d\d)?\s+(?:[A-Z]{{1,5}}\s+|[+-]\d{{4}}\s+)?
      (?P<year6>\d{{4}})\b
    | (?P<day2>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?[\s/-]+(?:of\s+|de\s+|d[’'])?(?P<name2>{MONTH_PATTERN})\.?,?[\s/-]+
      (?:de\s+|del\s+)?(?P<year2>\d{{4}})\b
    | (?P<year3>\d{{4}})[-/.](?P<month3>\d{{1,2}})[-/.](?P<day3>\d{{1,2}})(?=\D|\Z)
    | (?P<day4>\d{{1,2}})[./-](?P<month4>\d{{1,2}})[./-](?P<year4>\d{{4}})\b
    | (?P<year7>\d{{4}})\s+(?P<name7>{MONTH_PATTERN})\.?\s+(?P<day7>\d{{1,2}})\b
    | (?P<year5>\d{{4}})\s*[年년]\s*(?P<month5>\d{{1,2}})\s*[月월]\s*(?P<day5>\d{{1,2}})\s*[日일]
    """,
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_BEFORE = re.compile(
    r"""[\W_]*(?:(?:first\s+|originally\s+)?(?:published|posted|pubdate|publication\s+date|date|dated|released|issued)
    (?:\s+on|\s+at)?|veröffentlicht(?:\s+am)?|datum|publié(?:\s+le)?|date\s+de\s+publication|publicado(?:\s+(?:el|em))?
    |fecha|pubblicato(?:\s+il)?|data|gepubliceerd(?:\s+op)?|опубликовано|дата|опубліковано|opublikowano
    |発行日|公開日|発布|发布于|发布时间|日期)?[\W_]*
    (?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|montag|dienstag|mittwoch|donnerstag|freitag
    |samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado
    |domingo)?[\W_]*(?:le|el|den|am)?\s*\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = re.compile(
    r"""[\s,|·•—–-]*(?:at|um|à|um|a\s+las)?\s*(?:T?\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?\s*
    (?:[A-Z]{2,4}|Z|[+-]\d{2}:?\d{2}|Uhr|г\.?)?)?[\s,|·•—–-]*(?:\d+\s+min(?:ute)?s?(?:\s+read)?)?[\s.г_*]*\Z""",
    re.IGNORECASE | re.VERBOSE,
)
# Behind a day that a word such as “Posted on” announces the line may go on with what pages set there.
_STATED = re.compile(
    r"""[\W_]*(?:this\s+(?:article|post|story|entry)\s+was\s+)?(?:first\s+|originally\s+)?
    (?:published|posted(?:\s+by\s+[^\d|]{2,40})?|publication\s+date|veröffentlicht|erstellt|publié|publicado|pubblicato
    |gepubliceerd|publicerad|udgivet|publisert|julkaistu|opublikowano|publikováno|опубликовано|опубліковано|yayınlandı
    |発行日|公開日|投稿日|発布|发布于|发布时间|發佈|게시)(?:\s+(?:on|at|am|le|el|em|il|op|den|dne))?[\W_]*
    (?:[^\W\d]{2,10}\.?,?\s+)?\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_GOES_ON = re.compile(
    r"[\s\d:,.]*(?:\Z|[|·•/(\[–—-]|(?:in|by|at|under|to|from|and\s+(?:updated|modified)|updated|last|von|um|unter|par|à|dans"
    r"|por|en|a\s+las|em|às|di|alle|door|om|av|kl|af|w|v|в|автор|автором)\b)",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s+[^\d|]{2,60}[|·•,—–-]\s*\Z", re.IGNORECASE)
_PLACE = re.compile(r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ .,/’'-]{1,40}[,(]\s*\(?\Z")
_BARE_DAY = re.compile(rf"[\W_]*(?:{_DATE.pattern})[\W_]*", _DATE.flags)
_IN_PATH = re.compile(r"(?:^|[/_])((?:19|20)\d{2})([/_-]?)(\d{2})\2(\d{2})(?=[/_. -]|\Z)")


def parse_date(text: str) -> date | None:
    """The day that a metadata value names; time and zone are dropped (it is the publisher's day that counts)."""
    match = _DATE.search(text[:200])
    if match is not None:
        return _day(match)
    if compact := re.match(r"\s*((?:19|20)\d{2})(\d{2})(\d{2})(?:T|\s|\Z)", text):
        return _valid(int(compact[1]), int(compact[2]), int(compact[3]))
    return None


def day_in_path(path: str) -> date | None:
    """The day that a path or a file name begins with or has as its folders: `2021-03-04-title.md`, `2021/03/04/`."""
    match = _IN_PATH.search(path)
    return _valid(int(match[1]), int(match[3]), int(match[4])) if match else None


def find_date(text: str, within: int) -> date | None:
    """The day that is named, in words or figures, in the first so many characters of a text; None for none."""
    match = _DATE.search(text)
    return _day(match) if match and match.start() <= within else None


def _day(match: re.Match[str]) -> date | None:
    groups = match.groupdict()
    for suffix in ("", "2", "3", "4", "5", "6", "7"):
        if groups.get("year" + suffix):
            name, month = groups.get("name" + suffix), groups.get("month" + suffix)
            day, year = int(groups["day" + suffix]), int(groups["year" + suffix])
            number = MONTHS[name.lower()] if name else int(month or 0)
            if suffix == "4" and "/" in match[0]:
                return _slashed(year, number, day)
            return _valid(year, number, day)
    return None


def _slashed(year: int, second: int, first: int) -> date | None:
    """05/12/2021 is the 5th of December or the 12th of May: no date, unless the numbers decide."""
    if first == second or first > 12:
        return _valid(year, second, first)
    return _valid(year, first, second) if second > 12 else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year <= 2100 else None
    except ValueError:
        return None


def claims(passages: Iterable[Passage], path: str, urls: Iterable[str]) -> tuple[Claim, ...]:
    """The days that the text (a line that is nothing but a date, a dateline), the name of the file and the article's
    URLs give."""
    stated_days = []
    if dateline := _dateline_of(passages):
        stated_days.append(Claim(dateline.isoformat(), "dateline", DATELINE))
    if "://" not in path and (day := day_in_path(path)):
        stated_days.append(Claim(day.isoformat(), "the name of the file", IN_NAME))
    for url in urls:
        if day := day_in_path(url.partition("://")[2]):
            stated_days.append(Claim(day.isoformat(), "the date in the URL", IN_URL))
            break
    return tuple(stated_days)


def _dateline_of(passages: Iterable[Passage]) -> date | None:
    """The first dateline. A line that is nothing but a day is none where others are other days, as in a list of changes
    or a journal."""
    datelines = list(_datelines(passages))
    if not datelines:
        return None
    day, is_bare = datelines[0]
    return None if is_bare and any(other != day for other, bare in datelines if bare) else day


def _datelines(passages: Iterable[Passage]) -> Iterator[tuple[date, bool]]:
    """Each with whether its line is nothing but the day."""
    seen = 0
    for passage in passages:
        if not passage.main or not passage.text.strip():
            continue
        seen += 1
        if seen > _FIRST_PASSAGES:
            return
        for line in passage.text[:4000].split("\n"):
            if day := _dateline(fold(line), alone=not passage.listed):
                yield day, _BARE_DAY.fullmatch(line) is not None


def _dateline(line: str, *, alone: bool) -> date | None:
    """The day of a line that states it, of a dateline, or (`alone`) of a line that is nothing else."""
    match = _DATE.search(line[: _LONGEST_LINE + 30])
    if match is None:
        return None
    before, after = line[: match.start()], line[match.end() :]
    is_short = len(line) <= _LONGEST_LINE
    if is_short and _STATED.fullmatch(before) and _GOES_ON.match(after):
        return _day(match)
    if alone and is_short and _AFTER.fullmatch(after) and (_BEFORE.fullmatch(before) or _BYLINE.fullmatch(before)):
        return _day(match)
    if _PLACE.fullmatch(before) and re.match(r"\)?\s*(?:\([^)]{2,30}\)\s*)?[—–-]", after):
        return _day(match)  # MOSCOW, May 12, 2021 (Agency) — Text
    return None


def choose(claims: Iterable[Claim]) -> tuple[date | None, tuple[str, ...]]:
    """The day by the best-known claim, and a remark for each other day that is claimed."""
    ranked = sorted(claims, key=lambda claim: claim.rank)
    days = [(day, claim.source) for claim in ranked if (day := parse_date(claim.value)) is not None]
    if not days:
        return None, ()
    day, source = days[0]
    others: dict[date, str] = {}
    for other, its_source in days[1:]:
        if other != day:
            others.setdefault(other, its_source)
    return day, tuple(f"published {day} by {source}; {name} says {other}" for other, name in others.items())
