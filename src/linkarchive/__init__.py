"""linkarchive: keeps the sources of an article (command: `archive`). The public API, described in docs/api.md.

Names are loaded when they are first used: `import linkarchive` takes a millisecond.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from linkarchive.api.articles import extract, recover
    from linkarchive.api.pages import find_memento, judge, render
    from linkarchive.api.project import Project, check
    from linkarchive.errors import (
        ArchiveError,
        ArchiveUnavailable,
        ArticleError,
        IncompleteError,
        LockedError,
        OfflineError,
        SettingsError,
        StorageError,
        UnknownSourceError,
        UsageError,
    )
    from linkarchive.model import (
        Acceptance,
        Article,
        Baseline,
        Capture,
        CaptureRef,
        Citation,
        CitationResult,
        Difference,
        Failure,
        Hop,
        Judgement,
        Loss,
        Origin,
        Page,
        Reason,
        Report,
        Result,
        RunInfo,
        SourceReport,
        Unresolved,
        Verdict,
    )
    from linkarchive.settings import Settings
    from linkarchive.snapshot.writer import Memento

__all__ = [
    "Acceptance",
    "ArchiveError",
    "ArchiveUnavailable",
    "Article",
    "ArticleError",
    "Baseline",
    "Capture",
    "CaptureRef",
    "Citation",
    "CitationResult",
    "Difference",
    "Failure",
    "Hop",
    "IncompleteError",
    "Judgement",
    "LockedError",
    "Loss",
    "Memento",
    "OfflineError",
    "Origin",
    "Page",
    "Project",
    "Reason",
    "Report",
    "Result",
    "RunInfo",
    "Settings",
    "SettingsError",
    "SourceReport",
    "StorageError",
    "UnknownSourceError",
    "Unresolved",
    "UsageError",
    "Verdict",
    "__version__",
    "check",
    "extract",
    "find_memento",
    "judge",
    "recover",
    "render",
]  # fmt: skip
_MODULES = ("errors", "settings", "model", "api.articles", "api.pages", "api.project", "snapshot.writer")
"""Where a name is looked for, in this order."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        for path in _MODULES:
            module = importlib.import_module(f"{__name__}.{path}")
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


class _PublicModule(ModuleType):
    """`check` and `judge` are functions of the API and packages below it. Python would bind each package to its name
    here when it is imported; the name stays the function's (`from linkarchive.judge import …` works all the same)."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _PublicModule
