"""PDF: link annotations with the text under them, and bare URLs, also those broken at the end of a line."""

from __future__ import annotations

import io
import re
from itertools import accumulate
from typing import Any, NamedTuple

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.passage import Claim, Link, ParsedDocument, Passage, fold
from linkarchive.errors import ArticleError

MAX_PAGES = 2000
_MAX_ANNOTATIONS = 50_000

# A URL that ends so at the end of a line goes on in the next one.
_BROKEN_AFTER = re.compile(r"[-_=&?%+~]\Z")
_BEGINS_BROKEN = re.compile(r"[/?&=._%#~-][A-Za-z0-9%]")
# The next word looks like more of a URL: a slash, a query, a file's suffix, digits joined by hyphens.
_LIKE_URL = re.compile(
    r"[A-Za-z0-9%._~-]*(?:/|[=&#?][A-Za-z0-9]|-[A-Za-z0-9-]*\d|\.(?:html?|pdf|php|aspx?|jsp|shtml)\b)"
)
_FIRST_WORD = re.compile(r"\s*(\S+)")


class _Fragment(NamedTuple):
    """A piece of text with the left end of its baseline, in points."""

    text: str
    x: float
    y: float
    ends: tuple[float, ...]
    """Where each character ends, in points from `x`."""


class _Box(NamedTuple):
    target: str
    x0: float
    y0: float
    x1: float
    y1: float


def read_pdf(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """Raises ArticleError for an encrypted file, and what pypdf raises for a damaged one (the sandbox reports it)."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleError("the PDF is encrypted")
    passages: list[Passage] = []
    line = 1
    pages = len(reader.pages)
    for page in reader.pages[:MAX_PAGES]:
        passage = _read_page(page, line)
        line += passage.text.count("\n") + 1
        passages.append(passage)
    information: Any = reader.metadata or {}
    remarks = (f"only the first {MAX_PAGES} of {pages} pages were read",) if pages > MAX_PAGES else ()
    return ParsedDocument(
        title=_clean(fold(str(information.get("/Title") or ""))) or _first_line(passages),
        passages=tuple(passages),
        origins=_origins(information),
        remarks=remarks,
    )


def _origins(information: Any) -> tuple[Claim, ...]:
    """Browsers and press tools note the address in the document information."""
    keys = ("/URL", "/Source", "/SourceURL", "/Subject")
    values = ((key, str(information.get(key) or "")) for key in keys)
    return tuple(
        Claim(value, f"PDF information {key}", 3) for key, value in values if value.startswith(("http://", "https://"))
    )


def _first_line(passages: list[Passage]) -> str:
    first = passages[0].text.strip().split("\n", 1)[0] if passages else ""
    return first if len(first) <= 200 else ""


def _read_page(page: Any, first_line: int) -> Passage:
    fragments: list[_Fragment] = []

    def visit(text: str, user_matrix: Any, text_matrix: Any, font: Any, size: Any) -> None:
        if text.strip():
            x = text_matrix[4] * user_matrix[0] + text_matrix[5] * user_matrix[2] + user_matrix[4]
            y = text_matrix[4] * user_matrix[1] + text_matrix[5] * user_matrix[3] + user_matrix[5]
            scale = abs(text_matrix[0] * user_matrix[0]) or 1.0
            em = float(size) * scale / 1000
            ends = tuple(accumulate(width * em for width in _widths(text.strip("\n"), font)))
            fragments.append(_Fragment(text.strip("\n"), float(x), float(y), ends))

    text = _clean(page.extract_text(visitor_text=visit))
    text = "\n".join(fold(line) for line in text.split("\n"))
    links: list[Link] = []
    cursor = 0
    for target, shown in _merge(_boxes(page), fragments):
        start, end = _locate(text, shown, cursor)
        cursor = max(cursor, start)
        links.append(Link(target, first_line + text.count("\n", 0, start), start, end))
    links.extend(_bare_links(text, first_line, links))
    return Passage(first_line, text, tuple(links))


def _clean(text: str) -> str:
    """Without lone surrogates, which broken font tables give and JSON cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").replace("\r", "\n")


def _boxes(page: Any) -> list[_Box]:
    found = []
    annotations = page.get("/Annots")
    for reference in list(annotations.get_object() if annotations is not None else ())[:_MAX_ANNOTATIONS]:
        annotation: Any = reference.get_object()
        if not hasattr(annotation, "get") or annotation.get("/Subtype") != "/Link":
            continue
        action: Any = annotation.get("/A")
        action = action.get_object() if action is not None else None
        if not hasattr(action, "get") or action.get("/S") != "/URI":
            continue  # a jump within the document
        target = action.get("/URI")
        target = target.decode("utf-8", "replace") if isinstance(target, bytes) else str(target or "")
        corners = [float(number) for number in annotation.get("/Rect", ())]
        if len(corners) == 4:
            x0, x1 = sorted((corners[0], corners[2]))
            y0, y1 = sorted((corners[1], corners[3]))
            found.append(_Box(_clean(target), x0, y0, x1, y1))
    return found


def _merge(boxes: list[_Box], fragments: list[_Fragment]) -> list[tuple[str, str]]:
    """(target, text under the box) of each link; the boxes of a link that runs over lines are one link."""
    merged: list[tuple[str, str]] = []
    before: _Box | None = None
    for box in boxes:
        shown = _under(box, fragments)
        height = max(box.y1 - box.y0, 1.0)
        if (
            before is not None
            and before.target == box.target
            and 0 < before.y0 - box.y0 < 2.5 * height
            and box.x0 < before.x1
            and before.x0 > box.x0
        ):
            earlier = merged.pop()[1]
            shown = f"{earlier} {shown}".strip()
        merged.append((box.target, shown))
        before = box
    return merged


def _under(box: _Box, fragments: list[_Fragment]) -> str:
    words = []
    for fragment in fragments:
        inside = box.y0 - 2 <= fragment.y <= box.y1
        if inside and fragment.x < box.x1 and fragment.x + fragment.ends[-1] > box.x0:
            words.append(_covered(fragment, box))
    return fold(" ".join(words))


def _covered(fragment: _Fragment, box: _Box) -> str:
    """The words of the fragment whose middle lies within the box."""
    edges = (0.0, *fragment.ends)
    kept = []
    for word in re.finditer(r"\S+", fragment.text):
        middle = fragment.x + (edges[word.start()] + edges[word.end()]) / 2
        if box.x0 <= middle <= box.x1:
            kept.append(word[0])
    return " ".join(kept)


def _widths(text: str, font: Any) -> list[float]:
    """The widths of the characters in thousandths of an em: the font's own (ISO 32000-1, 9.6.2.1), else the usual."""
    get = font.get if hasattr(font, "get") else {}.get
    usual = 600.0 if "Courier" in str(get("/BaseFont")) else 500.0
    first, table = get("/FirstChar"), get("/Widths")
    if first is None or table is None:
        return [usual] * len(text)
    own = [float(width) for width in table.get_object()]
    places = (ord(char) - int(first) for char in text)
    return [own[place] if 0 <= place < len(own) and own[place] else usual for place in places]


def _locate(text: str, shown: str, cursor: int) -> tuple[int, int]:
    """Where the shown text stands, lines folded; after `cursor` if it does."""
    if not shown:
        return cursor, cursor
    pattern = re.compile(r"\s+".join(map(re.escape, shown.split())))
    match = pattern.search(text, cursor) or pattern.search(text)
    return match.span() if match else (cursor, cursor)


def _bare_links(text: str, first_line: int, links: list[Link]) -> list[Link]:
    """URLs in the text that no annotation covers."""
    covered = sorted((link.start, link.end) for link in links if link.end > link.start)
    unplaced = {link.target.rstrip("/") for link in links if link.start == link.end}
    found = []
    at = 0
    for start, end, url in bare_urls(text):
        while at < len(covered) and covered[at][1] <= start:
            at += 1
        if at < len(covered) and covered[at][0] < end:
            continue
        url, end = _continued(text, url, end)
        if url.rstrip("/") not in unplaced:
            found.append(Link(url, first_line + text.count("\n", 0, start), start, end))
    return found


def _continued(text: str, url: str, end: int) -> tuple[str, int]:
    """The URL with what follows on the next lines, where it was broken at the end of a line."""
    for _ in range(3):
        newline = text.find("\n", end, end + 3)
        # linkify-it leaves closing punctuation out; at a break it belongs to the URL.
        tail = text[end:newline] if newline >= 0 else ""
        if newline < 0 or tail.strip("-_=&?%+~.#/") or not (word := _FIRST_WORD.match(text, newline)):
            break
        following = word[1].rstrip(".,;:!?)]}>\"'”’")
        whole = url + tail
        weak = _LIKE_URL.match(following) or _BEGINS_BROKEN.match(following)
        if not following or "://" in following or not (_BROKEN_AFTER.search(whole) or weak):
            break
        joined = next(iter(bare_urls(whole + following)), None)
        if joined is None or joined[0] != 0:
            break
        url, end = joined[2], word.start(1) + len(following)
    return url, end
