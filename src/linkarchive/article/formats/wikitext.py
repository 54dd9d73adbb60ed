"""MediaWiki wikitext: external links, notes, and the templates that cite (mwparserfromhell)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from linkarchive.article import dates
from linkarchive.article.formats import cite_templates
from linkarchive.article.formats.cite_templates import CiteTemplate
from linkarchive.article.formats.located import Lines
from linkarchive.article.passage import ParsedDocument, Passage, PassageBuilder, fold
from linkarchive.article.text import write

_SILENT = frozenset({"nowiki", "syntaxhighlight", "source", "pre", "math", "score", "timeline", "templatedata"})
_BLOCKS = frozenset(
    {"li", "dt", "dd", "table", "tr", "td", "th", "hr", "p", "div", "blockquote", "poem", "ul", "ol", "dl"}
)
_FILES = re.compile(
    r"\s*:?\s*(?:file|image|media|datei|bild|fichier|archivo|imagen|immagine|bestand|plik|ficheiro|файл|изображение"
    r"|category|kategorie|catégorie|categoría|categoria|kategoria|категория)\s*:",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_MAX_DEPTH = 40


def read_wikitext(text: str, *, everything: bool = False) -> ParsedDocument:
    import mwparserfromhell

    reader = _Reader(text)
    reader.top(mwparserfromhell.parse(text))
    return ParsedDocument(title=reader.title, passages=tuple(reader.passages))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)
        self._cursor = 0
        self._builder = PassageBuilder(1)
        self._running: list[str] = []
        self._note: str | None = None
        self._notes = 0
        self._in_caption = False
        """Of a picture, whose size and place stand before the last bar."""
        self._in_list = False
        """Within <references> or {{reflist}}: what is defined there stands nowhere else."""
        self._cites_short = re.search(r"\{\{\s*(?:sfn|harv)", text, re.I) is not None
        self.passages: list[Passage] = []
        self.title = ""

    def top(self, code: Any) -> None:
        offset = 0
        for node in code.nodes:
            self._cursor = max(self._cursor, offset)
            self._node(node, 0)
            offset += len(str(node))
        self._flush()

    # --- places --------------------------------------------------------------------------

    def _place(self, written: str) -> int:
        """The line of the next place where this is written; reading goes on there."""
        position = self._text.find(written, self._cursor) if written else -1
        if position >= 0:
            self._cursor = position + 1
        return self._lines.at(self._cursor)

    def _say(self) -> None:
        text = "".join(self._running)
        self._running.clear()
        if not text:
            return
        if self._builder.is_empty:
            self._builder.line = self._lines.at(self._cursor)
        write(self._builder, text, self._lines.at(self._cursor))

    def _flush(self) -> None:
        self._say()
        passage = self._builder.build()
        if passage.text.strip() or passage.links or passage.marks:
            self.passages.append(passage)
        self._builder = PassageBuilder(self._lines.at(self._cursor), note=self._note)

    # --- nodes ----------------------------------------------------------------------------

    def _walk(self, code: Any, depth: int) -> None:
        if code is not None and depth < _MAX_DEPTH:
            for node in code.nodes:
                self._node(node, depth + 1)

    def _node(self, node: Any, depth: int) -> None:
        match type(node).__name__:
            case "Text":
                self._paragraphs(str(node.value).rpartition("|")[2] if self._in_caption else str(node.value))
            case "HTMLEntity":
                self._running.append(_entity(node))
            case "ExternalLink":
                self._external(node, depth)
            case "Wikilink":
                if _FILES.match(str(node.title)):
                    self._caption(node, depth)
                elif node.text is not None:
                    self._walk(node.text, depth)
                else:
                    self._running.append(str(node.title).lstrip(":"))
            case "Heading":
                self._flush()
                self._walk(node.title, depth)
                if node.level == 1 and not self.title:
                    self.title = fold(node.title.strip_code())
                self._flush()
            case "Tag":
                self._tag(node, depth)
            case "Template":
                self._template(node, depth)

    def _paragraphs(self, text: str) -> None:
        first, *others = _PARAGRAPH.split(text)
        self._running.append(first)
        for paragraph in others:
            self._flush()
            self._running.append(paragraph)

    def _external(self, node: Any, depth: int) -> None:
        url = str(node.url).strip()
        self._say()
        line = self._place(url)
        if self._builder.is_empty:
            self._builder.line = line
        if not node.brackets:
            write(self._builder, url, line)
            return
        target = f"https:{url}" if url.startswith("//") else url
        if node.title is None or not str(node.title).strip():
            self._builder.bare(target, url, line)
            return
        self._builder.open(target, line)
        self._walk(node.title, depth)
        self._say()
        self._builder.close()

    def _caption(self, node: Any, depth: int) -> None:
        """The links in the caption of a picture, which stands apart from the text around it."""
        if node.text is not None and "//" in str(node.text):
            in_caption, self._in_caption = self._in_caption, True
            self._apart(node.text, depth)
            self._in_caption = in_caption

    def _apart(self, content: Any, depth: int) -> None:
        """Read what is a passage by itself, and go on with the one around it."""
        outer, outer_running = self._builder, self._running
        self._builder, self._running = PassageBuilder(self._lines.at(self._cursor), note=self._note), []
        self._walk(content, depth)
        self._flush()
        self._builder, self._running = outer, outer_running

    def _tag(self, node: Any, depth: int) -> None:
        name = str(node.tag).strip().lower()
        if name == "ref":
            self._ref(node, depth)
        elif name == "references":
            self._listed(node.contents, depth)
        elif name == "br":
            self._running.append("\n")
        elif name in ("code", "tt", "kbd", "samp"):
            self._say()
            self._builder.text(fold(str(node.contents)))
        elif name == "gallery":
            self._gallery(str(node.contents), depth)
        elif name not in _SILENT:
            if name in _BLOCKS:
                self._flush()
            self._walk(node.contents, depth)
            if name in _BLOCKS and str(node.contents).strip():
                self._flush()

    def _gallery(self, contents: str, depth: int) -> None:
        """A picture a line, its caption behind the bar."""
        import mwparserfromhell

        for line in contents.splitlines():
            self._flush()
            self._walk(mwparserfromhell.parse(line.partition("|")[2]), depth)
        self._flush()

    def _ref(self, node: Any, depth: int) -> None:
        attributes = {str(item.name).strip().lower(): str(item.value or "").strip("\"' ") for item in node.attributes}
        content = None if node.self_closing or not str(node.contents or "").strip() else node.contents
        name = attributes.get("name", "")
        self._notes += 1
        label = f"{attributes.get('group', '')}:{name}" if name else f":ref {self._notes}"
        self._mark(label)
        if content is not None:
            self._as_note(label, content, depth)

    def _mark(self, label: str) -> None:
        if not self._in_list:
            self._say()
            self._builder.cite(label)

    def _as_note(self, label: str, content: Any, depth: int) -> None:
        outer, self._note = self._note, label
        in_list, self._in_list = self._in_list, False
        self._apart(content, depth)
        self._note, self._in_list = outer, in_list

    def _listed(self, content: Any, depth: int) -> None:
        self._flush()
        in_list, self._in_list = self._in_list, True
        self._walk(content, depth)
        self._running.clear()
        self._flush()
        self._in_list = in_list

    # --- templates ----------------------------------------------------------------------------

    def _template(self, node: Any, depth: int) -> None:
        name = cite_templates.name_of(str(node.name))
        parameters = {str(item.name).strip(): item.value for item in node.params}
        if name in cite_templates.SHORT_NOTES:
            self._mark(
                ":" + cite_templates.short_label([str(value) for key, value in parameters.items() if key.isdigit()])
            )
        elif name in ("r", "ref name"):
            for value in (value for key, value in parameters.items() if key.isdigit()):
                self._mark(f":{str(value).strip()}")
        elif name in ("refn", "efn", "efn-ua", "efn-la", "note", "#tag:ref", "fn", "anm"):
            content = parameters.get("1")
            label = f"{name}:{parameters.get('name', '')}"
            self._notes += 1
            label = label if "name" in parameters else f"{name}:{self._notes}"
            self._mark(label)
            if content is not None:
                self._as_note(label, content, depth)
        elif name in ("reflist", "notelist", "références", "listaref", "refs"):
            self._listed(parameters.get("refs") or parameters.get("références"), depth)
        elif name in ("webarchive", "wayback", "web archive"):
            self._copy(str(parameters.get("url", "")).strip(), depth)
        elif name in ("url", "official website", "official", "website", "official url"):
            self._official(parameters)
        elif (cited := cite_templates.read(name, parameters)) is not None:
            self._cited(cited)
        else:
            for value in parameters.values():
                self._value(value, depth)

    def _value(self, value: Any, depth: int) -> None:
        """A parameter of a template not known here: its text is a passage by itself, if it has links or notes."""
        written = str(value)
        if "//" in written or "<ref" in written or "{{" in written:
            self._apart(value, depth)

    def _official(self, parameters: Mapping[str, Any]) -> None:
        url = str(parameters.get("1", parameters.get("url", ""))).strip()
        if not url:
            return
        self._say()
        line = self._place(url)
        target = url if "://" in url else f"http://{url.removeprefix('//')}"
        shown = parameters.get("2", parameters.get("name"))
        self._builder.link(target, shown.strip_code() if shown is not None else url, line)

    def _copy(self, url: str, depth: int) -> None:
        """{{webarchive}} after a link: the copy of what that link leads to."""
        self._say()
        if not url:
            return
        links = self._builder.links
        if links and links[-1].snapshot is None:
            links[-1] = replace(links[-1], snapshot=url)
        else:
            self._builder.bare(url, url, self._place(url))

    def _cited(self, cited: CiteTemplate) -> None:
        self._say()
        builder = self._builder
        if self._cites_short and self._note is None and builder.is_empty and cited.short_label:
            self._builder = builder = PassageBuilder(builder.line, note=f":{cited.short_label}")
        before = len(builder.links)
        if cited.before:
            builder.text(f"{cited.before.rstrip('.')}. ")
        start = self._cursor
        anchored = False
        for written, url in cited.targets:
            self._cursor = start
            line = self._place(written)
            if builder.is_empty:
                builder.line = line
            if anchored or not cited.title:
                builder.text(" " if not builder.is_empty else "")
                builder.bare(url, url, line)
            else:
                builder.link(url, cited.title, line)
            anchored = True
        if not anchored:
            builder.text(cited.title)
        builder.text(". " + ". ".join(cited.after) if cited.after else "")
        links = builder.links
        accessed = dates.parse_date(cited.accessed) if cited.accessed else None
        links[before:] = [replace(link, accessed=accessed, snapshot=cited.snapshot) for link in links[before:]]


def _entity(node: Any) -> str:
    try:
        return str(node.normalize())
    except (ValueError, OverflowError):
        return str(node)
