"""The zip packages that office documents and EPUB files are: parts by name, within limits."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any

from linkarchive.article.passage import fold
from linkarchive.errors import ArticleError

MAX_PART = 64 * 1024 * 1024
MAX_TOTAL = 256 * 1024 * 1024


class Package:
    """Parts of a zip file. Sizes are those really unpacked, not those that the directory claims."""

    def __init__(self, data: bytes, most: int = MAX_PART) -> None:
        """`most` is the bytes that one part may unpack to. Raises ArticleError for what is no package."""
        self._most = most
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ArticleError(f"not a zip package: {error}") from error
        self.names = frozenset(self._zip.namelist())
        self._left = MAX_TOTAL

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises ArticleError when it is missing, damaged, encrypted or too large."""
        limit = min(self._most, self._left)
        try:
            with self._zip.open(name) as part:
                data = part.read(limit + 1)
        except (KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
            raise ArticleError(f"the part {name} cannot be read: {error}") from error
        if len(data) > limit:
            raise ArticleError(f"the part {name} unpacks to more than a document may hold")
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Any:
        """The root element of an XML part, without entities, network or huge trees; ArticleError as `read`."""
        return parse_xml(self.read(name), f"the part {name}")


def parse_xml(data: bytes, name: str) -> Any:
    """The root element of foreign XML, without entities, network or huge trees. Raises ArticleError, in which it is
    called `name`, when it is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ArticleError(f"{name} is not XML: {error}") from error
    if root is None:
        raise ArticleError(f"{name} is not XML")
    return root


def local_name(element: Any) -> str:
    """The name of an element without its namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def text_of(root: Any, tag: str) -> str:
    """The text of the first element below the root that has this tag and a text, white space folded; "" for none."""
    return next((fold(element.text) for element in root.iter(tag) if element.text), "")


def part_name(folder: str, target: str) -> str:
    """The name in the package of a relative target."""
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
