"""Messages and saved pages: MIME (RFC 5322, RFC 2046; MHTML: RFC 2557), parsed by the standard library."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import Message

from linkarchive.article.html import read_html
from linkarchive.article.passage import Claim, ParsedDocument, fold
from linkarchive.article.text import read_text
from linkarchive.errors import ArticleError
from linkarchive.mail_date import mail_date
from linkarchive.text import decode

_MOST_PARTS = 1000
_HTML = ("text/html", "application/xhtml+xml")


def read_mail(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The text of a message: of several versions the HTML, of attachments none but forwarded messages. Raises
    ArticleError when it has no text."""
    message = _message(data)
    documents = [_text(part, everything) for part in _leaves(message, _read_parts) if _is_text(part)]
    if not documents:
        raise ArticleError("the message has no text part")
    return ParsedDocument(
        title=_header(message, "subject"),
        passages=tuple(passage for document in documents for passage in document.passages),
        dates=_day(message),
        base=_header(message, "content-location") or documents[0].base,
        remarks=tuple(remark for document in documents for remark in document.remarks),
    )


def read_mhtml(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The page that was saved, at the address that it was saved from. The day of the message is that of saving. Raises
    ArticleError when no page is in it."""
    message = _message(data)
    page, address = _saved_page(message)
    document = _text(page, everything)
    origins = (Claim(address, "the address that the page was saved from", 5),) if address else ()
    base = document.base or _header(page, "content-location") or None
    return replace(
        document, title=document.title or _header(message, "subject"), origins=(*document.origins, *origins), base=base
    )


def page_of_mhtml(data: bytes) -> tuple[bytes, str, str]:
    """Body, content type and address ("" for none) of the page that was saved. Raises ArticleError."""
    page, address = _saved_page(_message(data))
    body = page.get_payload(decode=True)
    if not isinstance(body, bytes):
        raise ArticleError("no saved page is in it")
    charset = page.get_content_charset()
    return body, "text/html" + (f"; charset={charset}" if charset else ""), address


def _saved_page(message: Message) -> tuple[Message, str]:
    """The page that was saved, and the address that it was saved from ("" for none). Raises ArticleError."""
    page = next((part for part in _leaves(message) if part.get_content_type() in _HTML), None)
    if page is None:
        raise ArticleError("no saved page is in it")
    return page, _header(message, "snapshot-content-location") or _header(page, "content-location")


def _message(data: bytes) -> Message:
    # An mbox line before the message is none of its headers.
    data = re.sub(rb"\A\s*(?:From [^\n:]*\n)?", b"", data, count=1)
    try:
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except (ValueError, LookupError, RecursionError, UnicodeError) as error:
        raise ArticleError(f"it is not a message: {error}") from error


def _leaves(
    message: Message, chosen: Callable[[Message, list[Message]], list[Message]] = lambda part, inner: inner
) -> Iterator[Message]:
    """The parts that hold something themselves, in order; of those within another part, the ones that are `chosen`."""
    stack, count = [message], 0
    while stack and count < _MOST_PARTS:
        part = stack.pop()
        count += 1
        payload = part.get_payload()
        if isinstance(payload, list):
            inner = [item for item in payload if isinstance(item, Message)]
            stack.extend(reversed(chosen(part, inner)))
        else:
            yield part


def _read_parts(part: Message, inner: list[Message]) -> list[Message]:
    """What is read of a part: of alternatives the HTML, else the first text; of a page with its pictures the page."""
    if part.get_content_type() == "multipart/related":
        return inner[:1]
    return _alternative(inner) if part.get_content_type() == "multipart/alternative" else inner


def _alternative(parts: list[Message]) -> list[Message]:
    """The last version that is HTML or holds some, else plain text (RFC 2046 §5.1.4: the last is the richest)."""
    for part in reversed(parts):
        if any(leaf.get_content_type() in _HTML for leaf in _leaves(part)):
            return [part]
    return [part for part in parts if part.get_content_type() == "text/plain"][-1:] or parts[-1:]


def _is_text(part: Message) -> bool:
    kind = part.get_content_type()
    is_attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return kind in (*_HTML, "text/plain", "text/markdown", "text/enriched") and not is_attached


def _text(part: Message, everything: bool) -> ParsedDocument:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, UnicodeError):
        payload = None
    data = payload if isinstance(payload, bytes) else b""
    kind = part.get_content_type()
    charset = part.get_param("charset")
    content_type = f"{kind}; charset={charset}" if isinstance(charset, str) else None
    text = decode(data, content_type, markup=kind in _HTML)
    if kind in _HTML:
        return read_html(text, everything=everything)
    flowed = part.get_param("format")
    return read_text(_unflowed(text) if str(flowed).lower() == "flowed" else text, everything=everything)


def _unflowed(text: str) -> str:
    """Lines that end in a blank go on in the next (RFC 3676)."""
    return re.sub(r"(?<!^--) \n(?![ >]|$)", " ", text, flags=re.MULTILINE)


def _header(part: Message, name: str) -> str:
    """A header field's text, encoded words decoded; "" when it is missing or damaged."""
    value = part.get(name)
    if value is None:
        return ""
    try:
        header = email.policy.default.header_factory(name, re.sub(r"[\r\n]+", "", str(value)))
        return fold(str(header))
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, RecursionError, UnicodeError):
        return fold(str(value))


def _day(message: Message) -> tuple[Claim, ...]:
    moment = mail_date(str(message.get("date", "")))
    return () if moment is None else (Claim(moment.date().isoformat(), "header `Date`", 1),)
