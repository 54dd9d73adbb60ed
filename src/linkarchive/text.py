"""Bytes of foreign origin as text: what type they are, how they are decoded; and the names of months."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

DECLARED_WITHIN = 16 * 1024
"""Bytes in which a document's own declaration of its encoding is looked for."""
DETECTED_WITHIN = 128 * 1024
"""Bytes from which an undeclared encoding is guessed."""

# --- encodings -------------------------------------------------------------------

# UTF-32 is not of the web, but of files; its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"?|'([^']*)'?|([^\s;]+))", re.I)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.S)
_META = re.compile(rb"""<meta[\s/](?:[^>"']|"[^"]*"|'[^']*')*?charset\s*=\s*["']?\s*([^\s"'>/;]+)""", re.I)
_META_IN_CONTENT = re.compile(
    rb"""<meta[\s/][^>]*?content\s*=\s*(?:"[^">]*?|'[^'>]*?)charset\s*=\s*([^\s"'>;]+)""", re.I
)
_XML = re.compile(rb"""\A\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']\s*([^\s"'>]+)""", re.I)
_WIDE_HEAD = 2048

# Python's codecs of these names know fewer characters than the standard's encodings.
_WIDER = {"gbk": "gb18030", "iso2022_jp": "iso2022_jp_ext"}
_JIS = ("euc_jp", "iso2022_jp_ext")
# Six signs of JIS X 0208 for which Python's codecs and the standard have other characters.
_AS_ON_THE_WEB = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")


def decode(data: bytes, content_type: str | None = None, *, markup: bool = False, end: int | None = None) -> str:
    """The text of `data` with `\\n` line ends, by the WHATWG Encoding standard; never fails.

    Undecodable bytes and NUL become U+FFFD. `content_type` and `markup` are as for `encoding_of`. With `end`, only
    the text of the bytes before it, where a character must end.
    """
    codec, mark = encoding_of(data, content_type, markup=markup)
    data = data[len(mark) : end] if mark or end else data
    try:
        text = data.decode(codec)  # several times as fast as what also mends wrong bytes
    except UnicodeDecodeError:
        text = data.decode(codec, _MENDING)
    if codec in _JIS:
        text = text.translate(_AS_ON_THE_WEB)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


def encoding_of(data: bytes, content_type: str | None = None, *, markup: bool = False) -> tuple[str, bytes]:
    """Python's name of the codec that `decode` reads with, and the byte order mark before the text (b"" for none).

    A byte order mark wins, then the charset of `content_type` (the value of the HTTP field), then what `markup`
    declares about itself, then detection. None for `content_type` is a file, not an answer: saved pages keep the
    declaration of the page, whatever they were saved as, so that UTF-8 goes before it, but for a file in ASCII.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return codec, mark
    if content_type and (named := _codec(charset_of(content_type))):
        return named, b""
    is_file = content_type is None
    if is_file and (wide := _wide(data)):
        return wide, b""
    utf8 = is_file and not data.isascii() and _is_utf8(data)
    if not utf8 and markup and (declared := _declared(data)):
        return declared, b""
    return ("utf-8" if utf8 or _is_utf8(data) else _detected(data)), b""


def charset_of(content_type: str) -> str:
    """The charset parameter of a Content-Type field, as written; "" where there is none."""
    match = _CHARSET.search(content_type)
    return (match[1] or match[2] or match[3] or "").strip() if match else ""


@lru_cache(256)
def _codec(label: str) -> str | None:
    """Python's codec for a label of the standard's; None for a label that it does not know."""
    import webencodings

    encoding = webencodings.lookup(label) if label.isascii() else None
    if encoding is None or encoding.name == "replacement":
        return None
    if encoding.name == "x-user-defined":
        codecs.register({"x_user_defined": encoding.codec_info}.get)
    name: str = encoding.codec_info.name
    return _WIDER.get(name, name)


def _declared(data: bytes) -> str | None:
    """The codec that a document names for itself; UTF-16 means UTF-8, or the name could not have been read."""
    head = _COMMENT.sub(b"", data[:DECLARED_WITHIN])
    match = _META.search(head) or _META_IN_CONTENT.search(head) or _XML.search(head)
    codec = _codec(match[1].decode("latin-1")) if match else None
    if codec is not None and codec.startswith("utf-16"):
        return "utf-8"
    return "cp1252" if codec == "x-user-defined" else codec


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in European text every other byte is NUL."""
    head = data[:_WIDE_HEAD]
    if len(head) < 4 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _is_utf8(data: bytes) -> bool:
    """All of it is; a body that was cut may end within a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _detected(data: bytes) -> str:
    """UTF-8 with a few damaged bytes, or what Firefox's detector takes it for."""
    head = data[:DETECTED_WITHIN]
    text = head.decode("utf-8", "replace")
    if sum(1 for char in text if char > "\x7f" and char != "\ufffd") > text.count("\ufffd"):
        return "utf-8"
    from chardetng_py import detect

    return _codec(detect(head)) or "cp1252"


def _mend(error: UnicodeError) -> tuple[str, int]:
    """U+FFFD, but for the rows of JIS X 0208 that Python's codecs lack: NEC's and IBM's, which the web has."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.encoding in _JIS:
        pair = bytes(byte | 0x80 for byte in error.object[error.start : error.start + 2])
        if len(pair) == 2 and min(pair) > 0xA0 and max(pair) < 0xFF:
            text = _shift_jis(*pair).decode("cp932", "replace")
            if "\ufffd" not in text:
                return text, error.start + 2
    return "\ufffd", max(error.end, error.start + 1)


def _shift_jis(lead: int, trail: int) -> bytes:
    """The bytes in Shift_JIS of a character of EUC-JP (JIS X 0208:1997, annex 1)."""
    row, cell = lead - 0xA1, trail - 0xA1
    first = row // 2 + (0x81 if row < 62 else 0xC1)
    second = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)
    return bytes((first, second))


_MENDING: Final = "linkarchive.mend"
codecs.register_error(_MENDING, _mend)


# --- types -----------------------------------------------------------------------

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PDF, ZIP, BINARY = "application/pdf", "application/zip", "application/octet-stream"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ESSENCE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_UNTOLD = frozenset({"", BINARY, "text/plain", "unknown/unknown", "application/unknown", "binary/octet-stream"})
_MEDIA = ("image/", "audio/", "video/", "font/")
_MAGIC = (
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_IN_ZIP = (
    (b"word/", DOCX),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_MIMETYPE = re.compile(rb"mimetype(application/[a-z.+-]+)")
# WHATWG MIME Sniffing §7.1, and the elements that saved fragments begin with.
_TAG = re.compile(
    rb"<(?:!doctype\s+html|!--|(?:html|head|body|script|iframe|h[1-6]|div|font|table|a|style|title|b|br|p|meta|ul|ol"
    rb"|article|main|section)(?=[\s/>]))",
    re.I,
)


def media_type(data: bytes, content_type: str = "") -> str:
    """What the bytes are, as a media type in lower case without parameters: the one place where this is told.

    `content_type` (the value of the HTTP field, or "") is believed unless the first bytes say otherwise
    (a PDF, a zip file) or it says nothing (octet-stream, text/plain, none).
    """
    declared = essence_of(content_type)
    head = data[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"%PDF-") or (b"%PDF-" in head and not declared.startswith("text/") and head[:1] != b"<"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _zipped(data, declared)
    if declared not in _UNTOLD:
        return declared
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if _TAG.match(head) and (not declared or b"<html" in head.lower()):
        return "text/html"
    if head.startswith(b"<?xml"):
        return "application/xhtml+xml" if b"<html" in head.lower() else "text/xml"
    if b"\0" in head and _wide(data) is None and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return BINARY
    return "text/plain"


def essence_of(content_type: str) -> str:
    """`text/html` of `Text/HTML; charset=utf-8`; "" for what is no media type. Of a field that came twice the last that
    is one, as in browsers (Fetch, "extract a MIME type")."""
    values = (value.partition(";")[0].strip().lower() for value in reversed(content_type.split(",")))
    return next((essence for essence in values if _ESSENCE.fullmatch(essence)), "")


def is_text(kind: str) -> bool:
    """A media type whose bytes are text."""
    return kind.startswith("text/") or kind in HTML_TYPES or kind.endswith(("json", "xml", "javascript", "yaml"))


def _zipped(data: bytes, declared: str) -> str:
    named = _MIMETYPE.search(data[:256])
    if named:
        return named[1].decode("ascii")
    if declared.startswith("application/") and declared not in _UNTOLD and "zip" not in declared:
        return declared
    return next((kind for folder, kind in _IN_ZIP if folder in data), ZIP)


# --- months ----------------------------------------------------------------------

# The twelve months of a language: each with its full name first, then other forms.
_MONTHS_BY_LANGUAGE = {
    "en": "january jan, february feb, march mar, april apr, may, june jun, july jul, august aug, september sept sep,"
    " october oct, november nov, december dec",
    "de": "januar jänner jan, februar feber feb, märz maerz mrz mär, april apr, mai, juni jun, juli jul, august aug,"
    " september sept sep, oktober okt, november nov, dezember dez",
    "nl": "januari jan, februari feb, maart mrt, april apr, mei, juni jun, juli jul, augustus aug, september sept sep,"
    " oktober okt, november nov, december dec",
    "fr": "janvier janv, février fevrier févr fév, mars, avril avr, mai, juin, juillet juil, août aout,"
    " septembre sept, octobre oct, novembre nov, décembre decembre déc",
    "es": "enero ene, febrero feb, marzo mar, abril abr, mayo may, junio jun, julio jul, agosto ago,"
    " septiembre setiembre sept sep, octubre oct, noviembre nov, diciembre dic",
    "it": "gennaio genn gen, febbraio febb feb, marzo mar, aprile apr, maggio magg mag, giugno giu, luglio lug,"
    " agosto ago, settembre sett set, ottobre ott, novembre nov, dicembre dic",
    "pt": "janeiro jan, fevereiro fev, março marco mar, abril abr, maio mai, junho jun, julho jul, agosto ago,"
    " setembro set, outubro out, novembro nov, dezembro dez",
    "ca": "gener, febrer, març, abril, maig, juny, juliol, agost, setembre, octubre, novembre, desembre",
    "ro": "ianuarie, februarie, martie, aprilie, mai, iunie, iulie, august, septembrie, octombrie, noiembrie,"
    " decembrie",
    "sv": "januari jan, februari feb, mars, april apr, maj, juni, juli, augusti aug, september sept, oktober okt,"
    " november nov, december dec",
    "da": "januar jan, februar feb, marts, april apr, maj, juni, juli, august aug, september sept, oktober okt,"
    " november nov, december dec",
    "no": "januar jan, februar feb, mars, april apr, mai, juni, juli, august aug, september sept, oktober okt,"
    " november nov, desember des",
    "fi": "tammikuu tammikuuta, helmikuu helmikuuta, maaliskuu maaliskuuta, huhtikuu huhtikuuta, toukokuu toukokuuta,"
    " kesäkuu kesäkuuta, heinäkuu heinäkuuta, elokuu elokuuta, syyskuu syyskuuta, lokakuu lokakuuta,"
    " marraskuu marraskuuta, joulukuu joulukuuta",
    "pl": "styczeń stycznia, luty lutego, marzec marca, kwiecień kwietnia, maj maja, czerwiec czerwca, lipiec lipca,"
    " sierpień sierpnia, wrzesień września, październik października, listopad listopada, grudzień grudnia",
    "cs": "leden ledna, únor února, březen března, duben dubna, květen května, červen června, červenec července,"
    " srpen srpna, září, říjen října, listopad listopadu, prosinec prosince",
    "hu": "január, február, március, április, május, június, július, augusztus, szeptember, október, november,"
    " december",
    "tr": "ocak, şubat, mart, nisan, mayıs, haziran, temmuz, ağustos, eylül, ekim, kasım, aralık",
    "id": "januari, februari, maret, april, mei, juni, juli, agustus, september, oktober, november, desember",
    "el": "ιανουάριος ιανουαρίου ιαν, φεβρουάριος φεβρουαρίου φεβ, μάρτιος μαρτίου μαρ, απρίλιος απριλίου απρ,"
    " μάιος μαΐου, ιούνιος ιουνίου, ιούλιος ιουλίου, αύγουστος αυγούστου αυγ, σεπτέμβριος σεπτεμβρίου σεπ,"
    " οκτώβριος οκτωβρίου οκτ, νοέμβριος νοεμβρίου νοε, δεκέμβριος δεκεμβρίου δεκ",
    "ru": "январь января янв, февраль февраля фев, март марта мар, апрель апреля апр, май мая, июнь июня июн,"
    " июль июля июл, август августа авг, сентябрь сентября сент сен, октябрь октября окт, ноябрь ноября ноя,"
    " декабрь декабря дек",
    "uk": "січень січня, лютий лютого, березень березня, квітень квітня, травень травня, червень червня,"
    " липень липня, серпень серпня, вересень вересня, жовтень жовтня, листопад листопада, грудень грудня",
    "bg": "януари, февруари, март, април, май, юни, юли, август, септември, октомври, ноември, декември",
    "ar": "يناير, فبراير, مارس, أبريل, مايو, يونيو, يوليو, أغسطس, سبتمبر, أكتوبر, نوفمبر, ديسمبر",
    "he": "ינואר, פברואר, מרץ, אפריל, מאי, יוני, יולי, אוגוסט, ספטמבר, אוקטובר, נובמבר, דצמבר",
    "hi": "जनवरी, फ़रवरी फरवरी, मार्च, अप्रैल, मई, जून, जुलाई, अगस्त, सितंबर सितम्बर, अक्टूबर, नवंबर नवम्बर, दिसंबर दिसम्बर",
}


def month_names(*languages: str) -> tuple[str, ...]:
    """The full names of the months in these languages (ISO 639-1), January first, language by language."""
    return tuple(names.split()[0] for language in languages for names in _MONTHS_BY_LANGUAGE[language].split(","))


MONTHS: Mapping[str, int] = {
    name.lower(): number
    for months in _MONTHS_BY_LANGUAGE.values()
    for number, names in enumerate(months.split(","), start=1)
    for name in names.split()
}
"""The number of a month by each of its names, in lower case."""


def _alternatives(names: Mapping[str, int]) -> str:
    by_letter: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[0], []).append(re.escape(name[1:]))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in sorted(by_letter.items()))


MONTH_PATTERN: Final = _alternatives(MONTHS)
"""A regular expression of alternatives, the longest first, for text in lower case."""
