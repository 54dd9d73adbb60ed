"""Rich Text Format: text, hyperlink fields, footnotes (specification 1.9.1)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from linkarchive.article.docx_fields import field_target
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write
from linkarchive.errors import ArticleError
from linkarchive.model import Unit

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})?[ ]?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<symbol>[^A-Za-z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_SILENT = frozenset(
    b"""
    fonttbl colortbl stylesheet info pict object header footer headerl headerr headerf footerl footerr footerf
    listtable listoverridetable revtbl rsidtbl generator themedata colorschememapping datastore latentstyles
    xmlnstbl annotation atnid atnauthor xe tc objdata nonshppict fldtype private template deleted bkmkstart
    bkmkend pgdsctbl mmathPr userprops
    """.split()
)
"""Destinations of which nothing is in the text."""
_SYMBOLS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"tab": " ", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
}  # fmt: skip
_SYMBOL_CHARS = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip
_MOST_GROUPS = 2000  # that are open at a time


def read_rtf(data: bytes, *, everything: bool = False) -> ParsedDocument:
    """The passages of an RTF file. Raises ArticleError when it is none."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ArticleError("it is not RTF")
    reader = _Reader()
    reader.read(data)
    return ParsedDocument(title=fold(reader.title), passages=tuple(reader.passages), unit=Unit.PARAGRAPH)


@dataclass(slots=True)
class _Flow:
    """Text on its way to passages: the body, or one note."""

    note: str | None
    builder: PassageBuilder
    running: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the closing brace."""

    place: str = "text"
    """`text`, `silent`, `instruction` of a field, `title`."""
    codec: str = "cp1252"
    skipped: int = 1
    """Characters after \\u that stand for it in readers without Unicode."""
    opens: str = ""
    """`field` or `note`: what ends with this group."""
    hidden: bool = False


class _Reader:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.title = ""
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._group = _Group()
        self._stack: list[_Group] = []
        self._flows = [_Flow(None, PassageBuilder(1))]
        self._fields: list[list[str]] = []
        self._bytes = bytearray()  # of one code page, which may take two for a character
        self._to_skip = 0
        self._ignorable = False
        self._notes = 0

    def read(self, data: bytes) -> None:
        position = 0
        while match := _TOKEN.match(data, position):
            position = match.end()
            if match["word"] == b"bin":
                position += max(0, int(match["number"] or 0))
            elif match["brace"]:
                self._brace(match["brace"])
            elif match["hex"]:
                self._byte(bytes([int(match["hex"], 16)]))
            elif match["text"]:
                self._raw(match["text"])
            elif match["symbol"]:
                self._symbol(match["symbol"])
            elif match["word"]:
                self._word(match["word"], int(match["number"]) if match["number"] else None)
        while self._stack:
            self._brace(b"}")
        self._paragraph()

    # --- text -----------------------------------------------------------------------------

    def _byte(self, byte: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._bytes += byte

    def _raw(self, text: bytes) -> None:
        skipped = min(self._to_skip, len(text))
        self._to_skip -= skipped
        self._bytes += text[skipped:]

    def _decoded(self) -> None:
        if self._bytes:
            text = bytes(self._bytes).decode(self._group.codec, "replace")
            self._bytes.clear()
            self._say(text)

    def _say(self, text: str) -> None:
        if self._group.hidden:
            return
        match self._group.place:
            case "text":
                self._flows[-1].running.append(text)
            case "instruction" if self._fields:
                self._fields[-1].append(text)
            case "title":
                self.title += text

    def _flush(self) -> None:
        self._decoded()
        flow = self._flows[-1]
        # A character beyond U+FFFF is written as its two surrogates.
        text = "".join(flow.running).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        flow.running.clear()
        write(flow.builder, text, flow.builder.line)

    def _paragraph(self) -> None:
        self._flush()
        flow = self._flows[-1]
        passage = flow.builder.build()
        if passage.text.strip() or passage.links or passage.marks:
            self.passages.append(passage)
        flow.builder = PassageBuilder(len(self.passages) + 1, note=flow.note)

    # --- groups and words --------------------------------------------------------------------

    def _brace(self, brace: bytes) -> None:
        self._decoded()
        self._ignorable = False
        self._to_skip = 0
        if brace == b"{":
            if len(self._stack) >= _MOST_GROUPS:
                raise ArticleError("it nests deeper than a document may")
            self._stack.append(self._group)
            self._group = replace(self._group, opens="")
        elif self._stack:
            ended, self._group = self._group, self._stack.pop()
            if ended.opens == "note":
                self._paragraph()
                self._flows.pop()
            elif ended.opens == "field" and self._fields:
                self._flush()
                self._flows[-1].builder.close()
                self._fields.pop()

    def _symbol(self, symbol: bytes) -> None:
        self._decoded()
        if symbol == b"*":
            self._ignorable = True
        elif symbol in (b"\n", b"\r"):
            self._paragraph()
        elif symbol in _SYMBOL_CHARS:
            self._say(_SYMBOL_CHARS[symbol])

    def _word(self, word: bytes, number: int | None) -> None:
        ignorable, self._ignorable = self._ignorable, False
        if word == b"u" and number is not None:
            self._decoded()
            self._say(chr(number % 0x10000))
            self._to_skip = self._group.skipped
            return
        self._decoded()
        if word == b"ansicpg" and number is not None:
            self._codec = _known(f"cp{number}")
            self._group = replace(self._group, codec=self._codec)
        elif word in (b"mac", b"pc", b"pca"):
            self._codec = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}[word]
            self._group = replace(self._group, codec=self._codec)
        elif word == b"uc" and number is not None:
            self._group = replace(self._group, skipped=max(0, min(number, 8)))
        elif word == b"f" and number is not None:
            self._font = number
            self._group = replace(self._group, codec=self._fonts.get(number, self._codec))
        elif word == b"fcharset" and number is not None and number in _CHARSETS:
            self._fonts[self._font] = _CHARSETS[number] if number else self._codec
        elif word in (b"v", b"deleted") and not (word == b"deleted" and ignorable):
            self._group = replace(self._group, hidden=number != 0)
        elif word == b"plain":
            self._group = replace(self._group, hidden=False, codec=self._codec)
        elif word in (b"par", b"sect", b"page", b"row"):
            if self._group.place == "text":
                self._paragraph()
        elif word in (b"line", b"cell", b"column"):
            self._say("\n" if word == b"line" else " · ")
        elif word in _SYMBOLS:
            self._say(_SYMBOLS[word])
        else:
            self._destination(word, ignorable)

    def _destination(self, word: bytes, ignorable: bool) -> None:
        if word == b"field" and self._group.place == "text":
            self._flush()
            self._fields.append([])
            self._group = replace(self._group, opens="field")
        elif word == b"fldinst" and self._group.place != "silent":
            self._group = replace(self._group, place="instruction")
        elif word == b"fldrslt" and self._group.place != "silent":
            self._group = replace(self._group, place="text")
            if self._fields and (target := field_target("".join(self._fields[-1]))) is not None:
                self._flush()
                builder = self._flows[-1].builder
                builder.open(target, builder.line)
        elif word == b"footnote" and self._group.place == "text":
            self._note()
        elif word == b"title" and self._group.place == "silent":
            self._group = replace(self._group, place="title")
        elif word in _SILENT or (ignorable and word not in (b"shppict", b"shpinst", b"cs", b"hl", b"annotation")):
            self._group = replace(self._group, place="silent")

    def _note(self) -> None:
        self._flush()
        self._notes += 1
        label = f"note {self._notes}"
        self._flows[-1].builder.cite(label)
        self._flows.append(_Flow(label, PassageBuilder(len(self.passages) + 1, note=label)))
        self._group = replace(self._group, opens="note")


def _known(codec: str) -> str:
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return "cp1252"
