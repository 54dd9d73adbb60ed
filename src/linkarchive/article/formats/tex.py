"""TeX's spelling of plain text and of URLs, as LaTeX and BibTeX have it."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
    "textasciitilde": "~", "sim": "~", "textunderscore": "_", "textbackslash": "\\", "textasciicircum": "^",
    "textdollar": "$", "textbar": "|", "textless": "<", "textgreater": ">", "slash": "/", "ldots": "…", "dots": "…",
    "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "glqq": "„", "grqq": "“", "glq": "‚", "grq": "‘", "flqq": "«",
    "frqq": "»", "guillemotleft": "«", "guillemotright": "»", "og": "«", "fg": "»", "texteuro": "€", "euro": "€",
    "EUR": "€", "pounds": "£", "textsterling": "£", "S": "§", "P": "¶", "copyright": "©", "textregistered": "®",
    "texttrademark": "™", "textdegree": "°", "degree": "°", "percent": "%", "textpercent": "%", "quad": " ",
    "qquad": " ", "space": " ", "newline": " ", "TeX": "TeX", "LaTeX": "LaTeX", "today": "",
    "lbrace": "{", "rbrace": "}", "textbraceleft": "{", "textbraceright": "}", "times": "×", "approx": "≈",
}  # fmt: skip
_TOKEN = re.compile(
    r"""\\(?P<accent>[`'^~"=.])\s*(?:\{\s*\\?(?P<of_braced>[A-Za-z]?)\s*\}|\\?(?P<of>[A-Za-z]))
      | \\(?P<letter_accent>[uvHckrdbt])(?:\s*\{\s*\\?(?P<of_letter>[A-Za-z]{1,2})\s*\}|\s+\\?(?P<of_next>[A-Za-z]))
      | \\(?P<name>[A-Za-z]+)\*?[ \t]*(?:\{\})?
      | \\(?P<char>[^A-Za-z])
      | (?P<dash>---|--) | (?P<open>``) | (?P<close>'') | (?P<brace>[{}$]) | (?P<tie>~)
    """,
    re.VERBOSE | re.DOTALL,
)
_BREAKS = frozenset("\\ \n\t")
_NOTHING = frozenset("-/,!;:@>")


def plain(text: str) -> str:
    """The text that a reader sees of some TeX: accents composed, braces and commands gone, their arguments kept."""
    return unicodedata.normalize("NFC", _TOKEN.sub(_shown, text)).replace("ı\u0301", "í")


def _shown(match: re.Match[str]) -> str:
    if accent := match["accent"]:
        return _accented(accent, match["of_braced"] or match["of"] or "")
    if accent := match["letter_accent"]:
        return _accented(accent, match["of_letter"] or match["of_next"] or "")
    if name := match["name"]:
        return _SYMBOLS.get(name, "")
    if char := match["char"]:
        return " " if char in _BREAKS else "" if char in _NOTHING else char
    if dash := match["dash"]:
        return "—" if dash == "---" else "–"
    if match["open"] or match["close"]:
        return "“" if match["open"] else "”"
    return " " if match["tie"] else ""


def _accented(accent: str, letter: str) -> str:
    if not letter:
        return "~" if accent == "~" else "^" if accent == "^" else ""
    return letter[0] + _ACCENTS[accent] + letter[1:]


_IN_URL = re.compile(
    r"""\\(?:string|noexpand|protect)\s*(?=[~\\_%#&])
      | \{?\\(?:textasciitilde|sim)\s*(?:\{\})?\}? | \$\s*\\sim\s*\$ | \\~\{\}
      | \{?\\(?:textunderscore)\s*(?:\{\})?\}? | \\(?:slash|discretionary|allowbreak|linebreak|break)\b\s*(?:\{\})*
      | \\(?P<char>[_%#&$~{}^\\/.:?=@!*;,+-]) | (?P<brace>[{}]) | \s+
    """,
    re.VERBOSE,
)


def url(text: str) -> str:
    r"""The URL that TeX reads in an argument of \url or \href, or in the field `url` of an entry."""

    def unescaped(match: re.Match[str]) -> str:
        if char := match["char"]:
            return "" if char in "-/" and match[0] == "\\" + char else char
        if "tilde" in match[0] or "sim" in match[0] or match[0] == "\\~{}":
            return "~"
        return "_" if "underscore" in match[0] else ""

    return _IN_URL.sub(unescaped, text.strip())
