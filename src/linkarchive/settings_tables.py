"""Where settings stand beside `ARCHIVE_*`: TOML files, and the variables that every network program honours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linkarchive.errors import SettingsError


def tables(project: Path, config: Path | None) -> list[tuple[dict[str, Any], str]]:
    """The tables of a project, each with the name of where it stands; a later one goes before an earlier one."""
    sources = []
    pyproject = project / "pyproject.toml"
    if pyproject.is_file():
        table = _read_toml(pyproject).get("tool", {}).get("archive", {})
        sources.append((table, f"[tool.archive] of {pyproject}"))
    own = config or project / "archive.toml"
    if config is not None and not own.is_file():
        raise SettingsError(f"{own}: no such file; --config names an archive.toml")
    if own.is_file():
        sources.append((_read_toml(own), str(own)))
    return sources


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: cannot be read as TOML: it is not UTF-8 text (byte {error.start})") from error
    except RecursionError:
        raise SettingsError(f"{path}: cannot be read as TOML: its values are nested too deep") from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from error


def network_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The variables that every network program honours (docs/design.md §4); lower case first, as curl does.

    `HTTP_PROXY` in upper case is not read: under CGI a client can set it (httpoxy, 2016).
    """
    names = {
        "http_proxy": ("http_proxy",),
        "https_proxy": ("https_proxy", "HTTPS_PROXY"),
        "no_proxy": ("no_proxy", "NO_PROXY"),
        "ca_file": ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    }
    values = {}
    for key, variables in names.items():
        value = next((environ[name] for name in variables if environ.get(name)), None)
        if value:
            values[key] = value
    return {"network": values} if values else {}
