"""The templates of Wikipedias that cite a source, and their parameters, in the larger languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkarchive.article.formats.reference import identifier_url
from linkarchive.article.passage import fold

URLS = (
    "url", "lire en ligne", "online", "enlace", "chapter-url", "chapterurl", "contribution-url", "article-url",
    "section-url", "entry-url", "conference-url", "lien", "présentation en ligne", "ссылка", "link",
)  # fmt: skip
TITLES = (
    "title", "titel", "titre", "título", "titulo", "titolo", "tytuł", "заглавие", "название", "chapter", "article",
    "contribution", "script-title", "trans-title", "naslov", "otsikko", "rubrik", "tittel", "cím", "název", "标题",
    "タイトル",
)  # fmt: skip
ACCESSED = (
    "access-date", "accessdate", "accessed", "zugriff", "abruf", "consulté le", "consulté", "fechaacceso",
    "accesso", "bezochtdatum", "data dostępu", "acessodata", "acesso-data", "accessdato", "besøgsdato", "hämtdatum",
    "läst", "viitattu", "přístup", "datum přístupu", "elérés", "дата обращения", "consulta",
)  # fmt: skip
ARCHIVES = (
    "archive-url", "archiveurl", "archiv-url", "archiveurl1", "urlarchivo", "urlarchivio", "archiefurl", "archiwum",
    "arquivourl", "wayurl", "arkivurl", "archive url", "urlarxiu", "archiv",
)  # fmt: skip
_AUTHORS = (
    "last", "last1", "author", "author1", "autor", "auteur", "auteur1", "nom1", "apellidos", "cognome", "autore",
    "ultimo", "editor", "editor-last", "nazwisko", "автор", "nachname",
)  # fmt: skip
_FIRST_NAMES = ("first", "first1", "prénom1", "nombre", "nome", "imię", "vorname", "primeiro")
_PLACES = (
    "work", "website", "newspaper", "journal", "magazine", "publisher", "periódico", "werk", "hrsg", "site",
    "série", "revista", "sito", "editore", "czasopismo", "obra", "издание", "sammelwerk", "périodique",
)  # fmt: skip
_DAYS = ("date", "datum", "fecha", "data", "en ligne le", "jahr", "année", "year", "дата", "anno", "año")
_IDENTIFIERS = ("doi", "arxiv", "eprint", "pmid", "hdl", "jstor")
SHORT_NOTES = frozenset({"sfn", "sfnp", "harvnb", "harv", "harvtxt", "harvcol", "sfnref", "sfnm"})
_NAME = re.compile(
    r"(?:cite[ _-]?\w*|citation|cita[ _]\w+|citar[ _]\w+|citeer[ _]\w+|cytuj.*|lien[ _]web|ouvrage|article|chapitre"
    r"|internetquelle|literatur|webbref|verkkoviite|kilde[ _]\w+|citace[ _]\w+|cite|ref-web|ref-notícia|публикация"
    r"|статья|книга|cytat|bokref|tidningsref|cit[ _]web|navedi[ _]\w+|cita|vcite\d? ?\w*|harvard citation)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CiteTemplate:
    """What a citation template says."""

    title: str
    before: str
    """The authors."""
    targets: tuple[tuple[str, str], ...]
    """(as written, URL) of the source and its identifiers."""
    after: tuple[str, ...]
    accessed: str
    snapshot: str | None
    short_label: str
    """What {{sfn|Writer|1988}} names it by; "" without author and year."""


def name_of(written: str) -> str:
    """A template's name as it is compared: without its name space, case and the kind of its blanks."""
    return (
        re.sub(r"[\s_]+", " ", re.sub(r"<!--.*?-->", "", written, flags=re.S)).strip().removeprefix("Template:").lower()
    )


def short_label(words: Sequence[str]) -> str:
    return "CITEREF" + "".join(fold(word).replace(" ", "") for word in words)


def read(name: str, parameters: Mapping[str, Any]) -> CiteTemplate | None:
    """The citation that a template makes; None when it makes none."""
    values = {key.lower(): text for key, value in parameters.items() if (text := _text(value))}
    is_citation = _NAME.match(name) is not None
    if not is_citation and not ("url" in values and any(key in values for key in ("title", *ACCESSED))):
        return None

    def first(names: Sequence[str]) -> str:
        return next((values[key] for key in names if key in values), "")

    targets: list[tuple[str, str]] = []
    for key in (key for key in URLS if key.lower() in values):
        written = values[key.lower()].strip()
        if url := _url(written):
            targets.append((written, url))
    for kind in _IDENTIFIERS:
        if kind in values and (address := identifier_url("arxiv" if kind == "eprint" else kind, values[kind])):
            targets.append((values[kind], address))
    copies = [values[key] for key in ARCHIVES if key in values and _url(values[key])]
    if not targets and copies:
        targets, copies = [(copies[0], copies[0])], []
    year = re.search(r"\d{4}[a-z]?", first(("year", *_DAYS)))
    lasts = [values[key] for key in ("last", "last1", "last2", "last3", "last4", "author", "author1") if key in values]
    return CiteTemplate(
        title=first(TITLES),
        before=", ".join(filter(None, (first(_AUTHORS), first(_FIRST_NAMES)))),
        targets=tuple(dict.fromkeys(targets)),
        after=tuple(filter(None, (first(_PLACES), first(_DAYS), first(("quote", "zitat", "cita", "citation"))))),
        accessed=first(ACCESSED),
        snapshot=copies[0] if copies else None,
        short_label=short_label([*lasts, year[0]]) if lasts and year else "",
    )


def _url(written: str) -> str:
    if re.match(r"(?:https?|ftp)://\S+\Z", written, re.I):
        return written
    if re.match(r"//[\w.-]+/?\S*\Z", written):
        return f"https:{written}"
    return f"http://{written}" if re.match(r"www\.\S+\Z", written, re.I) else ""


def _text(value: Any) -> str:
    written = str(value)
    if re.match(r"\s*(?:https?:)?//", written):  # strip_code would take a URL apart
        return re.sub(r"<!--.*?-->", "", written, flags=re.S).strip()
    try:
        return fold(value.strip_code(normalize=True, collapse=True))
    except (ValueError, OverflowError):  # an entity that is no character
        return fold(written)
