"""LaTeX's commands by what a reader has to know of them."""

from __future__ import annotations

import re

NOTES = frozenset(
    {"footnote", "endnote", "thanks", "sidenote", "marginpar", "marginnote", "tablefootnote", "tfootnote", "fnote",
     "footnotemark", "footnotetext", "endnotemark", "endnotetext", "note", "mpfootnote", "savenotes", "pagenote",
     "parnote"}
)  # fmt: skip
HEADINGS = frozenset(
    {"part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph", "caption", "captionof",
     "frametitle", "framesubtitle", "subtitle", "minisec", "addchap", "addsec", "epigraph", "abstract", "dedication"}
)  # fmt: skip

DEFINING = frozenset(
    {"newcommand", "renewcommand", "providecommand", "def", "urldef", "newrobustcmd", "DeclareRobustCommand",
     "NewDocumentCommand", "RenewDocumentCommand", "gdef", "edef"}
)  # fmt: skip
DROPPED = {
    "label": 1, "ref": 1, "eqref": 1, "pageref": 1, "autoref": 1, "nameref": 1, "cref": 1, "Cref": 1, "vref": 1,
    "usepackage": 1, "documentclass": 1, "RequirePackage": 1, "includegraphics": 1, "input": 1, "include": 1,
    "subfile": 1, "includeonly": 1, "bibliographystyle": 1, "newenvironment": 3, "renewenvironment": 3, "newtheorem": 2,
    "DeclareMathOperator": 2, "setlength": 2, "addtolength": 2, "setcounter": 2, "addtocounter": 2, "stepcounter": 1,
    "vspace": 1, "hspace": 1, "pagestyle": 1, "thispagestyle": 1, "pagenumbering": 1, "hypersetup": 1, "geometry": 1,
    "definecolor": 3, "color": 1, "fontsize": 2, "selectlanguage": 1, "index": 1, "phantom": 1, "hphantom": 1,
    "vphantom": 1, "tag": 1, "nocite": 1, "urlstyle": 1, "graphicspath": 1, "lstset": 1, "captionsetup": 1,
    "addcontentsline": 3, "markboth": 2, "markright": 1, "sisetup": 1, "usetheme": 1, "usecolortheme": 1,
    "titleformat": 5, "titlespacing": 4, "rule": 2, "cline": 1, "cmidrule": 1, "hyphenation": 1,
    "ExecuteBibliographyOptions": 1,
    "DeclareUnicodeCharacter": 2, "bibdata": 1, "bibstyle": 1, "newcounter": 1, "newlength": 1, "hypertarget": 1,
    "lstinputlisting": 1, "inputminted": 2, "verbatiminput": 1, "includepdf": 1, "author": 0, "printbibliography": 0,
}  # fmt: skip
"""Commands of which nothing is printed, with the number of their arguments."""

SKIPPED_ARGUMENTS = {
    "textcolor": 1, "colorbox": 1, "fcolorbox": 2, "foreignlanguage": 1, "hyperlink": 1, "hyperref": 0, "parbox": 1,
    "raisebox": 1, "makebox": 0, "framebox": 0, "resizebox": 2, "scalebox": 1, "multicolumn": 2, "multirow": 2,
    "rotatebox": 1, "adjustbox": 1, "setcitestyle": 1, "textlang": 1, "only": 0, "uncover": 0, "visible": 0,
}  # fmt: skip
"""Commands whose last argument is printed, with the number of those before it."""

SKIPPED_ENVIRONMENTS = {
    "tabular": 1, "tabularx": 2, "tabulary": 2, "array": 1, "longtable": 1, "minipage": 1, "wrapfigure": 2,
    "wraptable": 2, "multicols": 1, "thebibliography": 1, "adjustbox": 1, "columns": 0, "column": 1, "spacing": 1,
    "xltabular": 2, "tblr": 1, "otherlanguage": 1, "adjustwidth": 2,
}  # fmt: skip
"""Environments, with the number of arguments that are not printed."""

_CITATION = re.compile(r"(?:[a-z]*cite[a-z]*|[a-z]*cites|fullcite[a-z]*|footfullcite[s]?)\Z", re.IGNORECASE)
_NO_CITATIONS = frozenset(
    {"nocite", "citestyle", "citesetup", "citereset", "citetrackerfalse", "citetrackertrue", "defcitealias",
     "citename", "citation", "excite", "citeindextrue", "citeindexfalse", "precitecommand"}
)  # fmt: skip


def is_citation(name: str) -> bool:
    r"""Whether a command cites entries of a list of references: \cite and its kin of natbib and biblatex."""
    return _CITATION.match(name) is not None and name.lower() not in _NO_CITATIONS
