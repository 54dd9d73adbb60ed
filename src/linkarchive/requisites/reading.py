"""What an answer needs to be shown, whatever it is."""

from __future__ import annotations

from linkarchive.requisites import css, html
from linkarchive.requisites.requisite import Kind, Requisite
from linkarchive.requisites.xml import XML_TYPES
from linkarchive.text import HTML_TYPES, decode, encoding_of, essence_of, media_type

MAX_SHEET = 4 * 1024 * 1024
"""Bytes of a style sheet or a module that are read: what comes after would take seconds."""


def requisites_of(body: bytes, content_type: str, wanted: Requisite, url: str) -> list[Requisite]:
    """What the answer from a URL needs itself: that of a frame is a page, styles name styles, modules modules. `body`
    is without content-coding, `content_type` the value of its field."""
    kind = wanted.kind
    essence = media_type(body, content_type)
    if kind is Kind.FRAME and (essence in HTML_TYPES or essence in XML_TYPES):
        codec, _ = encoding_of(body, content_type, markup=True)
        text = decode(body, content_type, markup=True)
        return html.requisites_of_page(text, url, codec, is_xml=essence in XML_TYPES)
    if kind is Kind.STYLE or essence_of(content_type) == "text/css":
        text, codec = css.decoded(body[:MAX_SHEET], content_type, wanted.charset)
        return html.requisites_of_sheet(text, url, codec)
    if kind is Kind.MODULE:
        return html.requisites_of_module(body[:MAX_SHEET].decode("utf-8", "replace"), url, wanted.names)
    return []
