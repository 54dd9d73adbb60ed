"""New targets for an article's links, written into its own bytes: only the targets change.

The reader is the judge of where a target is. Every place that looks like one (fix_spans.py) gets a mark, a URL of its
own, in a copy; reading the copy tells by the marks which place is the target of which citation. What is in code or in a
comment brings no mark to light and stays. Then the new targets are written and the article is read once more: it must
say exactly what was expected, and an edit after which it does not is given up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urldefrag

from linkarchive.article.document import passages_of, read_document
from linkarchive.article.fix_expected import same, says_what_it_should
from linkarchive.article.fix_file import PACKAGES, open_file
from linkarchive.article.fix_spans import Form, Span, spans_of, spelled
from linkarchive.article.fix_styles import Change, Style, beside, in_fields, in_references
from linkarchive.article.formats.spelling import SPELLINGS, written
from linkarchive.article.passage import Passage
from linkarchive.article.targets import is_meant
from linkarchive.errors import ArticleError
from linkarchive.model import Article, Citation, Place
from linkarchive.urls import source_key

EDITABLE = ("md", "html", "txt", "mdx", "quarto", *SPELLINGS)
"""The formats that can be written."""

_MOST_READINGS = 200
"""Of one article. Places that upset the reading are singled out by halving; a hostile article does not get for ever."""
_URL_SHOWN = re.compile(r"(?:(?:https?|ftp)://|www\.)\S+\Z", re.IGNORECASE)
_IN_FRAGMENT = "!$%&'()*+,/:;=?@~-"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new target for the citation of that number in the article as read."""

    citation: int
    url: str
    why: str
    original: str | None = None
    """For an archived copy: the URL of what it is a copy of."""
    day: date | None = None
    """The day of the copy."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A replacement that was not made, and why."""

    replacement: Replacement
    why: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """An article after its targets were replaced."""

    data: bytes
    text: tuple[str, str]
    """The article before and after, decoded without loss (undecodable bytes are surrogates)."""
    article: Article
    """As it is read after the edit."""
    replacements: tuple[Replacement, ...]
    """Those that were made, in the order of their citations."""
    refusals: tuple[Refusal, ...]
    """Those that were not, in the same order."""


def fix_article(
    data: bytes,
    format: str,
    path: str,
    replacements: Sequence[Replacement],
    style: Style | None = None,
    article: Article | None = None,
) -> Fixed:
    """Write these targets in place of the old ones; every other byte stays as it is.

    `article` is the article that the bytes hold, when the caller has read them already.
    `style` says how an archived copy is written; by itself robust in HTML and in templates of wikitext, else in place
    of the target. In a Robust Link `href` leads to the copy, since the original is dead for the reader, and
    `data-originalurl`, `data-versionurl` and `data-versiondate` say what it is
    (https://robustlinks.mementoweb.org/spec/, “link to the snapshot”, and its draft revision of 2025).
    Raises ArticleError for a format that cannot be edited in place, and for bytes that cannot be kept as they are.
    """
    if format not in EDITABLE:
        raise ArticleError(f"{path}: {format} cannot be edited in place; these can: {', '.join(EDITABLE)}")
    draft = _Draft(data, format, path, style, article)
    planned, refusals = _edits(draft, replacements, draft.spans_by_citation(replacements))
    edits = draft.sound(planned)
    changes = [replacement for edit in edits for replacement in edit.replacements]
    changed = {change.citation for change in changes}
    undone = (change for edit in planned for change in edit.replacements if change.citation not in changed)
    refusals += _refused(undone, "the article would not be read as expected after the change")
    edited = draft.packed(edits)
    after = draft.read(edited) if edits else draft.article
    return Fixed(
        edited,
        draft.before_and_after(edits, after),
        after,
        tuple(sorted(changes, key=lambda change: change.citation)),
        tuple(sorted(refusals, key=lambda refusal: refusal.replacement.citation)),
    )


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is written for the citations that share a target."""

    changes: tuple[Change, ...]
    replacements: tuple[Replacement, ...] = ()
    span: Span | None = None
    """The target; None when it stays, and the copy is put beside it."""


def _edits(
    draft: _Draft, replacements: Sequence[Replacement], spans: Mapping[int, Span]
) -> tuple[list[_Edit], list[Refusal]]:
    """One edit for each place, in order, and the replacements that get none. `spans` are the places by the number of
    their citation; citations that share one (a reference definition) must agree on its new target."""
    by_citation = {replacement.citation: replacement for replacement in replacements}
    citations_at: dict[int, list[int]] = {}
    for number, span in spans.items():
        citations_at.setdefault(span.start, []).append(number)
    edits: list[_Edit] = []
    refusals: list[Refusal] = []
    for numbers in citations_at.values():
        group = [by_citation[number] for number in numbers if number in by_citation]
        if group and (len(group) < len(numbers) or len({replacement.url for replacement in group}) > 1):
            refusals += _refused(group, "it shares its target with a link that needs another one")
        elif group and (edit := draft.edit(spans[numbers[0]], group)) is not None:
            edits.append(edit)
        elif group:
            refusals += _refused(group, "“(archived)” cannot be put beside it for certain")
    unplaced = [replacement for replacement in replacements if replacement.citation not in spans]
    refusals += _refused(unplaced, "its target could not be found for certain in the file")
    separate, last_end = [], 0
    for edit in sorted(edits, key=lambda edit: edit.changes[:1]):
        if edit.changes and edit.changes[0][0] < last_end:
            refusals += _refused(edit.replacements, "it stands within another link that changes")
        elif any(draft.text[start:end] != new for start, end, new in edit.changes):
            separate.append(edit)
            last_end = edit.changes[0][1]
    return separate, refusals


def _refused(replacements: Iterable[Replacement], why: str) -> list[Refusal]:
    return [Refusal(replacement, why) for replacement in replacements]


class _Draft:
    """One article being edited."""

    def __init__(self, data: bytes, format: str, path: str, style: Style | None, article: Article | None) -> None:
        self._format = format
        self._style = style
        self._path = path
        self._stem = hashlib.sha256(data).hexdigest()[:12]
        self._readings = 0
        try:
            self._file = open_file(data, format)
        except ArticleError as error:
            raise ArticleError(f"{path}: {error}") from error
        self.text = self._file.text
        self._data = data
        self.article = article or read_document(data, format, path=path)

    def read(self, data: bytes) -> Article:
        self._readings += 1
        # Read before with its old targets: the file is known to be harmless.
        return read_document(data, self._format, path=self._path, in_process=True)

    def edited(self, edits: Sequence[_Edit]) -> str:
        pieces, position = [], 0
        for start, end, new in sorted(change for edit in edits for change in edit.changes):
            pieces += [self.text[position:start], new]
            position = end
        return "".join([*pieces, self.text[position:]])

    def packed(self, edits: Sequence[_Edit]) -> bytes:
        """The file with these edits, in its own encoding and package. Raises UnicodeError when it cannot hold them."""
        return self._file.packed(self.edited(edits)) if edits else self._data

    def before_and_after(self, edits: Sequence[_Edit], after: Article) -> tuple[str, str]:
        """The two texts to show as a diff: of a package the list of its links, since its XML is one long line."""
        if self._format not in PACKAGES:
            return self.text, self.edited(edits)
        return _listed(self.article), _listed(after)

    def edit(self, span: Span, replacements: Sequence[Replacement]) -> _Edit | None:
        """The edit that makes these replacements, which agree, at one place; None when there is none in this style."""
        replacement = replacements[0]
        if replacement.original is None or self._style is Style.REPLACE:
            return self._replacing(span, replacements)
        url = self._encodable(replacement.url)
        copies = [self.article.citations[replacement.citation].snapshot for replacement in replacements]
        has_it = all(same(copy, url) for copy in copies)
        change = None
        if self._format == "wikitext" or (self._style is not None and not has_it):
            change = in_fields(self.text, span, self._format, url, replacement.day)
        if change is not None:
            return _Edit((change,), tuple(replacements))
        if self._style is Style.APPEND:
            changes = () if has_it else beside(self.text, span, self._format, url)
            return _Edit(tuple(changes), tuple(replacements)) if changes or has_it else None
        has_fields = span.form is Form.SPELT or in_references(self.text, span, self._format)
        if has_it and self._style is Style.ROBUST and has_fields:
            return _Edit((), tuple(replacements))
        return self._replacing(span, replacements)

    def _replacing(self, span: Span, replacements: Sequence[Replacement]) -> _Edit:
        return _Edit(((span.start, span.end, self._spelled(span, replacements[0])),), tuple(replacements), span)

    def _spelled(self, span: Span, replacement: Replacement) -> str:
        """What to write there; a character that the file's encoding does not have is percent-encoded."""
        url, original = self._encodable(replacement.url), replacement.original
        if span.form is Form.SPELT:
            return self._spelt(span, url)
        attributes = []
        if original is not None and self._style is not Style.REPLACE:
            attributes = [("data-originalurl", self._encodable(original)), ("data-versionurl", url)]
            attributes += [("data-versiondate", replacement.day.isoformat())] if replacement.day else []
        return spelled(span, url, attributes, markup=self._format == "html")

    def _spelt(self, span: Span, url: str) -> str:
        before = self.text[max(0, span.start - 200) : span.start]
        return written(url, self._format, self.text[span.start : span.end], before)

    def _encodable(self, url: str) -> str:
        try:
            url.encode(self._file.codec)
        except UnicodeEncodeError:
            fragment = quote(urldefrag(url).fragment, safe=_IN_FRAGMENT)
            return source_key(url) + (f"#{fragment}" if fragment else "")
        return url

    # --- where the targets are ---------------------------------------------------------

    def spans_by_citation(self, replacements: Sequence[Replacement]) -> dict[int, Span]:
        """The place of each target that is known for certain, by the number of its citation; also of the other
        citations that share it."""
        citations = [self.article.citations[replacement.citation] for replacement in replacements]
        urls = {citation.url for citation in citations if citation.url is not None}
        lost = any(citation.url is None for citation in citations)
        bare = [citation.text for citation in citations if _URL_SHOWN.match(citation.text)]
        # The front matter of Markdown may hold a list of references: its entries have a title, and a URL as data.
        bare += [citation.url for citation in citations if citation.url is not None and citation.place is Place.NOTE]
        targets = [link.target for passage in self._passages() for link in passage.links]
        spans = spans_of(self.text, self._format, bare, targets, lambda target: is_meant(target, urls, lost))
        return self._identified(spans)

    def _passages(self) -> Sequence[Passage]:
        return (
            passages_of(self._data, self._format, path=self._path, in_process=True) if self._format in SPELLINGS else ()
        )

    def _identified(self, spans: Sequence[Span]) -> dict[int, Span]:
        """The spans by the number of their citation: each is given a mark as its URL, and the article is read again.
        A span whose mark changes anything else in the article is left out."""
        if not spans or self._readings >= _MOST_READINGS:
            return {}
        marks = {f"https://{self._stem}-{number}.invalid/x": span for number, span in enumerate(spans)}
        edits = [
            _Edit(((span.start, span.end, self._marked_as(span, mark)),), span=span) for mark, span in marks.items()
        ]
        try:
            by_citation = self._by_mark(self.read(self.packed(edits)).citations, marks)
        except ArticleError:
            by_citation = None
        if by_citation is not None:
            return by_citation
        if len(spans) == 1:
            return {}
        half = len(spans) // 2
        return self._identified(spans[:half]) | self._identified(spans[half:])

    def _marked_as(self, span: Span, mark: str) -> str:
        return self._spelt(span, mark) if span.form is Form.SPELT else spelled(span, mark, (), markup=True)

    def _by_mark(self, citations: Sequence[Citation], marks: Mapping[str, Span]) -> dict[int, Span] | None:
        """The span whose mark a citation leads to, by its number; None when the marks changed anything else."""
        if len(citations) != len(self.article.citations):
            return None
        spans = {}
        for number, (old, new) in enumerate(zip(self.article.citations, citations, strict=True)):
            if new.url is not None and new.url in marks:
                spans[number] = marks[new.url]
            elif new.url != old.url:
                return None
            if new.text != old.text and self._stem not in new.text:
                return None
        return spans

    # --- whether the edits do what they should ---------------------------------------------

    def sound(self, edits: Sequence[_Edit], before: Sequence[_Edit] = ()) -> list[_Edit]:
        """The edits after which the article, with those of `before` made too, is read as expected."""
        if not edits or self._readings >= _MOST_READINGS:
            return []
        if self._says_what_it_should([*before, *edits]):
            return list(edits)
        if len(edits) == 1:
            return []
        half = len(edits) // 2
        first = self.sound(edits[:half], before)
        return first + self.sound(edits[half:], [*before, *first])

    def _says_what_it_should(self, edits: Sequence[_Edit]) -> bool:
        try:
            article = self.read(self.packed(edits))
        except (UnicodeError, ArticleError):
            return False
        pairs = [(edit.span, replacement) for edit in edits for replacement in edit.replacements]
        targets = {change.citation: (change.url, span.is_text) for span, change in pairs if span is not None}
        copies = {change.citation: change.url for span, change in pairs if span is None}
        return says_what_it_should(self.article, article, targets, copies)


def _listed(article: Article) -> str:
    return "".join(f"{citation.line}: {citation.text}: {citation.url or 'lost'}\n" for citation in article.citations)
