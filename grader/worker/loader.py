"""Loads a submission statement by statement, so that one bad line costs that line only."""

from __future__ import annotations

import ast
import gc
import itertools
import signal
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from grader.core.protocol import (
    MAX_DEFINITIONS,
    MAX_REPLY,
    MAX_TEXT,
    MAX_TEXTS,
    Definition,
    Load,
    Loaded,
    encode_header,
)
from grader.core.submission import SourceFile
from grader.worker import source
from grader.worker.definitions import describe, is_stub
from grader.worker.imports import HARNESS, KNOWN_ELSEWHERE, Importer, Provided, module_name
from grader.worker.rewrite import Rewriter, numpy_aliases
from grader.worker.source import Statement

MAX_REMARKS = 40
"""Remarks kept of one submission; the others are counted."""
_RUN = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.AugAssign, ast.If, ast.Try, ast.With,
)  # fmt: skip
_SETTINGS = frozenset({"seterr", "seed", "setrecursionlimit", "filterwarnings", "simplefilter", "append", "insert"})
"""Calls that are run although they stand alone: they set something that later code may rely on."""
_SETTABLE = frozenset({"np", "numpy", "random", "sys", "warnings"})
_FUTURE = {"annotations": 0x1000000}


class StatementTimeout(BaseException):
    """A top-level statement took too long."""


class Loader:
    """Loads one submission and finds its functions.

    Parameters
    ----------
    request
        What to load, and how.
    announce
        Is told each statement that may take long or end the process, before it runs.
    provided
        What the submission finds in place of modules; made here unless it is given.
    """

    def __init__(
        self, request: Load, *, announce: Callable[[str], None], provided: Provided | None = None
    ) -> None:  # fmt: skip
        provided = provided or Provided()
        self._request = request
        self._announce = announce
        self._files = {file.path: file for file in request.files}
        self._modules: dict[str, types.ModuleType] = {}
        self._definitions: dict[tuple[str, str], tuple[Statement, ast.stmt]] = {}
        self._remarks: dict[str, None] = {}
        self._denied: dict[str, None] = {}
        self._lost: dict[str, str] = {}
        self._again: list[tuple[types.ModuleType, Statement, str]] = []
        self._outdated: set[str] = set()
        self._consequences: dict[str, int] = {}
        self._slow_seconds = 0.0
        self._place = ""
        self._importer = Importer(
            (path for path in self._files if path.endswith(".py")),
            allowed=request.allowed, load=self._load_file, missing=self._note_missing, provided=provided,
        )  # fmt: skip
        self._builtins = provided.names
        self._builtins["__import__"] = self._importer.import_

    def load(self, files: Iterable[str] = ()) -> Loaded:
        """Load some files, all where none are named, and say what all that are loaded define."""
        for path in files or self._files:
            if path in self._files:
                self._load_file(path)
        self._retry()
        for path, count in self._consequences.items():
            self._remark(f"{path}: {count} more top-level statements that build on what is left out are left out, too")
        remarks = list(self._remarks)
        if len(remarks) > MAX_REMARKS:
            remarks = [*remarks[:MAX_REMARKS], f"{len(remarks) - MAX_REMARKS} further remarks are left out"]
        definitions = list(itertools.islice(self._describe(), MAX_DEFINITIONS))
        return _fitting(Loaded(definitions, remarks, list(self._denied)[:MAX_REMARKS]))

    def functions(self, files: Mapping[str, str]) -> dict[str, Callable[..., object]]:
        """Return name to function; `files` says whose, where several files define one."""
        found: dict[str, Callable[..., object]] = {}
        for path, name in self._definitions:
            value = vars(self._modules[path]).get(name)
            if callable(value) and files.get(name, path) == path:
                found[name] = value
        return found

    def locate(self, error: BaseException) -> tuple[str, int]:
        """Return the origin and the line of the submission in which an exception arose."""
        found = ("", 0)
        trace = error.__traceback__
        while trace is not None:
            filename = trace.tb_frame.f_code.co_filename
            if filename in self._origins():
                found = (filename, trace.tb_lineno)
            trace = trace.tb_next
        return found

    def explain(self, error: BaseException) -> str:
        """Return an exception's message, with what became of a name that is missing."""
        message = str(error)
        name = getattr(error, "name", None)
        if isinstance(error, NameError) and isinstance(name, str) and name in self._lost:
            return f"{message}; {self._lost[name]}"
        if isinstance(error, NameError) and self._importer.starred:
            modules = " or ".join(map(repr, self._importer.starred[:3]))
            return f"{message}; it may come from {modules}, which is not available while grading"
        return message

    def _origins(self) -> set[str]:
        return {source.origin_of(file, cell) for file in self._files.values() for cell in file.cells}

    def _load_file(self, path: str) -> types.ModuleType:
        if path in self._modules:
            return self._modules[path]
        module = self._modules[path] = types.ModuleType(module_name(path))
        vars(module).update(__file__=path, __builtins__=self._builtins)
        if module.__name__ not in sys.stdlib_module_names:
            sys.modules.setdefault(module.__name__, module)
        self._run_file(self._files[path], module)
        return module

    def _run_file(self, file: SourceFile, module: types.ModuleType) -> None:
        with _uncollected():
            statements = list(source.statements(file, self._remark))
        aliases = set().union(*(numpy_aliases(cell.source) for cell in file.cells))
        flags = 0
        for statement in statements:
            rewriter = Rewriter(aliases, self._importer.removed)
            try:
                rewriter.edit(statement.node)
            except RecursionError:
                self._lose(statement, "it is nested too deeply")
                continue
            self._note(statement, rewriter)
            if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
                flags |= sum(_FUTURE.get(alias.name, 0) for alias in statement.node.names)
            elif _is_run(statement.node):
                names = _defines(statement.node)
                self._run(module, statement, flags)
                for name in names:
                    self._definitions.pop((file.path, name), None)
                    self._definitions[file.path, name] = (statement, statement.node)

    def _note(self, statement: Statement, rewriter: Rewriter) -> None:
        """Remark removed names and refused imports, wherever in a statement they are."""
        for name, instead, line in rewriter.uses:
            if name not in self._outdated:
                self._outdated.add(name)
                where = source.place(statement.origin, line)
                self._remark(f"{name} has been removed from NumPy; write {instead} ({where})")
        for name, line in rewriter.imports:
            top = name.partition(".")[0]
            if top in self._request.allowed or self._is_own(top):
                continue
            place = source.place(statement.origin, line)
            if top in sys.stdlib_module_names or top in HARNESS:
                self._deny(f"import of {name} in {place}")
            elif top in KNOWN_ELSEWHERE and isinstance(statement.node, (ast.FunctionDef, ast.ClassDef)):
                # It would be missed when it is called, and what is missed then reaches no report.
                self._note_missing(top, place)

    def _is_own(self, top: str) -> bool:
        return any(f"/{path}".endswith(f"/{top}.py") or f"/{top}/" in f"/{path}" for path in self._files)

    def _run(self, module: types.ModuleType, statement: Statement, flags: int) -> None:
        """Run one statement; whatever it raises becomes a remark."""
        key = f"{statement.origin}:{statement.node.lineno}:{statement.node.col_offset}"
        if key in self._request.skip:
            self._lose(statement, self._request.skip[key])
            return
        quick = _is_quick(statement.node)
        if not quick and self._slow_seconds > self._request.total_seconds / 2:
            self._lose(statement, "the statements before it took too long")
            return
        if not quick:
            self._announce(key)
        self._place = statement.place
        started = time.monotonic()
        error = self._execute(module, statement.node, statement.origin, flags)
        if not quick:
            self._slow_seconds += time.monotonic() - started
        if error is not None:
            self._recover(module, statement, flags, error)

    def _execute(self, module: types.ModuleType, node: ast.stmt, origin: str, flags: int = 0) -> BaseException | None:
        """Run one statement; return what it raised."""
        try:
            code = compile(ast.Module([node], []), origin, "exec", flags, dont_inherit=True)
            if isinstance(node, ast.FunctionDef) and _is_quick(node):
                exec(code, vars(module))
                return None
            with _alarm(self._request.seconds):
                exec(code, vars(module))
        except BaseException as error:
            return error
        return None

    def _recover(self, module: types.ModuleType, statement: Statement, flags: int, error: BaseException) -> None:
        """Save what can be saved of a statement that failed: single imports, undecorated definitions."""
        node = statement.node
        if isinstance(node, ast.ImportFrom) and len(node.names) > 1:
            for alias in node.names:
                single = ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
                failure = self._execute(module, single, statement.origin)
                if failure is not None:
                    self._fail(module, Statement(single, statement.origin, statement.cell, statement.text), failure)
            return
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.decorator_list:
            decorators, node.decorator_list = node.decorator_list, []
            if self._execute(module, node, statement.origin, flags) is None:
                names = ", ".join(f"@{ast.unparse(decorator)}" for decorator in decorators)
                self._remark(f"{statement.place}: {names} is left out: {_text(error)}")
                return
            node.decorator_list = decorators
        self._fail(module, statement, error)

    def _fail(self, module: types.ModuleType, statement: Statement, error: BaseException) -> None:
        if isinstance(error, NameError) and (self._importer.starred or getattr(error, "name", None) in self._lost):
            self._follow(statement)
            return
        remark = self._lose(statement, _text(error))
        if isinstance(statement.node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
            self._again.append((module, statement, remark))

    def _retry(self) -> None:
        """Run again what failed while other files of the submission were not loaded yet."""
        again, self._again = self._again, []
        for module, statement, remark in again:
            self._announce(f"{statement.origin}:{statement.node.lineno}:{statement.node.col_offset}")
            if self._execute(module, statement.node, statement.origin) is None:
                self._remarks.pop(remark, None)
                for name in _defines(statement.node):
                    self._lost.pop(name, None)

    def _lose(self, statement: Statement, reason: str) -> str:
        remark = f"{statement.place}: `{statement.text}` is left out: {reason}"
        self._remark(remark)
        for name in (*_defines(statement.node), *_imports(statement.node)):
            self._lost[name] = f"{statement.place} is left out: {reason}"[:300]
        return remark[:MAX_TEXT]

    def _follow(self, statement: Statement) -> None:
        """Leave out a statement because of one that is left out already, without a remark of its own."""
        path = statement.origin.removesuffix(f" {statement.cell}")
        self._consequences[path] = self._consequences.get(path, 0) + 1
        for name in _defines(statement.node):
            self._lost.setdefault(name, f"{statement.place} is left out, because it needs something that is left out")

    def _note_missing(self, name: str, place: str = "") -> None:
        where = place or self._place
        if name in sys.stdlib_module_names:
            if not any(text.startswith((f"import of {name} ", f"import of {name}.")) for text in self._denied):
                self._deny(f"import of {name} in {where}")
        elif not any(remark.startswith(f"{name} is not available") for remark in self._remarks):
            self._remark(f"{name} is not available while grading ({where})")

    def _remark(self, text: str) -> None:
        self._remarks[text[:MAX_TEXT]] = None

    def _deny(self, text: str) -> None:
        self._denied[text[:MAX_TEXT]] = None

    def _describe(self) -> Iterator[Definition]:
        for (path, name), (statement, node) in self._definitions.items():
            value = vars(self._modules[path]).get(name)
            if not callable(value) or isinstance(value, types.ModuleType) or len(name) > MAX_TEXT:
                continue
            line = _line(node, name)
            found = describe(name, value, file=path, cell=statement.cell, line=line, stub=is_stub(node, name))
            if len(found.parameters) < MAX_TEXTS - 3 and all(len(p.name) <= MAX_TEXT for p in found.parameters):
                yield found


def _is_run(node: ast.stmt) -> bool:
    if isinstance(node, _RUN):
        return True
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    if not isinstance(function, ast.Attribute) or function.attr not in _SETTINGS:
        return False
    owner = function.value
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id in _SETTABLE


def _is_quick(node: ast.stmt) -> bool:
    """Return whether a statement only defines: nothing in it can take long or end the process."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.ClassDef):
        return not node.decorator_list and all(
            isinstance(inner, ast.Pass | ast.Expr) or (isinstance(inner, ast.FunctionDef) and _is_quick(inner))
            for inner in node.body
        )
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
    return not any(isinstance(inner, ast.Call) for default in defaults for inner in ast.walk(default))


def _defines(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines or assigns, nested blocks included, imports not."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name) and _stored(n)]
    return [name for inner in _blocks(node) for name in _defines(inner)]


def _blocks(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        yield from node.body
    if isinstance(node, (ast.If, ast.Try)):
        yield from node.orelse
    if isinstance(node, ast.Try):
        yield from node.finalbody
        for handler in node.handlers:
            yield from handler.body


def _stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _imports(node: ast.stmt) -> list[str]:
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return []
    return [alias.asname or alias.name.partition(".")[0] for alias in node.names]


def _line(node: ast.stmt, name: str) -> int:
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and inner.name == name:
            return inner.lineno
    return node.lineno


def _text(error: BaseException) -> str:
    """Return an exception for people, however hostile it is."""
    if isinstance(error, StatementTimeout):
        return str(error)
    try:
        message = " ".join(str(error).split())[:200]
    except BaseException:
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make in the block what no collection of garbage needs to look at, then or later: syntax trees."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `StatementTimeout` in the block after some seconds, and again and again while it goes on."""

    def ring(*_: object) -> None:
        raise StatementTimeout(f"took longer than {seconds:g} s")

    handler = signal.signal(signal.SIGALRM, ring)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, handler)


def _fitting(loaded: Loaded) -> Loaded:
    """Return what fits into a frame, with a remark where that is not all."""
    kept = loaded
    while len(encode_header(kept)) > MAX_REPLY - MAX_TEXT:
        definitions, remarks, denied = kept.definitions, kept.remarks, kept.denied
        kept = Loaded(*(part[: len(part) // 2] for part in (definitions, remarks, denied)))  # type: ignore[arg-type]
    if kept is loaded:
        return loaded
    number, count = len(kept.definitions), len(loaded.definitions)
    remark = f"only {number} of {count} definitions are looked at: their names and parameters are too long to list"
    return Loaded(kept.definitions, [*kept.remarks, remark], kept.denied)
