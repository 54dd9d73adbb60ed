"""How an archived copy is written: in place of the dead target, beside it, or in fields that the format has for both.

Every function gives (start, end, new text) in the text of a file. None of them is trusted: fix.py reads the article
again and gives up what did not come out as it should.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from html import escape

from linkarchive.article import front_matter
from linkarchive.article.fix_spans import Form, Span, spelled
from linkarchive.article.formats.archived_template import with_copy
from linkarchive.article.formats.spelling import written

Change = tuple[int, int, str]
"""Where in the text, from and up to, and what is to stand there."""


class Style(StrEnum):
    """What `archive fix` makes of a dead link that has an archived copy."""

    REPLACE = "replace"
    """The copy takes the place of the target."""
    APPEND = "append"
    """“(archived)” beside the link, which stays as it is."""
    ROBUST = "robust"
    """Both, in the format's own fields: Robust Links in HTML, `archive-url` of templates, `archiveurl` of BibTeX, a
    member of the same record in JSON, YAML and TOML. Where a format has none, the copy takes the place of the target.
    """


_FAR = 20_000  # characters from a target to the end of its link
_DATA = ("json", "csl-json", "yaml", "toml")
_MARKDOWN = ("md", "mdx", "quarto", "ipynb")
_RUN = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'
_BESIDE = {
    "html": ' (<a href="{}">archived</a>)',
    "md": " ([archived]({}))",
    "txt": " (archived: {})",
    "rst": " (`archived <{}>`__)",
    "asciidoc": " (link:{}[archived])",
    "org": " ([[{}][archived]])",
    "latex": r" (\href{{{}}}{{archived}})",
    "wikitext": " ([{} archived])",
    "odt": ' (<text:a xlink:type="simple" xlink:href="{}">archived</text:a>)',
    "docx": f'{_RUN.format(" (")}<w:fldSimple w:instr=" HYPERLINK &quot;{{}}&quot; "><w:r><w:t>archived</w:t></w:r>'
    f"</w:fldSimple>{_RUN.format(')')}",
}
_TITLE = r"""(?:\\?"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\))"""
_ENDS = {
    "md": re.compile(rf">?+\s*+{_TITLE}?+\s*+\)(?:\{{[^{{}}\n]*+\}})?+", re.DOTALL),
    "txt": re.compile(r">?+"),
    "rst": re.compile(r">`__?|>?+"),
    "asciidoc": re.compile(r"\[(?:[^\]\\\n]|\\.)*+\]|>?+"),
    "org": re.compile(r"\](?:\[[^\n]*?\])?\]|>?+"),
    "odt": re.compile(r"[\"'](?:(?!</text:a\s*>).)*+</text:a\s*>", re.DOTALL),
}
"""What stands between a target and the end of its link, the end included."""
_END_OF_ANCHOR = re.compile(r"(?:(?!<a[\s>]|</a).)*+</a\s*+>", re.DOTALL | re.IGNORECASE)
_OPEN_ANCHOR = re.compile(r"<a\s[^<]*\Z", re.IGNORECASE)
_WIKI_LINK = re.compile(r"[^\]\n]*+\]")
_HREF = re.compile(r"\\href\s*(?:\[[^\]\n]*\])?\s*\{\s*\Z")
_MARKDOWN_LABEL = re.compile(r"^[ >\t]*\[((?:[^\[\]\\\n]|\\.){1,200})\]:[ \t]*<?\Z", re.MULTILINE)
_RST_LABEL = re.compile(r"^[ \t]*\.\. _(?:`([^`\n]{1,200})`|([^:`\n]{1,200})):[ \t]*\Z", re.MULTILINE)
_RELATION = re.compile(r"<Relationship\s[^<>]*\Z")
_FIELD_END = re.compile(r"(?:(?!fldCharType=\"begin\").)*?fldCharType=\"end\"[^<>]*/>\s*</w:r>", re.DOTALL)
_BIBTEX_FIELD = re.compile(r"(,?\s*)[A-Za-z-]+(\s*=\s*)[{\"]\s*(?:\\url\s*\{\s*)?\Z")
_JSON_MEMBER = re.compile(r"[{,](\s*)\"[^\"\n]*\"(\s*:\s*)\"\Z")
_LINE_OF_DATA = re.compile(r"^([ \t]*)(-[ \t]+)?[\"']?[\w.-]+[\"']?([ \t]*[:=][ \t]*)([\"']?)\Z", re.MULTILINE)


def in_references(text: str, span: Span, format: str) -> bool:
    """Whether the place is in the front matter of Markdown: an entry of its `references` has fields, as a record."""
    return format in _MARKDOWN and span.start < front_matter.end_of(text)


def in_fields(text: str, span: Span, format: str, copy: str, day: date | None) -> Change | None:
    """The copy in the field that the format has for it, beside the target; None where it has none."""
    if format == "wikitext":
        return with_copy(text, span.start, span.target, copy, day)
    before = text[max(0, span.start - 300) : span.start]
    name = "archive_url"
    if in_references(text, span, format):
        format, name = "yaml", "archive_location"
    url = written(copy, format, "", "") if format in ("bibtex", *_DATA) else copy
    if format == "bibtex":
        return _bibtex_field(text, span, before, url, day)
    if format in ("json", "csl-json"):
        name = "archive_location" if format == "csl-json" else name
        if (member := _JSON_MEMBER.search(before)) and text[span.end : span.end + 1] == '"':
            at = span.end + 1
            return at, at, f',{member[1] or " "}"{name}"{member[2]}"{url}"'
    elif format in ("yaml", "toml"):
        line = _LINE_OF_DATA.search(before)
        if line and (rest := re.compile(rf"{line[4]}[ \t]*(?:#[^\n]*)?(?=\r?\n|\Z)").match(text, span.end)):
            margin = line[1] + " " * len(line[2] or "")
            end = "\r\n" if text.startswith("\r\n", rest.end()) else "\n"
            quote = line[4] or ('"' if format == "toml" else "")
            return rest.end(), rest.end(), f"{end}{margin}{name}{line[3]}{quote}{url}{quote}"
    return None


def _bibtex_field(text: str, span: Span, before: str, url: str, day: date | None) -> Change | None:
    field = _BIBTEX_FIELD.search(before)
    value = re.compile(r"\s*[}\"]+").match(text, span.end)
    if field is None or value is None:
        return None
    # The braces of the field, not that of the entry which may follow at once.
    opened = len(re.findall(r"[{\"]", field[0]))
    end = span.end + len(value[0]) - len(value[0].lstrip()) + opened
    gap = field[1].lstrip(",") or " "
    added = [("archiveurl", url)] + ([("archivedate", day.isoformat())] if day else [])
    return end, end, "".join(f",{gap}{name}{field[2]}{{{content}}}" for name, content in added)


def beside(text: str, span: Span, format: str, copy: str) -> list[Change]:
    """The copy as a link “archived” behind every link that has this target; empty where that cannot be written."""
    if in_references(text, span, format):
        return []
    if format == "gemtext":
        line = re.compile(r"[^\r\n]*").match(text, span.end)
        stop = line.end() if line else span.end
        line_end = "\r\n" if text.startswith("\r\n", stop) else "\n"
        return [(stop, stop, f"{line_end}=> {written(copy, format, '', '')} archived")]
    if format == "docx":
        ends = _ends_in_docx(text, span)
    elif format in ("html", *_MARKDOWN) and (span.form is Form.ATTRIBUTE or format == "html"):
        format, ends = "html", _end_of_anchor(text, span)
    elif format in _MARKDOWN:
        ends = _ends_in_markdown(text, span)
    elif format == "latex":
        ends = _end_in_latex(text, span)
    elif format == "wikitext":
        in_brackets = text[max(0, span.start - 1) : span.start] == "["
        closing = _WIKI_LINK.match(text, span.end, span.end + _FAR) if in_brackets else None
        ends = [closing.end() if closing else span.end]
    elif format == "rst" and (label := _RST_LABEL.search(text, max(0, span.start - 300), span.start)):
        ends = _uses_in_rst(text, label[1] or label[2])
    elif format in _ENDS:
        link_end = _ENDS[format].match(text, span.end, span.end + _FAR)
        ends = [link_end.end()] if link_end else []
    else:
        ends = []
    return [(end, end, _beside(copy, format)) for end in ends]


def _beside(copy: str, format: str) -> str:
    if format in _MARKDOWN:
        target = Span(0, 0, "", Form.DESTINATION)
        return _BESIDE["md"].format(spelled(target, copy, (), markup=False).replace("(", "%28").replace(")", "%29"))
    if format in ("html", "txt"):
        return _BESIDE[format].format(escape(copy) if format == "html" else copy)
    snippet = _BESIDE[format]
    return snippet.format(written(copy, format, "", snippet.split("{}")[0].replace("{{", "{")))


def _end_of_anchor(text: str, span: Span) -> list[int]:
    if span.form is not Form.ATTRIBUTE:
        return [span.end]
    if not _OPEN_ANCHOR.search(text, max(0, span.start - _FAR), span.start):
        return []  # an area of a map, a component: what its link shows stands elsewhere
    end = _END_OF_ANCHOR.match(text, span.end, span.end + _FAR)
    return [end.end()] if end else []


def _ends_in_markdown(text: str, span: Span) -> list[int]:
    if span.is_text and span.form is not Form.SPELT:
        return [span.end + (span.form is Form.ANGLE)]
    if label := _MARKDOWN_LABEL.search(text, max(0, span.start - 300), span.start):
        name = re.escape(label[1])
        uses = re.compile(rf"\]\[{name}\]|(?<![\]\\])\[{name}\](?:\[\])?(?![\[(:])", re.IGNORECASE)
        return [use.end() for use in uses.finditer(text)]
    if text[max(0, span.start - 2) : span.start].endswith(("(", "(<")):
        end = _ENDS["md"].match(text, span.end, span.end + _FAR)
        return [end.end()] if end else []
    return [span.end + (text[span.end : span.end + 1] == ">")]


def _uses_in_rst(text: str, label: str) -> list[int]:
    name = re.escape(label)
    uses = re.compile(rf"`{name}`_(?!_)|(?<![\w`_]){name}_(?![\w_])", re.IGNORECASE)
    return [use.end() for use in uses.finditer(text)]


def _end_in_latex(text: str, span: Span) -> list[int]:
    if text[span.end : span.end + 1] != "}":
        return [span.end]
    end = span.end + 1
    if not _HREF.search(text, max(0, span.start - 100), span.start):
        return [end]
    anchor = re.compile(r"\s*\{").match(text, end)
    depth = 0
    for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, end, end + _FAR) if anchor else ():
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0 and brace[0] == "}":
            return [brace.end()]
    return []


def _ends_in_docx(text: str, span: Span) -> list[int]:
    """Behind every hyperlink of the relation that has the target, or behind the field."""
    start = text.rfind("<", 0, span.start)
    if _RELATION.match(text, start, span.start):
        relation = text[start : text.find(">", span.end)]
        id = re.search(r"\sId=[\"']([^\"'<>]+)[\"']", relation)
        uses = rf"<w:hyperlink\s[^<>]*?r:id=[\"']{re.escape(id[1])}[\"'].*?</w:hyperlink>" if id else r"(?!)"
        return [use.end() for use in re.finditer(uses, text, re.DOTALL)]
    if text.startswith("<w:fldSimple", start):
        end = text.find("</w:fldSimple>", span.end)
        return [end + len("</w:fldSimple>")] if end >= 0 else []
    field = _FIELD_END.match(text, span.end, span.end + _FAR)
    return [field.end()] if field else []
