"""Addresses with secrets that are drawn by lot, in thirty shapes; for the tests beside it."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from urllib.parse import quote

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _encoded(value: str, times: int = 1) -> str:
    for _ in range(times):
        value = quote(value, safe="")
    return value


def jwt(dice: random.Random, secret: str) -> str:
    """A JSON web token that is signed with the secret."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': str(dice.random())})}.{secret}"


# By name: the address with the secret in it. `{s}` is the secret, `{h}` a host of the test's own.
PLAIN = {
    "password of a user": "http://reader:{s}@{h}/page",
    "token as user": "http://{s}@{h}/page",
    "token": "http://{h}/page?id=7&token={s}",
    "private token": "http://{h}/api/v4/file?private_token={s}&ref=main",
    "access key": "http://{h}/page?access_key={s}",
    "oauth token": "http://{h}/page?oauth_token={s}",
    "camel case": "http://{h}/page?accessToken={s}&lang=en",
    "with a minus": "http://{h}/page?X-Auth-Token={s}",
    "array": "http://{h}/page?token[]={s}",
    "form": "http://{h}/page?user[password]={s}&user[name]=me",
    "encoded name": "http://{h}/page?%61uth%5Ftoken={s}",
    "fragment": "http://{h}/page#access_token={s}&token_type=bearer",
    "session of PHP": "http://{h}/page?PHPSESSID={s}",
    "session in the path": "http://{h}/page;jsessionid={s}?id=3",
    "signed by Amazon": "http://{h}/f.pdf?X-Amz-Date=20260105T060000Z&X-Amz-Signature={s}",
    "signed by Microsoft": "http://{h}/f.pdf?sv=2022-11-02&se=2030-01-01&sig={s}%3D",
    "signed by Google": "http://{h}/f.pdf?X-Goog-Date=20260105&X-Goog-Signature={s}",
    "signed for a network of copies": "http://{h}/f.pdf?Signature={s}&Key-Pair-Id=APKAEXAMPLE",
    "SAML": "http://{h}/sso?SAMLResponse={s}",
    "client secret": "http://{h}/page?client_id=4&client_secret={s}",
    "api key": "http://{h}/page?q=tide&api_key={s}",
    "link to reset a password": "http://{h}/account/reset-password/{s}",
    "token in the path": "http://{h}/api/token/{s}/page",
    "webhook": "http://{h}/webhook/{s}",
    "webhook of Slack": "http://hooks.slack.com/services/T0AB12CD3/B0AB12CD3/{s}",
    "webhook of Discord": "http://discord.com/api/webhooks/1012345678901234567/{s}",
}
NESTED = {
    "next address": ("http://{h}/login?next={n}", "http://{h}/page?token={s}", 1),
    "next address, encoded twice": ("http://{h}/login?next={n}", "http://{h}/page?access_token={s}&a=1", 2),
    "address in the path": ("http://{h}/go/{n}", "http://reader:{s}@{h}/page", 1),
}
SHAPES = (*PLAIN, *NESTED, "JSON web token in the path")


def secret_of(dice: random.Random) -> str:
    """A token as programs draw them: letters and digits, hexadecimal, in groups, or safe for addresses."""
    kind = dice.randrange(4)
    if kind == 0:
        return f"{dice.getrandbits(160):040x}"
    if kind == 1:
        text = f"{dice.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    if kind == 2:
        return base64.urlsafe_b64encode(dice.randbytes(24)).decode()
    return "".join(dice.choices(_LETTERS, k=dice.randint(20, 40)))


def address_of(shape: str, dice: random.Random, secret: str, host: str) -> str:
    if shape in PLAIN:
        return PLAIN[shape].format(s=secret, h=host)
    if shape in NESTED:
        outer, inner, times = NESTED[shape]
        return outer.format(h=host, n=_encoded(inner.format(s=secret, h=host), times))
    return f"http://{host}/view/{jwt(dice, secret)}/page"


def generated(count: int, seed: int, host: Callable[[int], str]) -> Iterator[tuple[str, str, str]]:
    """Shape, secret and address of so many, the shapes in turn."""
    dice = random.Random(seed)
    for number in range(count):
        shape, secret = SHAPES[number % len(SHAPES)], secret_of(dice)
        yield shape, secret, address_of(shape, dice, secret, host(number))
