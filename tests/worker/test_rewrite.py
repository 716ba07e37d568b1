"""Old idioms are found wherever an expression can stand, and everything else stays as it is."""

import ast

import pytest

from grader.worker.rewrite import Rewriter

MATCH = """
match float(x):
    case None if float(x): float(x)
    case A(b=[1, *_]) | {'a': True}: float(x)
    case {'b': 1, **c}: float(x)
"""
PLACES = [
    "float(x)", "a = float(x)", "a: float(x) = float(x)", "a += float(x)", "a[float(x)] = 1", "del a[float(x)]",
    "a = b if float(x) else float(x)", "a = [float(x), *float(x)]", "a = {float(x): float(x), **float(x)}",
    "a = {float(x)}", "a = (float(x), 1)", "a = [float(x) for b in float(x) if float(x)]",
    "a = {float(x): 1 for b in c for d in float(x)}", "a = (float(x) for b in c)", "a = lambda b=float(x): float(x)",
    "a = f'{float(x):{float(x)}}'", "a = b[float(x):float(x):float(x)]", "a = float(x) < b < float(x)",
    "a = float(x) and b or float(x)", "a = -float(x) + float(x)", "a = f(float(x), b=float(x), **float(x))",
    "a = float(x).real", "a = float(x)[0]", "a = (b := float(x))", "assert float(x), float(x)",
    "if float(x): float(x)\nelif float(x): float(x)\nelse: float(x)",
    "while float(x): float(x)\nelse: float(x)", "for a in float(x): float(x)\nelse: float(x)",
    "with float(x) as a, float(x): float(x)",
    "try: float(x)\nexcept float(x) as e: float(x)\nelse: float(x)\nfinally: float(x)",
    "raise float(x) from float(x)",
    "@float(x)\ndef f(a: float(x) = float(x), /, *b: float(x), c=float(x), **d: float(x)) -> float(x): return float(x)",
    "def f():\n    global a\n    yield float(x)\n    yield from float(x)\n    def g(): float(x)",
    "async def f():\n    await float(x)\n    async for a in float(x): float(x)\n    async with float(x): float(x)",
    "@float(x)\nclass A(float(x), b=float(x)):\n    a = float(x)\n    def f(self): return float(x)",
    MATCH,
]  # fmt: skip


def calls_of(tree: ast.AST, name: str) -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("text", PLACES)
def test_a_conversion_is_edited_wherever_an_expression_can_stand(text):
    tree = Rewriter(set(), {}).edit(ast.parse(text))
    assert calls_of(tree, "float") == 0
    assert calls_of(tree, "__grade_number__") == text.count("float(x)")
    compile(tree, "edited", "exec")


@pytest.mark.parametrize("text", [text.replace("float(x)", "c.d") for text in PLACES if "a[" not in text])
def test_what_needs_no_edit_stays(text):
    tree = Rewriter({"np"}, {}).edit(ast.parse(text))
    assert ast.dump(tree, include_attributes=True) == ast.dump(ast.parse(text), include_attributes=True)
