"""What a LaTeX document prints: the running text and the notes, on their way to passages."""

from __future__ import annotations

from dataclasses import dataclass, field

from linkarchive.article.formats import tex
from linkarchive.article.formats.located import Lines
from linkarchive.article.passage import Passage, PassageBuilder
from linkarchive.article.text import write


@dataclass(slots=True)
class _Flow:
    """Text on its way to passages: the body, or one note."""

    note: str | None = None
    builder: PassageBuilder = field(default_factory=lambda: PassageBuilder(1))
    running: list[str] = field(default_factory=list)
    start: int = 0
    """Where in the source the running text begins."""
    is_inside: bool = False
    """A note, whose text stands within a paragraph."""


class Output:
    """Collects text. `lines` are those of the source that is being read."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.passages: list[Passage] = []
        self._of_notes: list[Passage] = []
        self._flow = _Flow()
        self._blank_is_due = False

    @property
    def builder(self) -> PassageBuilder:
        """Of the passage that is open."""
        return self._flow.builder

    def begin(self, note: str | None, start: int) -> None:
        """What follows from there is the entry of that name in the list of references, or (None) running text."""
        self._flow.note = note
        self._flow.builder = PassageBuilder(self.lines.at(start), note=note)

    def open_note(self, label: str, start: int) -> _Flow:
        """Begin a note within the paragraph. Returns what `close_note` takes."""
        outer = self._flow
        self._flow = _Flow(label, PassageBuilder(self.lines.at(start), note=label), is_inside=True)
        return outer

    def close_note(self, outer: _Flow) -> None:
        self.flush()
        self._flow = outer

    def say(self, text: str, start: int) -> None:
        if text:
            if self._blank_is_due and text[0] not in ".,;:!?)]} \n~":
                text = f" {text}"
            self._blank_is_due = False
            if not self._flow.running:
                self._flow.start = start
            self._flow.running.append(text)

    def flush_running(self) -> None:
        flow = self._flow
        text, flow.running = "".join(flow.running), []
        if not text:
            return
        lead = 0
        if flow.builder.is_empty:
            lead = text.count("\n", 0, len(text) - len(text.lstrip()))
            flow.builder.line = self.lines.at(flow.start) + lead
        shown = tex.plain(text)
        shown = shown.lstrip() if flow.builder.is_empty else shown
        write(flow.builder, shown, self.lines.at(flow.start) + lead)

    def flush(self) -> None:
        self.flush_running()
        flow = self._flow
        passage = flow.builder.build()
        if passage.text.strip() or passage.links or passage.marks:
            (self._of_notes if flow.is_inside else self.passages).append(passage)
        if not flow.is_inside:  # notes come after the paragraph that bears their marks
            self.passages += self._of_notes
            self._of_notes = []
        flow.builder = PassageBuilder(passage.line, note=flow.note)

    def mark(self, label: str) -> None:
        self.flush_running()
        self._flow.builder.cite(label)

    def drop_tie(self) -> None:
        """The blank that ties a citation to its word is not printed before a full stop."""
        running = self._flow.running
        text = "".join(running)
        if text.endswith(("~", " ", "\n")):
            running[:] = [text.rstrip("~ \n")]
            self._blank_is_due = True
