"""[wayback] and [[archives]]."""

from __future__ import annotations

import pytest

from linkarchive.errors import SettingsError
from linkarchive.settings import ArchiveSettings, load_settings
from linkarchive.wayback.archives import ARQUIVO, DEFAULT, WAYBACK, archives_of


def loaded(tmp_path, text, environ=None):
    (tmp_path / "archive.toml").write_text(text, encoding="utf-8")
    return load_settings(tmp_path, environ=environ or {})


def test_the_two_public_archives_are_asked_unless_others_are_named(tmp_path):
    assert archives_of(loaded(tmp_path, "").archives) == DEFAULT == (WAYBACK, ARQUIVO)


def test_a_table_of_archives_replaces_the_default(tmp_path):
    text = """
        [wayback]
        window_days = 30
        save = "dead-only"
        [[archives]]
        name = "ours"
        replay = "https://pywb.example/coll"
        [[archives]]
        name = "wayback"
        [[archives]]
        timegate = "https://gate.example/timegate/"
    """
    settings = loaded(tmp_path, text)
    assert (settings.wayback.window_days, settings.wayback.save) == (30, "dead-only")
    ours, wayback, gate = archives_of(settings.archives)
    assert (ours.name, ours.kind, ours.replay) == ("ours", "memento", "https://pywb.example/coll/")
    assert ours.timemap == "https://pywb.example/coll/timemap/link/"
    assert ours.timegate == "https://pywb.example/coll/"
    assert wayback is WAYBACK
    assert (gate.name, gate.replay, gate.timemap) == ("gate.example", "", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[wayback]\nmode = "sometimes"', "is 'sometimes'; known are auto, off"),
        ("[wayback]\nwindow_day = 3", "did you mean window_days"),
        ("[wayback]\nbudget = -1", "cannot be negative"),
        ('[archives]\nname = "x"', "write each of the archives as a section"),
        ('archives = ["x"]', "write each of the archives as a section"),
        ('[[archives]]\nnam = "x"', "did you mean name"),
        ("[[archives]]\nname = 3", "give a text"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    "entry", [ArchiveSettings(name="unknown"), ArchiveSettings(), ArchiveSettings(name="x", replay="pywb.example/coll")]
)
def test_an_archive_without_an_address_is_refused(entry):
    with pytest.raises(SettingsError, match="archives"):
        archives_of([entry])


def test_the_environment_sets_the_wayback_section(tmp_path):
    environ = {"ARCHIVE_WAYBACK_MODE": "off", "ARCHIVE_WAYBACK_BUDGET": "12.5"}
    settings = loaded(tmp_path, "", environ)
    assert (settings.wayback.mode, settings.wayback.budget) == ("off", 12.5)
    with pytest.raises(SettingsError, match="auto, off"):
        loaded(tmp_path, "", {"ARCHIVE_WAYBACK_MODE": "on"})
