"""A file as text that can be edited, and back as bytes in which nothing else has changed."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from typing import Protocol

from linkarchive.article.package import Package
from linkarchive.errors import ArticleError
from linkarchive.text import encoding_of

_PARTS = {
    "docx": re.compile(r"word/(?:_rels/)?(?:document|footnotes|endnotes|header\d*|footer\d*)\.xml(?:\.rels)?"),
    "odt": re.compile(r"content\.xml"),
}
"""The parts of packages that hold targets."""
PACKAGES = tuple(_PARTS)
_BETWEEN = "\n\x1e\n"  # between parts: no character of XML


class EditableFile(Protocol):
    text: str
    """Decoded without loss; undecodable bytes are surrogates."""
    codec: str

    def packed(self, text: str) -> bytes:
        """The bytes of the file with another text. Raises UnicodeError for a character that its encoding has not."""
        ...


def open_file(data: bytes, format: str) -> EditableFile:
    """The file as text that can be edited. Raises ArticleError for bytes that would not stay as they are."""
    return PackageFile(data, format) if format in _PARTS and data.startswith(b"PK") else TextFile(data, format)


class TextFile:
    """Text in any encoding, with its line ends and its byte order mark."""

    def __init__(self, data: bytes, format: str) -> None:
        self.codec, self._mark = encoding_of(data, markup=format in ("html", "bookmarks"))
        self._errors = "surrogatepass" if self.codec.startswith(("utf-16", "utf-32")) else "surrogateescape"
        try:
            self.text = data[len(self._mark) :].decode(self.codec, self._errors)
            exact = self.packed(self.text) == data
        except UnicodeError:
            exact = False
        if not exact:
            raise ArticleError(f"its bytes are damaged ({self.codec}) and would not stay as they are")

    def packed(self, text: str) -> bytes:
        return self._mark + text.encode(self.codec, self._errors)


class PackageFile:
    """The XML parts of a zip package that hold targets; every other member stays byte for byte."""

    codec = "utf-8"

    def __init__(self, data: bytes, format: str) -> None:
        self._data = data
        package = Package(data)
        self._names = sorted(name for name in package.names if _PARTS[format].fullmatch(name))
        try:
            parts = [package.read(name).decode("utf-8") for name in self._names]
        except UnicodeDecodeError:
            raise ArticleError("a part of it is not in UTF-8") from None
        if any("\x1e" in part for part in parts):
            raise ArticleError("a part of it holds a character that XML does not have")
        self.text = _BETWEEN.join(parts)

    def packed(self, text: str) -> bytes:
        parts = dict(zip(self._names, text.split(_BETWEEN), strict=True))
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self._data)) as old, zipfile.ZipFile(buffer, "w") as new:
            new.comment = old.comment
            for member in old.infolist():
                content = parts[member.filename].encode() if member.filename in parts else old.read(member)
                new.writestr(copy.copy(member), content)
        return buffer.getvalue()
