"""A page as the judge reads it: decoded, its title and headings, its visible text, its main text."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from linkarchive.judge import documents, rules, words
from linkarchive.judge.fast_text import PLENTY, Paragraphs, Texts
from linkarchive.judge.fast_text import prose as find_prose
from linkarchive.judge.fast_text import substance as substance_of
from linkarchive.judge.fast_text import texts as find_texts
from linkarchive.judge.main_text import main_text
from linkarchive.judge.markup import is_hidden, with_visible_boxes
from linkarchive.judge.rules import normal
from linkarchive.judge.site_frame import own_lines
from linkarchive.model import Page
from linkarchive.text import DOCX, HTML_TYPES, PDF, decode, is_text, media_type

MAX_HTML = 2_000_000
"""Characters of HTML that are parsed."""
MAX_DEPTH = 500
"""Nesting up to which a main text is looked for: extraction is quadratic in the depth. Browsers stop at 512 (Blink)."""
MAX_VISIBLE = 1_000_000
MAX_BLOCKS = 5_000
_MAX_LINKS = 3_000

_DEEP = " > ".join(["*"] * MAX_DEPTH)
_SPACE = re.compile(r"[^\S\n]+")
_TITLE_END = re.compile(rb"</title\s*>", re.I)
_LINE = 15
"""Words of a line that is a paragraph."""


class ParsedPage:
    """One page, read lazily: each part is computed when first asked for, and once."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @cached_property
    def kind(self) -> str:
        """html, text, pdf, docx, or bytes for what has no text that we read."""
        kind = media_type(self.page.body, self.page.headers.get("content-type", ""))
        if kind in HTML_TYPES:
            return "html"
        return "text" if is_text(kind) else {PDF: "pdf", DOCX: "docx"}.get(kind, "bytes")

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.page.body).hexdigest()

    @cached_property
    def source(self) -> str:
        """The decoded text of an HTML or text page, cut at MAX_HTML characters."""
        content_type = self.page.headers.get("content-type", "")
        return decode(self.page.body[: MAX_HTML * 4], content_type, markup=self.kind == "html")[:MAX_HTML]

    @cached_property
    def markup(self) -> str:
        """The source as the text extractors get it."""
        return with_visible_boxes(self.source)

    @cached_property
    def source_normal(self) -> str:
        """The source in lower case, for markers."""
        return self.source.lower()

    @cached_property
    def tags(self) -> int:
        return self.source.count("<")

    @cached_property
    def is_deep(self) -> bool:
        """An element with MAX_DEPTH ancestors is there; asked of the parsed tree, since tags can be left open."""
        return self.tags > MAX_DEPTH and self._parsed.document.query_selector(_DEEP) is not None

    @cached_property
    def _parsed(self) -> Any:
        from resiliparse.parse.html import HTMLTree

        return HTMLTree.parse(self.markup if self.kind == "html" else "")

    @cached_property
    def _tree(self) -> Any:
        """The parsed page; an empty one for what is no HTML, or too deep to be walked."""
        from resiliparse.parse.html import HTMLTree

        return HTMLTree.parse("") if self.is_deep else self._parsed

    @cached_property
    def title(self) -> str:
        return " ".join((self._parsed_to_title.title or self._parsed.title or "").split())[:500]

    @property
    def _parsed_to_title(self) -> Any:
        """The page as parsed; where nothing else was asked for, up to the end of what looks like its title: a parser
        reads from the front, so that a title that is found there is that of the whole page."""
        body, is_asked = self.page.body, "_parsed" not in self.__dict__ and self.kind == "html"
        if not is_asked or (end := _TITLE_END.search(body, 0, MAX_HTML)) is None:
            return self._parsed
        from resiliparse.parse.html import HTMLTree

        content_type = self.page.headers.get("content-type", "")
        return HTMLTree.parse(decode(body, content_type, markup=True, end=end.end()))

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The title, then the first h1 and h2."""
        shown = (heading for heading in self.elements("h1, h2")[:8] if not is_hidden(heading))
        return tuple(text for text in (self.title, *(" ".join((h.text or "").split())[:300] for h in shown)) if text)

    @cached_property
    def first_heading(self) -> str:
        heading = next((h for h in self.elements("h1")[:4] if not is_hidden(h)), None)
        return " ".join((heading.text or "").split())[:300] if heading is not None else ""

    def notices(self) -> Iterator[str]:
        """Title, headings and, last since it takes an extraction, the first line of the text when it is a short one."""
        yield from self.headings
        hidden = {" ".join((h.text or "").split()) for h in self.elements("h1, h2, h3")[:8] if is_hidden(h)}
        yield from (line for line in self.main[:1] if len(line.split()) <= 12 and line not in hidden)

    @cached_property
    def visible(self) -> str:
        """All text that a browser would show, navigation included; lines are blocks."""
        if self.kind == "html":
            from resiliparse.extract.html2text import extract_plain_text

            text = extract_plain_text(self._parsed, list_bullets=False, alt_texts=False)
            return str(text)[:MAX_VISIBLE]
        return self._document_text or ""

    @cached_property
    def lines(self) -> frozenset[str]:
        """The lines of the visible text."""
        return frozenset(map(str.strip, self.visible.split("\n")))

    @cached_property
    def own_lines(self) -> tuple[str, ...]:
        """The visible lines that are no links, outside the frame of the site: what the page says itself."""
        return own_lines(self) if self.kind == "html" else tuple(filter(None, self.visible.split("\n")))

    def visible_without(self, selectors: list[str]) -> str:
        from resiliparse.extract.html2text import extract_plain_text

        text = extract_plain_text(self._parsed, list_bullets=False, alt_texts=False, skip_elements=selectors)
        return str(text)[:MAX_VISIBLE]

    @cached_property
    def own_size(self) -> int:
        """Words of the own lines, as many as a language with spaces would have."""
        return sum(words.size(words.tokens(line)) for line in self.own_lines)

    @cached_property
    def line_contents(self) -> frozenset[str]:
        """What the short lines, their cells, and two such lines in a row say, in any order and spacing."""
        return frozenset(words.contents(self.visible.split("\n")))

    @cached_property
    def masked_lines(self) -> frozenset[str]:
        """The lines with numbers, their numbers made one."""
        return frozenset(words.masked(line) for line in self.lines if words.has_number(line))

    @cached_property
    def rough_lines(self) -> tuple[str, ...]:
        """The lines of the cheap first look at the main text."""
        return tuple(line for line in map(str.strip, self.quick.split("\n")) if line)

    def is_linked(self, line: str, phrase: str) -> bool:
        """This line's phrase (both normalised) stands in a link, a navigation or a lower heading: another's words."""
        texts = (normal(element.text or "") for element in self.elements("a, nav, h2, h3, h4, h5, h6")[:_MAX_LINKS])
        return any(phrase in text and (text in line or line in text) for text in texts)

    @cached_property
    def _document_text(self) -> str | None:
        if self.kind == "pdf":
            return documents.pdf_text(self.page.body)
        if self.kind == "docx":
            return documents.docx_text(self.page.body)
        return self.source[:MAX_VISIBLE] if self.kind == "text" else None

    @cached_property
    def has_text(self) -> bool:
        return self.kind in ("html", "text") or self._document_text is not None

    @cached_property
    def quick(self) -> str:
        """The cheap first look at the main text (resiliparse)."""
        if self.kind != "html" or self.is_deep:
            return self.visible
        from resiliparse.extract.html2text import extract_plain_text

        text = extract_plain_text(self._tree, main_content=True, list_bullets=False, alt_texts=False)
        return str(text)[:MAX_VISIBLE]

    @cached_property
    def main(self) -> tuple[str, ...]:
        """The blocks (paragraphs, headings, list items) of the main text."""
        text = main_text(self) if self.kind == "html" else self.visible
        lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
        return tuple(line for line in lines if line)[:MAX_BLOCKS]

    @cached_property
    def lower(self) -> bytes:
        """The source of an HTML page, its ASCII letters in lower case."""
        return self.page.body.lower() if self.kind == "html" else b""

    @cached_property
    def prose(self) -> Paragraphs:
        """Long paragraphs of an HTML page, found without a parser."""
        return find_prose(self.lower)

    @cached_property
    def texts(self) -> Texts:
        """The pieces of text of an HTML page, found without a parser."""
        return find_texts(self.lower)

    @cached_property
    def long_lines(self) -> tuple[str, ...]:
        """The lines of the first look at the main text that are paragraphs."""
        return tuple(line for line in self.rough_lines if words.rough_size(line) >= _LINE)

    @cached_property
    def has_plenty(self) -> bool:
        """It is plainly there: twice the text that a wall or an error page may have, and no heading names one. That is
        known without extraction, and mostly without a parse."""
        if not self.has_text:
            return False
        if self.prose.words >= PLENTY:
            headings = (html.unescape(heading.decode("utf-8", "replace")) for heading in self.prose.headings)
            if not any(map(rules.may_tell, headings)):
                return True
        elif sum(map(words.rough_size, self.long_lines)) < PLENTY:
            return False
        return not rules.tells_of_wall(self.headings)

    @cached_property
    def substance(self) -> bytes:
        """What a fingerprint is taken of: the paragraphs without dates; the main text's words where they are few."""
        if self.prose.words >= PLENTY:
            return b"paragraphs " + substance_of(self.prose.paragraphs)
        if sum(map(words.rough_size, self.long_lines)) >= PLENTY:
            return b"lines " + substance_of(line.lower().encode("utf-8", "replace") for line in self.long_lines)
        return " ".join(self.words).encode("utf-8", "replace")

    @property
    def is_parsed(self) -> bool:
        """The visible text was asked for; a glance does without."""
        return "visible" in self.__dict__

    @property
    def is_extracted(self) -> bool:
        """The main text was asked for; a first look does without."""
        return "main" in self.__dict__

    @cached_property
    def words(self) -> list[str]:
        """The words of the main text that count as substance."""
        return words.substance("\n".join(self.main))

    @cached_property
    def visible_words(self) -> list[str]:
        return words.substance(self.visible)

    @cached_property
    def size(self) -> int:
        """Words of the main text, as many as a language with spaces would have."""
        return words.size(self.words) if words.is_unspaced(self.visible) else len(self.words)

    @cached_property
    def visible_size(self) -> int:
        """Words of the visible text, likewise."""
        return words.size(self.visible_words) if words.is_unspaced(self.visible) else len(self.visible_words)

    @cached_property
    def shingles(self) -> set[int]:
        return words.shingles(self.words)

    @cached_property
    def visible_shingles(self) -> set[int]:
        return words.shingles(self.visible_words)

    @cached_property
    def visible_normal(self) -> str:
        return normal(self.visible)

    @cached_property
    def said(self) -> str:
        """Every word that the page says (title and visible text) between single spaces, dates included."""
        return f" {' '.join(words.tokens(f'{self.title} {self.visible}'))} "

    @cached_property
    def said_unspaced(self) -> str:
        """The same without spaces, for words that are split or run together by their markup."""
        return self.said.replace(" ", "")

    def elements(self, selector: str) -> list[Any]:
        """The elements that a CSS selector finds, in order."""
        # A slice: to step through resiliparse's list takes time in the square of its length.
        return list(self._tree.document.query_selector_all(selector)[:])

    def has(self, selector: str) -> bool:
        return self._tree.document.query_selector(selector) is not None

    def has_anchor(self, name: str) -> bool:
        """An element with this id, or the older <a name>."""
        by_id = self._tree.document.get_element_by_id(name)
        return by_id is not None or any(a.getattr("name") == name for a in self.elements("a[name]"))


class ParsedPages:
    """The pages that were read already, by content, so that the same page is not read for each of its citations: kept
    for as long as the pages are at hand, not for a whole run."""

    def __init__(self) -> None:
        self._known: list[tuple[tuple[str, bytes], ParsedPage]] = []  # a hash of a body takes longer

    def read(self, page: Page) -> ParsedPage:
        key = (page.headers.get("content-type", ""), page.body)
        for known, reading in self._known:
            if known == key:
                return reading
        self._known.append((key, ParsedPage(page)))
        return self._known[-1][1]
