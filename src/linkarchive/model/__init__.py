"""The nouns of the program as frozen structs, and the verdicts with their reasons.

Names of fields are those of the published JSON (docs/design.md §8) wherever the thing is published, so that one codec
(msgspec) serves the report, the database and the text files. Times are aware datetimes in UTC; absent facts are None.
"""

from linkarchive.model.article import Article, Citation, LinkKeys, LinkKind, Place, Unit
from linkarchive.model.capture import Capture, CaptureScope, Location, Origin, PartRecord
from linkarchive.model.case import Case, History, Judgement, Loss
from linkarchive.model.report import (
    ArticleReport,
    Category,
    Change,
    DecisionReport,
    Ignored,
    OriginalReport,
    Report,
    RunInfo,
    SourceReport,
    Sources,
    Standing,
    Unresolved,
)
from linkarchive.model.result import (
    Acceptance,
    Baseline,
    CaptureRef,
    CitationResult,
    LastGood,
    Read,
    Result,
    SeenElsewhere,
    Settled,
)
from linkarchive.model.scope import Scope
from linkarchive.model.verdict import REASONS, Reason, Verdict
from linkarchive.model.view import MAX_DIFFERENCES, ArticleText, Difference, DiffRow, Event, Picture, Pictures, Span
from linkarchive.model.visit import Failure, Hop, Page

__all__ = [
    "MAX_DIFFERENCES",
    "REASONS",
    "Acceptance",
    "Article",
    "ArticleReport",
    "ArticleText",
    "Baseline",
    "Capture",
    "CaptureRef",
    "CaptureScope",
    "Case",
    "Category",
    "Change",
    "Citation",
    "CitationResult",
    "DecisionReport",
    "DiffRow",
    "Difference",
    "Event",
    "Failure",
    "History",
    "Hop",
    "Ignored",
    "Judgement",
    "LastGood",
    "LinkKeys",
    "LinkKind",
    "Location",
    "Loss",
    "Origin",
    "OriginalReport",
    "Page",
    "PartRecord",
    "Picture",
    "Pictures",
    "Place",
    "Read",
    "Reason",
    "Report",
    "Result",
    "RunInfo",
    "Scope",
    "SeenElsewhere",
    "Settled",
    "SourceReport",
    "Sources",
    "Span",
    "Standing",
    "Unit",
    "Unresolved",
    "Verdict",
]
