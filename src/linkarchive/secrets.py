"""Secrets in addresses: which parts of a URL let their holder in, and the URL without them (docs/design.md §4).

The one place that decides it, by pattern: user info, parameters by name (in query, fragment, path and in addresses
inside of addresses, encoded or not), the shapes of well-known tokens, and paths that are keys by themselves (webhooks,
links to reset a password). Pure and total: any text is taken, and what is redacted stays as it is when redacted again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

REDACTED = "REDACTED"

# Those that are no compiled patterns are compiled when they are first used.
# Names are compared by their letters and digits in lower case, so that `access_token`, `Access-Token`, `auth[token]`
# and `%61ccess.token` are one; what is public about pages of results is not meant.
_PRIVATE_NAME = (
    r"(?!.*(?:page|next|prev|previous|continuation|sync|start|scroll|cursor)token$)(?:"
    r".*(?:token|secret(?!ar)\w*|passw\w*|passphrase|passcode|signature|credentials?|apikey|accesskey|accesskeyid|securekey"
    r"|secretkey|privatekey|authkey|sharedkey|sessionid|sessid|sessionkey|authorization|authcode|saslresponse)"
    r"|aspsessionid\w*|auth|bearer|cf_?id|cftoken|hdne[at]s?|hdnts?|hdntl|hmac|jwt|key|otp|pass|pwd|rlkey|samlart"
    r"|saml(?:request|response)|session|sid|sig|userpwd|wresult|assertion|xamzcredential|xgoogcredential|magiclink)"
)
# Public unless their value looks like one that was drawn by lot.
_PERHAPS_NAME = (
    r"activation(?:code|key)?|code|confirm(?:ation)?(?:code|key)?|invit(?:e|ation)(?:code|key)?|k|login|nonce|policy|pw"
    r"|relaystate|reset(?:code|key)?|state|ticket|unsubscribe|verif(?:y|ication)(?:code|key)?|keypairid"
)

# Letters may be percent-encoded, or be others' that are ASCII in lower case (the sign for kelvin).
_NAME = re.compile(r"[?#&;]([\w.%+~$:\[\]-]+)=")
_VALUE = re.compile(r"[^&;#]*")
_SECRET_VALUE = re.compile(r"[^&#]*")
_PATH_VALUE = re.compile(r"[^;/?#]*")

_USER_INFO = re.compile(r"(:[/\\]{2,})([^/\\?#]*)@")
# A user's name alone is no secret; whatever could be a token is taken for one.
_USER_NAME = re.compile(r"[A-Za-z._-]{1,15}")

# Tokens that their makers gave a shape, so that they can be told wherever a part of an address begins. (To look for a
# letter first makes the search twice as fast, here and below.)
_TOKEN = re.compile(
    r"([/=?&#;:@])(?=[A-Za-z])(?:eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)*|gh[pousr]_\w{20,}|github_pat_\w{20,}"
    r"|gl(?:pat|dt|rt|ptt|cbt)-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|[srp]k_(?:live|test)_\w{10,}"
    r"|sk-(?:\w{2,8}-){0,2}[A-Za-z0-9]{20,}|A[KS]IA[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{10,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|hf_[A-Za-z0-9]{20,}|npm_\w{20,}|pypi-[\w-]{20,}|do[op]_v1_\w{20,}"
    r"|shp(?:at|ca|pa|ss)_\w{16,}|bot\d{6,}:[\w-]{20,}|whsec_\w{16,}|dckr_pat_[\w-]{16,})"
)
# Where a service takes whatever is posted to an address that nobody is to know.
_HOOK = (
    r"(?i)((?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
    r"|webhook\.office\.com/webhookb2/|outlook\.office(?:365)?\.com/webhook/|hooks\.zapier\.com/hooks/catch/"
    r"|maker\.ifttt\.com/trigger/[^/?#\s]+/(?:json/)?with/key/|hook\.[\w-]+\.(?:make|integromat)\.com/"
    r"|logic\.azure\.com[^?#\s]*/triggers/))([^?#\s\"'<>)]+)"
)
# Path segments after which a value that was drawn by lot is a key.
_DOOR = re.compile(
    r"(/(?:\w{1,24}[-_])?(?=[a-z])(?:access|activat(?:e|ion)|api-?key|auth|confirm(?:ation)?|hooks?|invit(?:e|ation)s?"
    r"|key|login|magic|oauth2?|passwords?|private|recover|reset|secret|session|signin|sso|tokens?|unsubscribe|verif(?:y|ication)"
    r"|webhookb?2?s?)(?:[-_]\w{1,24})?/(?:\w{1,12}/)?|/private-)([\w~.-]{12,})",
    re.I,
)
_ENCODED = re.compile(r"%(?:25)*(?:3[dD]|40|2[fF])")
_ENCODINGS = 8
"""Addresses inside of addresses are looked at this deep."""

_LETTER_DIGIT = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9])")
_HEX = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A part of a text that could be an address or a piece of one.
_CHUNK = re.compile(r"[^\s<>\"“”]+")


def redact(url: str) -> str:
    """The URL with `REDACTED` in place of each secret in it."""
    return _redacted(url, _ENCODINGS) if may_hold_secrets(url) else url


def redact_text(text: str) -> str:
    """The text with every secret taken out of the addresses in it, whole ones and parts."""
    return _CHUNK.sub(lambda match: _redacted(match[0], _ENCODINGS), text) if may_hold_secrets(text) else text


def has_secrets(url: str) -> bool:
    """User info, a mere name too, or any other secret: such a URL never goes to third parties."""
    return has_user_info(url) or redact(url) != url


def has_user_info(url: str) -> bool:
    """A name or a password stands before a host, that of the URL or of one inside of it."""
    return "@" in url and _USER_INFO.search(url) is not None


def may_hold_secrets(text: str) -> bool:
    """`redact` could change some URL in this text, which may be JSON; False is certain, and quickly told."""
    if "=" in text and any(map(_may_be_secret, _NAME.findall(text))):
        return True
    if ("@" in text and _USER_INFO.search(text)) or ("%" in text and _ENCODED.search(text)):
        return True
    if _TOKEN.search(text) or _DOOR.search(text):
        return True
    # Looking for the services takes ten times as long as looking for the words that all of their addresses have.
    lower = text.lower()
    return ("hook" in lower or "trigger" in lower) and re.search(_HOOK, text) is not None


@lru_cache(4096)
def _may_be_secret(name: str) -> bool:
    letters = _letters(name)
    return bool(re.fullmatch(_PRIVATE_NAME, letters) or re.fullmatch(_PERHAPS_NAME, letters))


@lru_cache(4096)
def _letters(name: str) -> str:
    """The letters and digits of a parameter's name, in lower case: of `user[api_key]`, `userapikey`."""
    return re.sub(r"[\W_]", "", _decoded(unquote_plus(name))).lower()


def _decoded(text: str) -> str:
    for _ in range(_ENCODINGS):
        text, before = unquote(text), text
        if text == before:
            break
    return text


def _redacted(url: str, depth: int) -> str:
    url = _USER_INFO.sub(lambda match: match[0] if _USER_NAME.fullmatch(match[2]) else f"{match[1]}{REDACTED}@", url)
    # A text directive quotes the page: its words are no parameters.
    address, directive, words = url.partition("#:~:")
    address = re.sub(_HOOK, rf"\1{REDACTED}", _TOKEN.sub(rf"\1{REDACTED}", address))
    address = _DOOR.sub(lambda match: match[1] + (REDACTED if _is_drawn(match[2]) else match[2]), address)
    return _parameters_redacted(address, depth) + directive + words


def _parameters_redacted(address: str, depth: int) -> str:
    """Without the values of secret parameters and the secrets in other values and in path segments."""
    query = re.search(r"[?#]", address)
    path_end = query.start() if query else len(address)
    pieces: list[str] = []
    done = 0
    for match in _NAME.finditer(address):
        start, letters = match.end(), _letters(match[1])
        is_secret = re.fullmatch(_PRIVATE_NAME, letters) is not None
        shape = _PATH_VALUE if start <= path_end else _SECRET_VALUE if is_secret else _VALUE
        value = shape.match(address, start)[0]  # type: ignore[index]  # each of them matches the empty text, too
        if start > done and value and (is_secret or (re.fullmatch(_PERHAPS_NAME, letters) and _is_drawn(value))):
            pieces += (_nested_redacted(address[done:start], depth), REDACTED)
            done = start + len(value)
    return "".join(pieces) + _nested_redacted(address[done:], depth)


_PIECE = re.compile(r"[^/?#&;=]*%[^/?#&;=]*")


def _nested_redacted(part: str, depth: int) -> str:
    """Without the percent-encoded values and path segments that have secrets once they are decoded."""
    if depth == 0 or "%" not in part:
        return part
    return _PIECE.sub(lambda match: REDACTED if _holds_encoded(match[0], depth) else match[0], part)


def _holds_encoded(piece: str, depth: int) -> bool:
    decoded = unquote(piece)
    return decoded != piece and _redacted(decoded, depth - 1) != decoded


def _is_drawn(value: str) -> bool:
    """The value looks drawn by lot: letters and digits mixed as no words are, or hexadecimal."""
    return len(value) >= 12 and (
        len(_LETTER_DIGIT.findall(value)) >= 3 or _HEX.search(value) is not None or value.isdecimal()
    )
