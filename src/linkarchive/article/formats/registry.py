"""The formats that articles come in: what each is called, how a file of it is told, and who reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from linkarchive.article.formats import sniff
from linkarchive.errors import ArticleError
from linkarchive.text import decode, essence_of, media_type

if TYPE_CHECKING:
    from linkarchive.article.passage import ParsedDocument

_WEAK_TYPES = frozenset(
    {"text/plain", "application/json", "text/xml", "application/xml", "application/zip", "text/x-tex"}
)
"""Content types that servers give to files of many formats: a suffix tells more."""
_LARGE_TEXT = 50_000  # bytes; of a hostile text up to that size a reader is done before anybody waits


class Format(Struct, frozen=True):
    """One format.

    To add one, write `read_x(text, *, everything=False) -> ParsedDocument` (bytes instead of text where `binary`;
    `gemtext` is the shortest) and a line of FORMATS. With `everything` a reader gives images, embeds and the frame of
    the page, too, where the format has them. It raises ArticleError for what is not of its format, and nothing else.
    Where the suffix is ambiguous, `sniff` tells by the content; what `archive fix` may write is in
    `spelling.SPELLINGS`, `fix_styles` and, for packages, `fix_file`.
    """

    name: str
    """As `--input-format` takes it."""
    title: str
    suffixes: tuple[str, ...]
    reader: str
    """`module:function` below `linkarchive.article`; for pandoc's, the name that pandoc gives the format."""
    types: tuple[str, ...] = ()
    binary: bool = False
    """Read from bytes, else from text."""
    sandboxed: bool = False
    """Read in a process of its own, whatever its size: a package, which may unpack to anything."""
    walked: bool = True
    """Taken from a folder. Data, spreadsheets and mail are read only when they are named."""
    pandoc: bool = False
    large: int = _LARGE_TEXT
    """Bytes from which a text is read in a process of its own."""
    markup: bool = False
    """The text may declare its encoding in itself (HTML, XML)."""

    def needs_sandbox(self, size: int) -> bool:
        """Whether a document of `size` bytes is read in a process of its own."""
        return self.sandboxed or (size > self.large and self.name not in ("md", "html", "txt") and not self.pandoc)


FORMATS: tuple[Format, ...] = (
    Format(
        "md", "Markdown", ("md", "markdown", "mdown", "mkd"), "markdown:read_markdown",
        ("text/markdown", "text/x-markdown"),
    ),
    Format(
        "html", "HTML", ("html", "htm", "xhtml", "xht"), "html:read_html",
        ("text/html", "application/xhtml+xml"), markup=True,
    ),
    Format("txt", "plain text", ("txt", "text"), "text:read_text", ("text/plain",)),
    Format(
        "pdf", "PDF", ("pdf",), "pdf:read_pdf", ("application/pdf", "application/x-pdf"), binary=True, sandboxed=True,
    ),
    Format(
        "docx", "Word (DOCX)", ("docx",), "docx:read_docx",
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",), binary=True, sandboxed=True,
    ),
    Format("epub", "EPUB", ("epub",), "epub:read_epub", ("application/epub+zip",), binary=True, sandboxed=True),
    # --- texts ---
    Format(
        "latex", "LaTeX", ("tex", "latex", "ltx"), "formats.latex:read_latex",
        ("application/x-tex", "application/x-latex", "text/x-tex", "text/x-latex"),
    ),
    Format(
        "rst", "reStructuredText", ("rst", "rest"), "formats.rst:read_rst",
        ("text/x-rst", "text/prs.fallenstein.rst"), large=8000,  # docutils: quadratic for some texts
    ),
    Format("asciidoc", "AsciiDoc", ("adoc", "asciidoc", "asc"), "formats.asciidoc:read_asciidoc", ("text/asciidoc",)),
    Format("org", "Org", ("org",), "formats.org:read_org", ("text/org", "text/x-org")),
    Format(
        "wikitext", "MediaWiki wikitext", ("wiki", "mediawiki", "wikitext", "mw"), "formats.wikitext:read_wikitext",
        ("text/x-wiki",), large=10_000,  # as its library is, too
    ),
    Format("ipynb", "Jupyter notebook", ("ipynb",), "formats.notebook:read_notebook", ("application/x-ipynb+json",)),
    Format("gemtext", "gemtext", ("gmi", "gemini"), "formats.gemtext:read_gemtext", ("text/gemini",)),
    Format("jats", "JATS", ("nxml", "jats"), "formats.jats:read_jats", ("application/jats+xml",), binary=True),
    Format("mdx", "MDX", ("mdx",), "formats.mdx:read_mdx", ("text/mdx",)),
    Format("quarto", "Quarto and R Markdown", ("qmd", "rmd", "rmarkdown"), "formats.mdx:read_quarto"),
    # --- lists of references ---
    Format("bibtex", "BibTeX and BibLaTeX", ("bib", "bibtex"), "formats.bibtex:read_bibtex",
           ("application/x-bibtex", "text/x-bibtex")),
    Format("csl-json", "CSL-JSON", ("csl", "csljson"), "formats.csl:read_csl",
           ("application/vnd.citationstyles.csl+json",), walked=False),
    Format("ris", "RIS", ("ris",), "formats.ris:read_ris", ("application/x-research-info-systems",)),
    Format("bookmarks", "browser bookmarks", (), "formats.outlines:read_bookmarks", binary=True),
    Format("opml", "OPML", ("opml",), "formats.outlines:read_opml", ("text/x-opml", "text/x-opml+xml"),
           binary=True),
    # --- tables and data ---
    Format("csv", "CSV", ("csv",), "formats.tables:read_csv", ("text/csv",), walked=False),
    Format("tsv", "tab-separated values", ("tsv", "tab"), "formats.tables:read_tsv", ("text/tab-separated-values",),
           walked=False),
    Format("yaml", "YAML", ("yaml", "yml"), "formats.data:read_yaml", ("application/yaml", "text/yaml"), walked=False),
    Format("toml", "TOML", ("toml",), "formats.data:read_toml", ("application/toml",), walked=False),
    Format("json", "JSON", ("json",), "formats.data:read_json", ("application/json",), walked=False),
    # --- office documents ---
    Format(
        "odt", "OpenDocument", ("odt", "ott", "odp", "ods", "fodt"), "formats.odf:read_odf",
        ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.presentation",
         "application/vnd.oasis.opendocument.spreadsheet"), binary=True, sandboxed=True,
    ),
    Format("rtf", "Rich Text Format", ("rtf",), "formats.rtf:read_rtf", ("application/rtf", "text/rtf"),
           binary=True),
    Format(
        "pptx", "PowerPoint (PPTX)", ("pptx", "ppsx", "pptm"), "formats.pptx:read_pptx",
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation",), binary=True, sandboxed=True,
    ),
    Format(
        "xlsx", "Excel (XLSX)", ("xlsx", "xlsm"), "formats.xlsx:read_xlsx",
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
        binary=True, sandboxed=True, walked=False,
    ),
    # --- messages, saved pages, exports ---
    Format("eml", "e-mail", ("eml",), "formats.mail:read_mail", ("message/rfc822",), binary=True, walked=False),
    Format("mhtml", "saved page (MHTML)", ("mhtml", "mht"), "formats.mail:read_mhtml", ("multipart/related",),
           binary=True),
    Format("wxr", "WordPress export (WXR)", ("wxr",), "formats.wxr:read_wxr", binary=True),
    # --- by pandoc ---
    Format("docbook", "DocBook", ("dbk", "docbook"), "docbook", ("application/docbook+xml",), pandoc=True),
    Format("djot", "Djot", ("dj", "djot"), "djot", pandoc=True),
    Format("typst", "Typst", ("typ",), "typst", pandoc=True),
    Format("textile", "Textile", ("textile",), "textile", ("text/x-textile",), pandoc=True),
    Format("fb2", "FictionBook", ("fb2",), "fb2", pandoc=True),
    Format("muse", "Emacs Muse", ("muse",), "muse", pandoc=True),
    Format("creole", "Creole", ("creole",), "creole", pandoc=True),
    Format("dokuwiki", "DokuWiki", ("dokuwiki",), "dokuwiki", pandoc=True),
    Format("t2t", "txt2tags", ("t2t",), "t2t", pandoc=True),
    Format("twiki", "TWiki", ("twiki",), "twiki", pandoc=True),
    Format("vimwiki", "Vimwiki", ("vimwiki",), "vimwiki", pandoc=True),
    Format("jira", "Jira wiki markup", ("jira",), "jira", pandoc=True),
    Format("man", "manual page (man)", ("man",), "man", ("text/troff",), pandoc=True),
)  # fmt: skip

BY_NAME = {format.name: format for format in FORMATS}
_BY_SUFFIX = {suffix: format for format in FORMATS for suffix in format.suffixes}
_BY_TYPE = {type: format for format in FORMATS for type in format.types}

_WAYS_ROUND = {
    "doc": "save it as DOCX or ODT", "dot": "save it as DOCX or ODT", "ppt": "save it as PPTX",
    "xls": "save it as XLSX or CSV", "pages": "export it as DOCX or PDF", "key": "export it as PPTX or PDF",
    "numbers": "export it as XLSX or CSV", "indd": "export it as PDF or HTML", "idml": "export it as PDF or HTML",
    "wpd": "save it as DOCX or ODT", "wps": "save it as DOCX or ODT", "msg": "save it as .eml",
    "one": "export it as DOCX or PDF", "pub": "export it as PDF", "lyx": "export it as LaTeX",
    "tm": "export it as LaTeX", "mobi": "convert it to EPUB", "azw3": "convert it to EPUB",
    "texi": "convert it with makeinfo --html", "texinfo": "convert it with makeinfo --html",
}  # fmt: skip
"""What to do with files that no reader is here for, by suffix."""


def suffix_of(name: str) -> str:
    """The suffix of a file name or URL, in lower case without the dot."""
    path = urlsplit(name).path if "://" in name else name
    return PurePosixPath(unquote(path)).suffix.lower().lstrip(".")


def format_of(name: str, content_type: str | None, data: bytes) -> str:
    """The name of an article's format: by the content type of an answer, the suffix of its name, its first bytes.

    `name` is a file name or a URL. A content type of no information (octet-stream) is passed over; one that many
    formats share (text/plain, application/json) gives way to a suffix. A suffix that several formats share (xml, json,
    html) is decided by the content. Raises ArticleError when none of them tells, with the way round where one is known.
    """
    type = essence_of(content_type or "")
    suffix = suffix_of(name)
    by_suffix, by_type = _BY_SUFFIX.get(suffix), _BY_TYPE.get(type)
    format = by_suffix if type in _WEAK_TYPES and by_suffix else by_type or by_suffix
    if format is not None:
        return sniff.narrower(format.name, data) or format.name
    by_content = sniff.by_content(data) or _by_magic(data)
    if by_content is not None:
        return by_content
    raise ArticleError(f"{name}: not a known format; {_way_round(suffix)}")


def _by_magic(data: bytes) -> str | None:
    kind = media_type(data)
    format = None if kind in _WEAK_TYPES else _BY_TYPE.get(kind)
    return format.name if format else None


def _way_round(suffix: str) -> str:
    """What to do with a file of an unknown format."""
    if suffix in _WAYS_ROUND:
        return f"{_WAYS_ROUND[suffix]}, then read that"
    return "`archive extract --formats` lists what can be read; pandoc or an office program can convert many others"


def has_article_suffix(name: str) -> bool:
    """Whether a file of that name is an article when a folder is read."""
    format = _BY_SUFFIX.get(suffix_of(name))
    return format is not None and format.walked


def is_read_when_named(name: str) -> bool:
    """Whether a file of that name is read, but not from a folder: data, spreadsheets, mail."""
    suffix = suffix_of(name)
    format = _BY_SUFFIX.get(suffix)
    return suffix == "xml" or (format is not None and not format.walked)


def names() -> list[str]:
    """Every format, in the order of the listing."""
    return [format.name for format in FORMATS]


def parse(data: bytes, format: str, *, everything: bool) -> ParsedDocument:
    """Read a document in this process. Raises ArticleError when the format is unknown or has no reader here."""
    known = BY_NAME.get(format)
    if known is None:
        raise ArticleError(f"not a known format: {format}; `archive extract --formats` lists them")
    if known.pandoc:
        from linkarchive.article.formats.pandoc import read_with_pandoc

        return read_with_pandoc(data, known.reader)
    module, _, function = known.reader.partition(":")
    reader: Callable[..., ParsedDocument] = getattr(import_module(f"linkarchive.article.{module}"), function)
    return reader(data if known.binary else decode(data, markup=known.markup), everything=everything)


def listing() -> Iterator[tuple[str, str, str, str]]:
    """(name, title, suffixes, where the reader comes from) of every format, for `archive extract --formats`."""
    for format in FORMATS:
        suffixes = " ".join(f".{suffix}" for suffix in format.suffixes)
        yield format.name, format.title, suffixes, _availability(format)


def _availability(format: Format) -> str:
    if format.pandoc:
        from linkarchive.article.formats.pandoc import reads

        if not reads(format.reader):
            return "with pip install 'linkarchive[formats]', or a newer pandoc on the PATH"
    return "read" if format.walked else "read when named"
