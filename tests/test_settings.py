"""Settings: where they come from, which wins, and what is said of a wrong one (docs/design.md §3)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.errors import SettingsError
from linkarchive.model import Verdict
from linkarchive.settings import FailOn, Settings, load_settings
from linkarchive.settings_values import Count, checked, from_text


def pyproject(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


def own(folder: Path, text: str) -> None:
    (folder / "archive.toml").write_text(text)


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={})
    assert settings == Settings()
    network = settings.network
    assert (network.concurrency, network.per_host, network.host_delay, network.timeout) == (128, 2, 0.5, 20.0)
    assert network.max_body == 20 * 1024**2
    assert settings.check.fail_on == ("dead", "drifted", "unresolved")
    assert (settings.judge.strikes, settings.judge.strike_days) == (3, 7.0)
    assert (settings.keep.refresh_days, settings.keep.reports) == (90, 30)


def test_flags_beat_environment_beats_archive_toml_beats_pyproject(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.archive.network]\nconcurrency = 1\nper_host = 1\ntimeout = 1\nretries = 1\n")
    own(tmp_path, "[network]\nconcurrency = 2\nper_host = 2\ntimeout = 2\n")
    environ = {"ARCHIVE_NETWORK_CONCURRENCY": "3", "ARCHIVE_NETWORK_PER_HOST": "3"}
    settings = load_settings(tmp_path, environ=environ).with_flags("network", concurrency=4, per_host=None)
    network = settings.network
    assert (network.concurrency, network.per_host, network.timeout, network.retries) == (4, 3, 2.0, 1)


def test_a_named_file_stands_in_for_archive_toml(tmp_path: Path) -> None:
    own(tmp_path, "[network]\nconcurrency = 2\n")
    other = tmp_path / "other.toml"
    other.write_text("[network]\nper_host = 7\n")
    network = load_settings(tmp_path, other, {}).network
    assert (network.concurrency, network.per_host) == (128, 7)
    with pytest.raises(SettingsError, match=r"none\.toml: no such file"):
        load_settings(tmp_path, tmp_path / "none.toml", {})


def test_the_network_variables_of_every_program_are_read(tmp_path: Path) -> None:
    environ = {
        "http_proxy": "http://proxy.example:1",
        "HTTPS_PROXY": "http://proxy.example:2",
        "NO_PROXY": "a.example",
        "no_proxy": "b.example",
        "REQUESTS_CA_BUNDLE": "/ca/requests",
        "HTTP_PROXY": "http://evil.example",
    }
    network = load_settings(tmp_path, environ=environ).network
    assert network.http_proxy == "http://proxy.example:1"
    assert network.https_proxy == "http://proxy.example:2"
    assert network.no_proxy == "b.example"
    assert network.ca_file == "/ca/requests"
    assert load_settings(tmp_path, environ={**environ, "SSL_CERT_FILE": "/ca/ssl"}).network.ca_file == "/ca/ssl"
    assert load_settings(tmp_path, environ={"HTTP_PROXY": "http://evil.example"}).network.http_proxy == ""


def test_the_environment_is_read_by_the_kind_of_the_setting(tmp_path: Path) -> None:
    environ = {
        "ARCHIVE_CHECK_FAIL_ON": "dead, blocked,",
        "ARCHIVE_NETWORK_ALLOW_PRIVATE": "yes",
        "ARCHIVE_NETWORK_TIMEOUT": "2.5",
        "ARCHIVE_KEEP_REFRESH_DAYS": "10",
        "ARCHIVE_UNHEARD_OF": "is somebody else's",
    }
    settings = load_settings(tmp_path, environ=environ)
    assert settings.check.fail_on == ("dead", "blocked")
    assert settings.network.allow_private is True
    assert settings.network.timeout == 2.5
    assert settings.keep.refresh_days == 10


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ARCHIVE_NETWORK_TIMEOUT": "soon"}, r"ARCHIVE_NETWORK_TIMEOUT is 'soon': give a number"),
        ({"ARCHIVE_NETWORK_ALLOW_PRIVATE": "perhaps"}, "give true or false"),
        ({"ARCHIVE_NETWORK_RETRIES": "-1"}, "cannot be negative"),
        ({"ARCHIVE_NETWORK_TIMEOUT": "nan"}, "give a number"),
        ({"ARCHIVE_NETWORK_CONCURRENCY": "0"}, "at least 1"),
        ({"ARCHIVE_CHECK_FAIL_ON": "deda"}, "ARCHIVE_CHECK_FAIL_ON is 'deda'; did you mean dead"),
        (
            {"ARCHIVE_CHECK_FAILON": "dead"},
            "which is unknown; did you mean ARCHIVE_CHECK_FAIL_ON",
        ),
        ({"ARCHIVE_SITES_HOST": "a.example"}, r"\[\[sites\]\] is a list of sections"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(tmp_path, environ=environ)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[netwrok]\n", r"unknown section \[netwrok\]; did you mean network\?"),
        ("[network]\nconcurency = 1\n", r"unknown key network\.concurency; did you mean concurrency\?"),
        ("[network]\nzzz = 1\n", "known are concurrency, per_host"),
        ("[network]\nconcurrency = 'many'\n", r"network\.concurrency is 'many': give a whole number"),
        ("[network]\nconcurrency = true\n", "give a whole number"),
        ("[network]\nretries = -1\n", "cannot be negative"),
        ("[check]\nfail_on = 'dead'\n", "give a list of texts"),
        ("[check]\nfail_on = [1]\n", "check\\.fail_on is 1; known are ok, moved"),
        ("[check]\nfail_on = ['deda']\n", "check\\.fail_on is 'deda'; did you mean dead"),
        ("[check]\nexclude = [1]\n", "give a list of texts"),
        ("[network]\nper_host = 0\n", "at least 1"),
        ("[network]\nhost_delay = inf\n", "give a number"),
        ("network = 1\n", "is a section with keys"),
        ("[network\n", "cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_to_write(tmp_path: Path, text: str, words: str) -> None:
    own(tmp_path, text)
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(tmp_path, environ={})
    assert "archive.toml" in str(caught.value)


def test_a_pyproject_of_another_tool_is_none_of_ours(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.other]\nx = 1\n")
    assert load_settings(tmp_path, environ={}) == Settings()
    pyproject(tmp_path, "[tool.archive.network]\nconcurrenci = 1\n")
    with pytest.raises(SettingsError, match=r"\[tool\.archive\] of .*pyproject\.toml: unknown key"):
        load_settings(tmp_path, environ={})


def test_the_user_agent_names_the_contact(tmp_path: Path) -> None:
    own(tmp_path, "[network]\ncontact = 'https://me.example/bot'\n")
    assert "(+https://me.example/bot;" in load_settings(tmp_path, environ={}).network.user_agent


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"timeout": float("nan")}, "--timeout is nan: give a number"),
        ({"per_host": 0}, "--per-host is 0: it must be at least 1"),
        ({"host_delay": -1.0}, "--host-delay is -1.0: it cannot be negative"),
    ],
)
def test_a_flag_is_checked_as_a_file_is(values: dict[str, float], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings().with_flags("network", **values)


def test_fail_on_takes_every_verdict_and_none() -> None:
    assert set(get_args(FailOn)) == {*(verdict.value for verdict in Verdict), "none"}


@given(st.sampled_from(["int", "float", "bool", "str"]), st.text())
def test_any_text_is_a_value_or_a_settings_error(kind: str, text: str) -> None:
    hint = {"int": Count, "float": float, "bool": bool, "str": str}[kind]
    with suppress(SettingsError):
        value = checked(from_text(text, hint, "x"), hint, "x")
        assert isinstance(value, {"int": int, "float": float, "bool": bool, "str": str}[kind])
