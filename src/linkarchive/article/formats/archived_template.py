"""An archived copy in a citation template of wikitext: beside the URL, as the template has parameters for it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from linkarchive.article.formats import cite_templates

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_MONTH = "|".join(_MONTHS)
_LANGUAGES = (
    (re.compile(r"internetquelle|literatur"), ("archiv-url", "archiv-datum", "offline", "1")),
    (re.compile(r"cita (?:web|noticia|libro|publicación)"), ("urlarchivo", "fechaarchivo", "", "")),
    (re.compile(r"citeer"), ("archiefurl", "archiefdatum", "dodeurl", "ja")),
    (re.compile(r"cytuj"), ("archiwum", "zarchiwizowano", "", "")),
    (re.compile(r"citar"), ("arquivourl", "arquivodata", "urlmorta", "sim")),
    (re.compile(r"lien web|ouvrage|article\Z|chapitre"), ("archive-url", "archive-date", "", "")),
)
_ENGLISH = ("archive-url", "archive-date", "url-status", "dead")


def with_copy(text: str, position: int, url: str, copy: str, day: date | None) -> tuple[int, int, str] | None:
    """The innermost template around a position, as (start, end, its new text) with the copy of `url` in it. None where
    no template cites the URL there."""
    import mwparserfromhell

    best: tuple[int, int] | None = None
    for template in mwparserfromhell.parse(text).filter_templates(recursive=True):
        written = str(template)
        start = text.find(written, max(0, position - len(written)))
        while 0 <= start <= position:
            end = start + len(written)
            if position < end and (best is None or end - start < best[1] - best[0]):
                best = (start, end)
            start = text.find(written, start + 1)
    if best is None:
        return None
    cited: Any = mwparserfromhell.parse(text[best[0] : best[1]]).nodes[0]
    if not any(url in str(parameter.value) for parameter in cited.params):
        return None
    name = cite_templates.name_of(str(cited.name))
    if cite_templates.read(name, {str(item.name).strip(): item.value for item in cited.params}) is None:
        return None
    return (*best, _with(cited, name, text, copy, day))


def _with(template: Any, name: str, text: str, copy: str, day: date | None) -> str:
    """The template's text with the parameters that it lacks, spaced as its last one is; every other byte stays."""
    url_name, day_name, status_name, status = next(
        (names for known, names in _LANGUAGES if known.match(name)), _ENGLISH
    )
    known = {str(parameter.name).strip().lower(): parameter for parameter in template.params}
    added: list[tuple[str, str]] = []
    if not known.keys() & set(cite_templates.ARCHIVES):
        added.append((url_name, copy))
        if day is not None:
            added.append((day_name, _written_as(day, template, text)))
    for old_name, dead in (("url-status", "dead"), ("dead-url", "yes"), ("deadurl", "yes"), (status_name, status)):
        if old_name in known:
            written = str(known[old_name].value)
            known[old_name].value = written.replace(written.strip(), dead) if written.strip() else f"{written}{dead}"
            break
    else:
        added += [(status_name, status)] if status_name else []
    before, after = _blanks(template.params)
    inner = str(template)[:-2]
    kept = inner.rstrip()
    new = "".join(f"{before[0]}|{before[1]}{key}{after[0]}={after[1]}{value}" for key, value in added)
    return f"{kept}{new}{inner[len(kept) :]}}}}}"


def _blanks(parameters: Any) -> tuple[tuple[str, str], tuple[str, str]]:
    """The white space around the bar and around the sign of the last parameter."""
    last = parameters[-1]
    name, value = str(last.name), str(last.value)
    previous = str(parameters[-2].value) if len(parameters) > 1 else ""
    around_bar = (previous[len(previous.rstrip()) :], name[: len(name) - len(name.lstrip())])
    if not last.showkey:
        return (" ", ""), ("", "")
    return around_bar, (name[len(name.rstrip()) :], value[: len(value) - len(value.lstrip())])


def _written_as(day: date, template: Any, text: str) -> str:
    """The day in the style of the template's other days, else of the article, else as ISO 8601 has it."""
    beside = " ".join(str(parameter.value) for parameter in template.params if "date" in str(parameter.name).lower())
    month = _MONTHS[day.month - 1]
    if re.search(rf"\b\d{{1,2}} (?:{_MONTH}) \d{{4}}", beside) if beside else re.search(r"\{\{use dmy", text, re.I):
        return f"{day.day} {month} {day.year}"
    if re.search(rf"\b(?:{_MONTH}) \d{{1,2}}, \d{{4}}", beside) if beside else re.search(r"\{\{use mdy", text, re.I):
        return f"{month} {day.day}, {day.year}"
    return day.isoformat()
