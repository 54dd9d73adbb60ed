"""`archive config`, the settings page, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from linkarchive.settings_listed import defaults, page

ROOT = Path(__file__).parents[2]


def test_the_settings_page_is_made_from_the_code() -> None:
    """After a change of settings.py: archive config --format markdown > docs/settings.md"""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page()


def test_every_setting_is_explained() -> None:
    unexplained = [
        f"{section.name}.{setting.key}"
        for section in defaults()
        for setting in section.settings
        if not setting.words.strip()
    ]
    assert [name for name in unexplained if not name.startswith(("archives.", "wayback."))] == []


@pytest.fixture
def settled(folder: Any) -> Any:
    folder.write("pyproject.toml", '[tool.archive.network]\nretries = 5\ncontact = "https://news.example/pyproject"\n')
    folder.write(
        "archive.toml",
        '[network]\ncontact = "https://news.example/toml"\nhttp_proxy = "http://me:topsecret@proxy.example/"\n'
        "[keep]\nreports = 3\n"
        '[[sites]]\nhost = "example.com"\nheaders = ["X-Api-Key: topsecret"]\n[[sites]]\nhost = "example.org"\n',
    )
    return folder


def test_each_setting_with_its_value_and_origin(settled: Any) -> None:
    ran = settled.run("config", "--format", "json", env={"ARCHIVE_KEEP_REPORTS": "7", "SSL_CERT_FILE": "/ca.pem"})
    assert ran.code == 0
    settings = {
        f"{setting['section']}.{setting['key']}": (setting["value"], setting["origin"])
        for setting in ran.json["settings"]
    }
    assert settings["network.retries"] == ("0", "ARCHIVE_NETWORK_RETRIES")  # the tests' own
    assert settings["network.contact"] == ('"https://news.example/toml"', "archive.toml")
    assert settings["keep.reports"] == ("7", "ARCHIVE_KEEP_REPORTS")
    assert settings["network.ca_file"] == ('"/ca.pem"', "the environment")
    assert settings["judge.strikes"] == ("3", "default")
    assert settings["sites.host"] == ('"example.org"', "archive.toml")


def test_pyproject_is_an_origin(settled: Any) -> None:
    (settled.root / "archive.toml").unlink()
    ran = settled.run("config", "--changed")
    assert 'network.contact      = "https://news.example/pyproject"  ([tool.archive] of pyproject.toml)' in ran.out
    assert "default" not in ran.out


def test_secrets_are_not_shown(settled: Any) -> None:
    env = {"ARCHIVE_NOTIFY_URLS": "mailto://me:topsecret@example.org"}
    for form in ("text", "json"):
        ran = settled.run("config", "--format", form, env={**env, "http_proxy": ""})
        assert ran.code == 0
        assert "topsecret" not in ran.out
        assert "X-Api-Key" in ran.out
        assert "proxy.example" in ran.out
    assert json.loads(ran.out)["schema"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[netwrok]\n", "did you mean network?"),
        ("[network]\ntimeuot = 3\n", "did you mean timeout?"),
        ("[network]\ntimeout = 'long'\n", "give a number"),
        ("[[sites]]\nhots = 'example.com'\n", "did you mean host?"),
        ("[[sites]]\nhost = 'example.com'\naccept_status = ['403']\n", "give a list of whole numbers"),
        ("[[sites]]\nhost = 'example.com'\naccept_status = [true]\n", "give a list of whole numbers"),
        ("[sites]\nhost = 'example.com'\n", "[[sites]]"),
        ("[notify]\ncomand = 'mail'\n", "did you mean command?"),
    ],
)
def test_what_is_no_setting_is_refused_with_a_suggestion(folder: Any, text: str, words: str) -> None:
    folder.write("archive.toml", text)
    for command in ("config", "schedule", "check"):
        ran = folder.run(command)
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("fetch = true", "is not a host name"),
        ("host = 'https://example.com/'", "is not a host name"),
        ("host = 'example.com'\nheaders = ['no colon']", "cannot be set"),
        ("host = 'example.com'\nheaders = ['Host: elsewhere.example']", "cannot be set"),
        ("host = 'example.com'\nheaders = [\"X-Key: topsecret\\r\\nHost: x\"]", "cannot be set"),
        ("host = 'example.com'\nignore = ['div > ']", "is not a CSS selector"),
    ],
)
def test_a_faulty_rule_for_a_site_is_refused_before_a_visit(folder: Any, stage: Any, rule: str, words: str) -> None:
    folder.write("archive.toml", f"[[sites]]\n{rule}\n")
    folder.article("http://alpha.example/report")
    ran = folder.run("check", "article.md")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "topsecret" not in ran.err
    assert stage.requests == []
