"""Verdicts that a failure or a status code gives by itself."""

from __future__ import annotations

from linkarchive.judge.page_view import host, judgement_of
from linkarchive.model import REASONS, Failure, Judgement, Reason, Verdict

_STATUS: dict[int, tuple[Verdict, Reason, float, str]] = {
    404: (Verdict.DEAD, Reason.HTTP_404, 0.97, "the server says that there is no such page (404)"),
    410: (Verdict.DEAD, Reason.HTTP_410, 0.99, "the server says that the page is gone for good (410)"),
    401: (Verdict.BLOCKED, Reason.LOGIN, 0.95, "the server asks for a login (401)"),
    407: (Verdict.BLOCKED, Reason.LOGIN, 0.9, "a proxy asks for a login (407)"),
    402: (Verdict.BLOCKED, Reason.PAYWALL, 0.9, "the server asks for payment (402)"),
    403: (Verdict.BLOCKED, Reason.FORBIDDEN, 0.95, "the server refuses to show the page to us (403)"),
    406: (Verdict.BLOCKED, Reason.FORBIDDEN, 0.85, "the server refuses requests like ours (406)"),
    429: (Verdict.BLOCKED, Reason.RATE_LIMITED, 0.98, "the server says that we asked too often (429)"),
    451: (Verdict.BLOCKED, Reason.LEGAL, 0.98, "withheld for legal reasons (451)"),
    408: (Verdict.UNREACHABLE, Reason.PROTOCOL, 0.95, "the server answers that it gave up waiting (408)"),
    999: (Verdict.BLOCKED, Reason.FORBIDDEN, 0.95, "the server refuses automatic visits (999, as LinkedIn does)"),
}

_FAILURES = {
    Reason.TIMEOUT: "there was no answer in time",
    Reason.REFUSED: "the host refused the connection",
    Reason.RESET: "the connection broke off",
    Reason.TLS: "no secure connection could be made",
    Reason.DNS: "the host name could not be looked up",
    Reason.HTTP_5XX: "the server reports an error of its own",
    Reason.REDIRECT_LOOP: "the page redirects in a circle",
    Reason.PROTOCOL: "the answer cannot be understood",
    Reason.TOO_LARGE: "the answer unpacks to more than we accept",
    Reason.ROBOTS: "the site's robots.txt asks us not to visit this address",
    Reason.PRIVATE_ADDRESS: "the address is not on the public web",
    Reason.SCHEME: "this is not a web address",
    Reason.OTHER_NETWORK: "this machine has no way to the network of the address",
}

# What OpenSSL and libcurl say about certificates (OpenSSL 3 X509_verify_cert_error_string, libcurl 8; 2026-11-23).
_CERTIFICATES = (
    ("certificate has expired", "the server's certificate has expired"),
    ("certificate is not yet valid", "the server's certificate is not valid yet"),
    ("certificate revoked", "the server's certificate was revoked"),
    ("self-signed certificate in certificate chain", "the server's certificate is signed by nobody we trust"),
    ("self-signed", "the server's certificate is signed by the server itself, by nobody we trust"),
    ("self signed", "the server's certificate is signed by the server itself, by nobody we trust"),
    (
        "unable to get local issuer",
        "the server does not send its intermediate certificate, or nobody we trust signed it",
    ),
    ("unable to verify the first certificate", "the server does not send its intermediate certificate"),
    ("no alternative certificate subject name", "the server's certificate is for another host name"),
    ("does not match target host name", "the server's certificate is for another host name"),
    ("hostname mismatch", "the server's certificate is for another host name"),
)
_SENTENCES = ("the ", "there ", "no ", "an ", "a ")


def by_failure(failure: Failure) -> Judgement:
    """The verdict on a visit that saw no page."""
    if failure.reason is Reason.DNS and failure.no_such_name:
        name = host(failure.url)
        return judgement_of(Verdict.DEAD, Reason.DNS, 0.97, f"the host name {name} does not exist (any more)")
    evidence = _in_words(failure)
    for kind in (Verdict.UNREACHABLE, Verdict.BLOCKED, Verdict.SKIPPED):
        if failure.reason in REASONS[kind]:
            return judgement_of(kind, failure.reason, 0.95, evidence)
    return judgement_of(Verdict.UNREACHABLE, Reason.PROTOCOL, 0.6, evidence)


def _in_words(failure: Failure) -> str:
    """One sentence; the detail alone where it is a sentence itself, so that nothing is said twice."""
    words, detail = _FAILURES.get(failure.reason, failure.reason.value), failure.detail.strip()
    if failure.reason is Reason.TLS:
        for phrase, sentence in _CERTIFICATES:
            if phrase in detail.lower():
                return f"no secure connection could be made: {sentence}"
    if detail.startswith(words):
        return detail
    if detail.lower().startswith(_SENTENCES) and failure.reason is not Reason.TLS:
        return detail
    return f"{words} ({detail})" if detail else words


def by_status(status: int | None, has_body: bool) -> Judgement | None:
    """The verdict that a status gives by itself; None where the page decides: for 2xx, and for a redirect that leads
    nowhere and has a page of its own, which browsers show."""
    if status is not None and (200 <= status < 300 or (300 <= status < 400 and status != 304 and has_body)):
        return None
    if status in _STATUS:
        return judgement_of(*_STATUS[status])
    if status is not None and 500 <= status < 600:
        return judgement_of(
            Verdict.UNREACHABLE, Reason.HTTP_5XX, 0.97, f"the server reports an error of its own ({status})"
        )
    if status is not None and 400 <= status < 500:
        return judgement_of(Verdict.BLOCKED, Reason.FORBIDDEN, 0.75, f"the server rejects the request ({status})")
    answer = "no status" if status is None else f"status {status} without a page"
    return judgement_of(Verdict.UNREACHABLE, Reason.PROTOCOL, 0.85, f"the answer cannot be used: {answer}")
