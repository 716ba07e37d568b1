"""Sources for classes made up by a generator: right solutions mixed anew for each student, and copies in disguise."""

import ast
import functools
import random
from pathlib import Path

from grader.core.submission import Cell, SourceFile, Submission

RIGHT = Path(__file__).resolve().parents[1] / "submissions" / "right"

OPERATIONS = ("+", "-", "*", "/")
CALLS = ("np.sum", "np.mean", "np.exp", "np.abs", "np.sqrt", "np.square", "np.tanh", "np.max", "np.cumsum")


@functools.cache
def right_sources():
    """Return the right solutions under ``tests/submissions``, by exercise."""
    return {
        folder.name: [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
        for folder in sorted(RIGHT.iterdir())
    }


class _Renamed(ast.NodeTransformer):
    """Renames what a function calls its arguments and variables."""

    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self.names.get(node.arg, node.arg), node.annotation)


def disguised(source, rng):
    """Return a source that does the same: variables renamed, functions reordered, comments and layout changed."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    for k, function in enumerate(functions):
        stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and type(node.ctx) is ast.Store}
        names = {name: f"{rng.choice('abcdefgh')}_{k}_{n}" for n, name in enumerate(sorted(stored))}
        functions[k] = _Renamed(names).visit(function)
    rng.shuffle(functions)
    tree.body = [*others, *functions]
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    return "\n".join(f"{line}  # {rng.random():.4f}" if line.endswith(")") and rng.random() < 0.3 else line
                     for line in lines)  # fmt: skip


def scribbled(source, rng, share=0.8, *, idle=False):
    """Return a source that computes something else, as by another author: with more statements between its own.

    Those that are `idle` are never executed, so that it computes the same.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = []
            for statement in node.body:
                if rng.random() < share:
                    body.append(_idle(_statement(rng)) if idle else _statement(rng))
                body.append(statement)
            node.body = body
    return ast.unparse(ast.fix_missing_locations(tree))


def _statement(rng):
    names = [f"v{rng.randint(0, 9)}" for _ in range(4)]
    terms = [f"{rng.choice(CALLS)}({name}{rng.choice(['', ', axis=0', ', axis=1', '[0]', '.T'])})" for name in names]
    code = terms[0]
    for term in terms[1 : rng.randint(1, 4)]:
        code += f" {rng.choice(OPERATIONS)} {term}"
    return ast.parse(f"{names[0]} = {code}").body[0]


def _idle(statement):
    return ast.If(ast.Constant(0), [ast.Expr(statement.value)], [])


def source_of(number, seed=0):
    """Return the files of one student, by name: a right solution for each exercise, scribbled in.

    Student 10 k + 7 copied from student 10 k, in disguise.
    """
    if number % 10 == 7:
        rng = random.Random(f"{seed} {number} disguise")
        return {name: disguised(text, rng) for name, text in source_of(number - 7, seed).items()}
    rng = random.Random(f"{seed} {number} source")
    return {f"{exercise}.py": scribbled(rng.choice(sources), rng) for exercise, sources in right_sources().items()}


def submission_of(number, seed=0):
    """Return what one student handed in, as the grader reads it."""
    files = [SourceFile(path, [Cell("", text)]) for path, text in source_of(number, seed).items()]
    return Submission(student=f"s{number:05}", files=files, sha256=f"content {seed} {number}")
