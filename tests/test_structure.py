"""Files are short, and no module leans on half of the package."""

import ast
from collections.abc import Iterator
from pathlib import Path

import linkarchive

ROOT = Path(linkarchive.__file__).parent
MOST_LINES = 330
MOST_IMPORTS = 15


def _name(path: Path) -> str:
    parts = ("linkarchive", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(ROOT.rglob("*.py"))
MODULES = {_name(path): path for path in FILES}


def _imported(name: str) -> set[str]:
    """The other modules of the package that a module imports, wherever in it, and for its types, too."""
    return set(_targets(ast.parse(MODULES[name].read_text(encoding="utf-8")))) - {name, "linkarchive"}


def _targets(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if base.split(".")[0] == "linkarchive":
                    yield full if full in MODULES else base
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "linkarchive")


def test_files_are_short() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_modules_import_few_others() -> None:
    imported = {str(MODULES[name].relative_to(ROOT)): sorted(_imported(name)) for name in MODULES}
    assert {name: names for name, names in imported.items() if len(names) > MOST_IMPORTS} == {}


def test_the_check_is_a_pipeline_of_few_modules() -> None:
    assert len(list((ROOT / "check").glob("[!_]*.py"))) <= 15
