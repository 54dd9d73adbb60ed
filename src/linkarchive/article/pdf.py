"""PDF: link annotations with the text under them, and bare URLs, also those broken at the end of a line."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import accumulate
from typing import Any, NamedTuple

from linkarchive.article.bare_urls import bare_urls
from linkarchive.article.html import SUPERSCRIPTS
from linkarchive.article.passage import Claim, Link, ParsedDocument, Passage, fold
from linkarchive.article.pdf_fonts import FontWidths
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
_WORD = re.compile(r"\w+(?:[^\w\s]+\w+)*|\S+?(?=\w|\s|\Z)")
_LONGEST_GAP = 40
"""Characters between two pieces of one link's text; what is further apart belongs elsewhere."""
_RAISED, _SMALL = 0.8, 0.9
"""How large the letters of raised numbers and of notes are at most, against those beside them and those of the page."""
_FIRST_WORD = re.compile(r"\s*(\S+)")


class _Fragment(NamedTuple):
    """A piece of text with the left end of its baseline, in points."""

    start: int
    """Where it stands in the text of the page."""
    text: str
    x: float
    y: float
    ends: tuple[float, ...]
    """Where each character ends, in points from `x`."""
    size: float
    """Of its letters, in points."""


class _Box(NamedTuple):
    target: str
    x0: float
    y0: float
    x1: float
    y1: float


def read_pdf(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """Raises ArticleError for an encrypted file, and what pypdf raises for one that has no pages (the sandbox reports
    it); pages that are damaged or are pictures are named in `gaps`."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleError("the PDF is encrypted")
    passages: list[Passage] = []
    line = 1
    pages = len(reader.pages)
    damaged, pictures = [], []
    for number in range(min(pages, MAX_PAGES)):
        try:
            page = reader.pages[number]
            passage = _read_page(page, line)
            if not passage.text.strip() and _has_picture(page):
                pictures.append(number + 1)
        except Exception:
            if pages == 1:
                raise
            damaged.append(number + 1)
            passage = Passage(line, "", _unplaced_links(reader, number, line))
        line += passage.text.count("\n") + 1
        passages.append(passage)
    information: Any = reader.metadata or {}
    gaps = []
    if pages > MAX_PAGES:
        gaps.append(f"only the first {MAX_PAGES} of {pages} pages were read")
    if damaged:
        gaps.append(f"{_pages(damaged)} could not be read: damaged")
    if pictures:
        gaps.append(f"no text on {_pages(pictures)}, which are pictures (scans): make them searchable (OCR) first")
    return ParsedDocument(
        title=_clean(fold(str(information.get("/Title") or ""))) or _first_line(passages),
        passages=tuple(passages),
        origins=_origins(information),
        gaps=tuple(gaps),
    )


def _unplaced_links(reader: Any, number: int, line: int) -> tuple[Link, ...]:
    """The targets of a page whose text cannot be read."""
    try:
        return tuple(Link(box.target, line, 0, 0) for box in _boxes(reader.pages[number]))
    except Exception:  # noqa: BLE001 - as in read_pdf
        return ()


def _pages(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
    return f"{'page' if len(numbers) == 1 else 'pages'} {shown}"


def _has_picture(page: Any) -> bool:
    """The page shows a picture, of the file or within its content."""
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    if objects is not None and any(
        part.get_object().get("/Subtype") == "/Image" for part in objects.get_object().values()
    ):
        return True
    contents = page.get_contents()
    return contents is not None and re.search(rb"\bBI\b.*?\bID\b", contents.get_data(), re.DOTALL) is not None


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
    pieces: list[str] = []
    length = 0
    fonts: dict[int, FontWidths] = {}

    def visit(text: str, user_matrix: Any, text_matrix: Any, font: Any, size: Any) -> None:
        nonlocal length
        text = _clean(text)
        shown = text.strip("\n")
        if shown.strip():
            x = text_matrix[4] * user_matrix[0] + text_matrix[5] * user_matrix[2] + user_matrix[4]
            y = text_matrix[4] * user_matrix[1] + text_matrix[5] * user_matrix[3] + user_matrix[5]
            em = float(size) * (abs(text_matrix[0] * user_matrix[0]) or 1.0) / 1000
            if id(font) not in fonts:
                fonts[id(font)] = FontWidths(font)
            widths = fonts[id(font)]
            ends = tuple(accumulate(width * em for width in widths.of(shown)))
            start = length + len(text) - len(text.lstrip("\n"))
            fragments.append(_Fragment(start, shown, float(x), float(y), ends, em * 1000))
        pieces.append(text)
        length += len(text)

    page.extract_text(visitor_text=visit)
    text, places = _folded_lines(_with_raised_numbers("".join(pieces), fragments))
    links: list[Link] = []
    done = 0
    for target, start, end in _merge(_boxes(page), fragments):
        first, last = (places[start], places[end - 1] + 1) if end > start else (done, done)
        while first < last and text[first].isspace():
            first += 1
        links.append(Link(target, first_line + text.count("\n", 0, first), first, max(first, last)))
        done = max(done, first)
    links.extend(_bare_links(text, first_line, links))
    return Passage(first_line, text, tuple(links))


def _with_raised_numbers(text: str, fragments: list[_Fragment]) -> str:
    """The text with the marks of notes as raised digits, and so the numbers that begin the notes: those are raised as
    well, or in letters as small as their notes have."""
    sizes: Counter[float] = Counter()
    for fragment in fragments:
        sizes[fragment.size] += len(fragment.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    marks: set[str] = set()
    chars = list(text)
    for at, fragment in enumerate(fragments):
        number = fragment.text.strip()
        if not (number.isdecimal() and number.isascii() and len(number) <= 3):
            continue
        begins_line = "".join(chars[max(0, fragment.start - 2) : fragment.start]).rstrip(" ")[-1:] in ("", "\n")
        begins_note = number in marks and begins_line and fragment.size <= _SMALL * usual
        if begins_note or any(_is_raised(fragment, other) for other in fragments[max(0, at - 1) : at + 2]):
            marks.add(number)
            start = fragment.start + fragment.text.index(number)
            chars[start : start + len(number)] = number.translate(SUPERSCRIPTS)
    return "".join(chars)


def _is_raised(fragment: _Fragment, other: _Fragment) -> bool:
    return fragment.size <= _RAISED * other.size and 0 < fragment.y - other.y < _RAISED * other.size


def _folded_lines(text: str) -> tuple[str, list[int]]:
    """The text with single spaces and no spaces at the ends of lines, and where each of its characters went."""
    kept: list[str] = []
    places: list[int] = []
    for char in text:
        places.append(len(kept))
        if char == "\n":
            while kept and kept[-1] == " ":
                kept.pop()
            places[-1] = len(kept)
            kept.append(char)
        elif not char.isspace():
            kept.append(char)
        elif kept and kept[-1] not in " \n":
            kept.append(" ")
    return "".join(kept), places


def _clean(text: str) -> str:
    """Without lone surrogates, which broken font tables give and JSON cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").replace("\r", "\n")


def _boxes(page: Any) -> list[_Box]:
    boxes = []
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
            boxes.append(_Box(_clean(target), x0, y0, x1, y1))
    return boxes


def _merge(boxes: list[_Box], fragments: list[_Fragment]) -> list[tuple[str, int, int]]:
    """(target, start, end in the text of the page) of each link, which is empty where no words are under its box; the
    boxes of a link that runs over lines, or whose words are set in several ways, are one link."""
    merged: list[tuple[str, int, int]] = []
    before: _Box | None = None
    for box in boxes:
        start, end = _under(box, fragments)
        height = max(box.y1 - box.y0, 1.0)
        goes_on = (
            before is not None
            and before.target == box.target
            and (
                (0 < before.y0 - box.y0 < 2.5 * height and box.x0 < before.x1 and before.x0 > box.x0)
                or (abs(before.y0 - box.y0) < height / 2 and abs(box.x0 - before.x1) < height / 2)
            )
        )
        if goes_on and merged[-1][1] < end and start < end and start - merged[-1][2] < _LONGEST_GAP:
            start = min(merged.pop()[1], start)
        elif goes_on and start == end:
            continue
        merged.append((box.target, start, end))
        before = box
    return merged


def _under(box: _Box, fragments: list[_Fragment]) -> tuple[int, int]:
    """The span of the words whose middle lies within the box; an empty one where there are none."""
    spans = []
    for fragment in fragments:
        inside = box.y0 - 2 <= fragment.y <= box.y1
        if not inside or fragment.x >= box.x1 or fragment.x + fragment.ends[-1] <= box.x0:
            continue
        edges = (0.0, *fragment.ends)
        for word in _WORD.finditer(fragment.text):
            middle = fragment.x + (edges[word.start()] + edges[word.end()]) / 2
            if box.x0 <= middle <= box.x1:
                spans.append((fragment.start + word.start(), fragment.start + word.end()))
    if not spans:
        return 0, 0
    first, last = spans[0][0], spans[0][1]
    for start, end in spans[1:]:
        if start - last < _LONGEST_GAP:
            last = max(last, end)
    return first, last


def _bare_links(text: str, first_line: int, links: list[Link]) -> list[Link]:
    """URLs in the text that no annotation covers."""
    covered = sorted((link.start, link.end) for link in links if link.end > link.start)
    unplaced = {link.target.rstrip("/") for link in links if link.start == link.end}
    additions = []
    at = 0
    for start, end, url in bare_urls(text):
        while at < len(covered) and covered[at][1] <= start:
            at += 1
        if at < len(covered) and covered[at][0] < end:
            continue
        url, end = _continued(text, url, end)
        if url.rstrip("/") not in unplaced:
            additions.append(Link(url, first_line + text.count("\n", 0, start), start, end))
    return additions


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
