"""The right answers: kernels in extended precision or torch, with tolerances, computed once and cached on disk."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from grader.checks.properties import rehearse
from grader.checks.sessions import Rehearsal, Rehearsed
from grader.core.authored import is_number
from grader.core.cases import Case, generate, ladder
from grader.core.compare import Target
from grader.core.domains import Seed, Value
from grader.core.exercise import Check, Differential, Exercise, Function
from grader.core.plan import CheckPlan
from grader.core.program import Probe, Program, ScriptBuilder, prerequisites, program
from grader.core.protocol import encode
from grader.core.signature import Shape
from grader.discovery import PACKAGE, Paired
from grader.errors import AuthoringError
from grader.files import replacing
from grader.mistakes import InlineCaller
from grader.reference import REFERENCE, Functions, check_answers, evaluate, faults_of, reference, source_of

ETA = 2.0**-22
"""Relative size of the perturbations from which condition numbers are measured (GRADIENTS §2)."""
FINE = 2.0**-50
"""Size of one more perturbation of a rate of 0, which a root amplifies most where the change is least."""
SIGN_PATTERNS = 6
VARIANTS = ("F", "strided", "reversed", "readonly")


@dataclass(frozen=True, slots=True)
class ExercisePlan:
    """The plans of an exercise's checks.

    Attributes
    ----------
    differential
        By check name.
    properties
        The cases of each property, by check name.
    rehearsals
        The calls of all properties of a function, by function name; runs follow `properties` in order.
    order
        The functions, each after those that its checks need.
    needs
        By check name, the functions that must be right first.
    """

    pair: Paired
    seed: int
    differential: Mapping[str, CheckPlan]
    properties: Mapping[str, tuple[Case, ...]]
    rehearsals: Mapping[str, Rehearsal]
    order: tuple[Function, ...] = field(init=False, repr=False)
    needs: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)
    _rehearsed: dict[str, Rehearsed] = field(init=False, repr=False, default_factory=dict)
    _checks: dict[str, tuple[Check, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        exercise = self.pair.exercise
        object.__setattr__(self, "needs", {check.name: prerequisites(exercise, check) for check in exercise.checks})
        object.__setattr__(self, "order", tuple(_in_order(exercise, self.needs)))
        checks = {function.name: tuple(exercise.checks_of(function.name)) for function in exercise.functions}
        object.__setattr__(self, "_checks", checks)

    def checks_of(self, function: str) -> tuple[Check, ...]:
        """Return a function's checks in the order in which they are judged."""
        return self._checks[function]

    def answers_of(self, function: str) -> list[CheckPlan]:
        """Return the plans of a function's differential checks."""
        names = [check.name for check in self._checks[function]]
        return [self.differential[name] for name in names if name in self.differential]

    def rehearsed(self, function: str) -> Rehearsed | None:
        """Return the decoded rehearsal of a function's properties, if it has any."""
        if function not in self._rehearsed and function in self.rehearsals:
            self._rehearsed[function] = Rehearsed(self.rehearsals[function])
        return self._rehearsed.get(function)

    def properties_of(self, function: str) -> dict[str, tuple[Case, ...]]:
        """Return the cases of a function's properties, in the order of its rehearsal."""
        own = {check.name for check in self._checks[function]}
        return {name: cases for name, cases in self.properties.items() if name in own}


def _in_order(exercise: Exercise, needs: Mapping[str, tuple[str, ...]]) -> list[Function]:
    """Return the functions, each after those that its checks need; a circle is broken where it begins."""
    wanted = {
        function.name: {need for check in exercise.checks_of(function.name) for need in needs[check.name]}
        for function in exercise.functions
    }
    ordered: list[Function] = []
    placed: set[str] = set()
    waiting = list(exercise.functions)
    while waiting:
        ready = next((function for function in waiting if wanted[function.name] <= placed), waiting[0])
        waiting.remove(ready)
        placed.add(ready.name)
        ordered.append(ready)
    return ordered


def _is_real(value: Value) -> bool:
    return isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _mapped(inputs: Mapping[str, Value], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return inputs with `change` applied to real arrays and scalars; labels, flags and seeds stay."""
    return {name: change(value) if _is_real(value) else value for name, value in inputs.items()}


def answer_case(
    calls: Program,
    case: Case,
    functions: Functions,
    check: Check,
    *,
    extended: bool,
    source: str = REFERENCE,
    conditioned: bool = True,
) -> tuple[list[npt.NDArray[np.float64]], ...]:
    """Return (low, high, unit, floor) of a case: the right answers and what a round-off may change, per result.

    Parameters
    ----------
    functions
        The reference: kernels, or torch's answers.
    extended
        Whether they follow their inputs' precision, so that the reference can be evaluated in `longdouble`.
    source
        The file that they come from, for messages.
    conditioned
        Whether condition numbers are measured; without them the unit is only a lower bound of the true one.

    Notes
    -----
    The unit of element i is ``kappa_i + max(max_j kappa_j, s)``, where ``kappa_i`` is the largest of ``|y_i|``, its
    change under six random relative perturbations of size 2**-22, and its change under float32 rounding of the inputs
    (to nearest, down and up), each divided by the size of the perturbation; ``s`` is the natural scale of the output.
    """
    body = check.body
    assert isinstance(body, Differential)
    real = np.longdouble if extended else np.float64
    inputs = _mapped(case.inputs, lambda value: np.asarray(value, real)[()])
    answered = evaluate(calls, inputs, functions, source=source)
    check_answers(check, calls, case, answered, source=source)
    base = [item for call in answered for item in call]
    rates = {name for name, value in case.inputs.items() if type(value) is float}
    changed = _perturbations(inputs, real, rates) if conditioned else []
    kappas = _condition_numbers(calls, changed, functions, base)
    if body.kind == "trajectory":
        # A step inherits the errors of the steps before it, also where its own answer is small by chance.
        results = len(calls[0].terms)
        for k in range(results, len(kappas)):
            kappas[k] = np.maximum(kappas[k], kappas[k - results])
    scale = _natural_scale(check, calls, case)
    low = [np.asarray(item, np.float64) for item in base]
    units, floors = [], []
    for value, kappa in zip(low, kappas, strict=True):
        finite = np.where(np.isfinite(kappa), kappa, 0)
        units.append(np.asarray(finite + max(float(finite.max(initial=0)), scale), np.float64))
        relative, absolute = body.accuracy
        size_of = np.where(np.isfinite(value), np.abs(value), 0)
        floors.append(np.asarray(np.maximum(relative * size_of, absolute), np.float64))
    return *_within_bounds(check, body, case, low), units, floors


def _condition_numbers(
    calls: Program,
    perturbations: Sequence[tuple[Mapping[str, Any], float]],
    functions: Functions,
    base: Sequence[npt.NDArray[Any]],
) -> list[npt.NDArray[Any]]:
    """Return for each result how much it changes, at most, per relative change of the inputs."""
    kappas: list[npt.NDArray[Any]] = [np.abs(np.asarray(item, np.longdouble)) for item in base]
    for perturbed, size in perturbations:
        changed = [item for call in evaluate(calls, perturbed, functions) for item in call]
        for k, (item, other) in enumerate(zip(base, changed, strict=True)):
            with np.errstate(all="ignore"):
                slope = np.abs(np.asarray(other, np.longdouble) - item) / size
            kappas[k] = np.maximum(kappas[k], np.where(np.isfinite(slope), slope, 0))
    return kappas


def _within_bounds(
    check: Check, body: Differential, case: Case, answers: Sequence[npt.NDArray[np.float64]]
) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.float64]]]:
    """Return the lower and upper ends of the right answers: equal but where the check's bounds differ."""
    low, high = list(answers), [value.copy() for value in answers]
    if body.bounds is not None:
        bounds = body.bounds(case.view)
        pairs = isinstance(bounds, tuple | list) and all(isinstance(b, tuple | list) and len(b) == 2 for b in bounds)
        if not pairs:
            fault = f"bounds= gives {type(bounds).__name__}, but should give a pair of arrays for each result"
            raise AuthoringError(f"{check.name}: {fault}, such as ((lower, upper),)")
        if len(bounds) != len(low):
            fault = f"bounds= gives {len(bounds)} pairs, but {len(low)} results are compared"
            raise AuthoringError(f"{check.name}: {fault}; give (lower, upper) for each result in order")
        for k, (lower, upper) in enumerate(bounds):
            for end in (lower, upper):
                if np.shape(end) not in ((), low[k].shape):
                    fault = f"bounds= gives an end of shape {np.shape(end)} for a result of shape {low[k].shape}"
                    raise AuthoringError(f"{check.name}: {fault}; give ends of the result's shape")
            kink = lower != upper
            low[k] = np.where(kink, lower, low[k])
            high[k] = np.where(kink, upper, high[k])
    return low, high


def _perturbations(
    inputs: Mapping[str, Any], real: type[np.floating[Any]], rates: Set[str]
) -> list[tuple[dict[str, Any], float]]:
    """Return the changed inputs from which condition numbers are measured, each with the size of its change."""
    rng = np.random.default_rng(0)
    changed: list[tuple[dict[str, Any], float]] = []
    for _ in range(SIGN_PATTERNS):
        signs = {k: rng.choice((-1.0, 1.0), np.shape(v)) for k, v in inputs.items() if _is_real(v)}
        shaken = {k: _shaken(v, signs[k], real, rate=k in rates) if k in signs else v for k, v in inputs.items()}
        changed.append((shaken, ETA))
    if any(inputs[name] == 0 for name in rates):
        shaken = {k: _shaken(v, FINE / ETA, real, rate=True) if k in rates and v == 0 else v for k, v in inputs.items()}
        changed.append((shaken, FINE))
    with np.errstate(all="ignore"):
        for direction in (0.0, -np.inf, np.inf):
            changed.append((_mapped(inputs, lambda v, d=direction: _to_single(v, d, real)), 2.0**-24))  # type: ignore[misc]
    return changed


def _shaken(value: Any, signs: Any, real: type[np.floating[Any]], *, rate: bool) -> Any:  # noqa: ANN401
    """Return a value changed by `ETA`, relatively; a rate of 0 absolutely.

    At 0 the reference forgets the past exactly, where another form of the same average, ``s + (1 - beta) * (x - s)``,
    does not.
    """
    return real(ETA) * signs if rate and value == 0 else value * (1 + real(ETA) * signs)


def _to_single(value: Any, direction: float, real: type[np.floating[Any]]) -> Any:  # noqa: ANN401 - arrays and scalars
    """Return a value rounded to float32: to nearest, or to the neighbour in a direction where it is not exact."""
    single = np.asarray(value, np.float32)
    if direction:
        beyond = np.sign(direction) * (single.astype(real) - value) < 0
        single = np.where(beyond, np.nextafter(single, np.float32(direction)), single)
    rounded = single.astype(real)
    return np.where(np.isfinite(rounded), rounded, value)[()]


def _natural_scale(check: Check, calls: Program, case: Case) -> float:
    """Return the contract's scale, else the largest upstream gradient of a backward; 0 for values.

    The condition numbers of values suffice.
    """
    if not isinstance(check.body, Differential):
        return 0.0
    if check.body.scale is not None:
        scale = check.body.scale(case.view)
        if not is_number(scale):
            raise AuthoringError(f"{check.name}: scale= gives {scale!r}, but should give a finite number")
        return float(scale)
    if check.body.kind != "gradient":
        return 0.0
    upstream = [
        case.inputs[term.name]
        for term in calls[-1].signature.arguments
        if term.name.startswith("d") and isinstance(case.inputs.get(term.name), np.ndarray)
    ]
    return max((float(np.abs(value).max(initial=0)) for value in upstream), default=0.0)  # type: ignore[arg-type]


def plan_check(pair: Paired, check: Check, *, seed: int) -> CheckPlan:
    """Return the plan of a differential check: cases, script, right answers."""
    calls = program(pair.exercise, check)
    steps = plan_cases(pair, check, calls, ladder(pair.exercise, check, seed=seed), variants=False)
    return replace(plan_cases(pair, check, calls, generate(pair.exercise, check, seed=seed)), ladder=steps)


def plan_cases(
    pair: Paired, check: Check, calls: Program, cases: Sequence[Case], *, variants: bool = True
) -> CheckPlan:
    """Return the plan of a check for given cases."""
    functions, extended = reference(pair)
    source = source_of(pair)
    answers = [answer_case(calls, case, functions, check, extended=extended, source=source) for case in cases]
    return _laid_out(check, calls, cases, answers, variants=variants)


def plan_roughly(
    functions: Functions, check: Check, calls: Program, cases: Sequence[Case], *, extended: bool
) -> CheckPlan | None:
    """Return a plan of those of some cases for which the reference has an answer, `None` where it has for none.

    Its tolerance leaves the condition numbers out: what it calls right is right, but not all that it calls wrong is
    wrong. It takes a tenth of the time.
    """
    answered = []
    for case in cases:
        with contextlib.suppress(AuthoringError):
            answer = answer_case(calls, case, functions, check, extended=extended, conditioned=False)
            answered.append((case, answer))
    if not answered:
        return None
    return _laid_out(check, calls, *map(list, zip(*answered, strict=True)), variants=False)


def _laid_out(
    check: Check,
    calls: Program,
    cases: Sequence[Case],
    answers: Sequence[tuple[list[npt.NDArray[np.float64]], ...]],
    *,
    variants: bool,
) -> CheckPlan:
    builder = ScriptBuilder()
    for i, case in enumerate(cases):
        builder.add(calls, case, i)
    if variants:
        _add_variants(builder, calls, cases)
    target = gather(builder.probes, calls, answers)
    frame = encode(builder.script(), bytes(builder.payload))
    return CheckPlan(check, tuple(cases), calls, frame, len(builder.steps), tuple(builder.probes), target)


def gather(
    probes: Sequence[Probe], calls: Program, answers: Sequence[tuple[list[npt.NDArray[np.float64]], ...]]
) -> Target:
    """Return the target of some probes from the answers of their cases."""
    judged = [call for call in calls if call.judged]
    starts = np.cumsum([0, *(len(call.terms) for call in judged)])
    parts: list[list[npt.NDArray[np.float64]]] = [[], [], [], []]
    shapes = []
    for probe in probes:
        own = slice(int(starts[probe.call]), int(starts[probe.call + 1]))
        for part, values in zip(parts, answers[probe.case], strict=True):
            part.extend(value.ravel() for value in values[own])
        shapes.append(tuple(value.shape for value in answers[probe.case][0][own]))
    low, high, unit, floor = (np.concatenate(part) if part else np.empty(0) for part in parts)
    return Target(low, high, unit, floor, tuple(shapes))


def _add_variants(builder: ScriptBuilder, calls: Program, cases: Sequence[Case]) -> None:
    """Append repeated and interleaved runs and other memory layouts, on cases where they can make a difference."""
    rich = [i for i, case in enumerate(cases) if any(_is_matrix(value) for value in case.inputs.values())]
    picks = rich[len(rich) // 3 :: max(1, len(rich) // 4)] or list(range(len(cases)))[-3:]
    for i in picks[:2]:
        builder.add(calls, cases[i], i, variant="repeated")
    pairs = [(picks[0], picks[1])] if len(picks) >= 2 else []
    for first, second in [*pairs, *_twins(cases, rich)]:
        builder.add_interleaved([(calls, cases[first], first), (calls, cases[second], second)], variant="interleaved")
    deep = [i for i in rich if any(_has_axes(value) for value in cases[i].inputs.values())] or picks
    for k, layout in enumerate(VARIANTS):
        i = deep[(k + 1) * len(deep) // (len(VARIANTS) + 1)]
        builder.add(calls, cases[i], i, variant=layout)


def _twins(cases: Sequence[Case], rich: Sequence[int]) -> list[tuple[int, int]]:
    """Return the largest two cases of equal sizes: only they share a buffer that is kept by shape."""
    seen: dict[tuple[tuple[str, int | Shape], ...], int] = {}
    for i in reversed(rich):
        sizes = tuple(sorted(cases[i].sizes.items()))
        if sizes in seen:
            return [(seen[sizes], i)]
        seen[sizes] = i
    return []


def _is_matrix(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.size > 1


def _has_axes(value: Value) -> bool:
    """Return whether a value has two axes to speak of: only then does Fortran's order differ from C's."""
    return isinstance(value, np.ndarray) and sum(side > 1 for side in value.shape) > 1


# ---------------------------------------------------------------- the cache


def plan_exercise(pair: Paired, *, seed: int, cache: Path | None = None) -> ExercisePlan:
    """Return the plans of an exercise, from the cache where it holds them."""
    path = None if cache is None else cache / f"{plan_key(pair, seed)}.msgpack"
    if path is not None:
        with contextlib.suppress(OSError, msgspec.MsgspecError, ValueError, TypeError, KeyError, IndexError):
            return _unpack(_unsealed(path.read_bytes(), path.stem), pair, seed)
    with faults_of(pair):
        plan = _compute(pair, seed)
    if path is not None:
        # Right answers, for this user alone. A file that a power failure damaged is known by its seal.
        with contextlib.suppress(OSError), replacing(path, mode=0o600, durable=False) as file:
            file.write(_sealed(_pack(plan), path.stem))
    return plan


def _sealed(content: bytes, key: str) -> bytes:
    """Return content behind its hash: a damaged file would judge students by damaged answers."""
    return hashlib.sha256(key.encode() + content).digest() + content


def _unsealed(sealed: bytes, key: str) -> bytes:
    seal, content = sealed[:32], sealed[32:]
    if hashlib.sha256(key.encode() + content).digest() != seal:
        raise ValueError("the file is damaged, or was written for something else")
    return content


def _compute(pair: Paired, seed: int) -> ExercisePlan:
    differential, properties = {}, {}
    for check in pair.exercise.checks:
        if isinstance(check.body, Differential):
            differential[check.name] = plan_check(pair, check, seed=seed)
        else:
            properties[check.name] = tuple(generate(pair.exercise, check, seed=seed))
    plan = ExercisePlan(pair, seed, differential, properties, {})
    caller = InlineCaller(reference(pair)[0])
    rehearsals = {
        function.name: rehearse(pair.exercise, planned, caller)
        for function in pair.exercise.functions
        if (planned := plan.properties_of(function.name))
    }
    return replace(plan, rehearsals=rehearsals)


def plan_key(pair: Paired, seed: int) -> str:
    """Return the name under which an exercise's plans are cached: it changes with all that they depend on."""
    hashed = hashlib.sha256(f"{code_digest()}/{pair.digest}/{seed}".encode())
    return f"{pair.exercise.name}-{hashed.hexdigest()[:32]}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


@functools.cache
def code_digest() -> str:
    """Return a hash of the code and the environment that cases and answers depend on."""
    versions = [_version(name) for name in ("numpy", "hypothesis", "torch")]
    hashed = hashlib.sha256("/".join([*versions, platform.machine(), platform.python_version()]).encode())
    folders = (PACKAGE / "core", PACKAGE / "checks")
    own = [PACKAGE / f"{name}.py" for name in ("oracles", "reference", "torch_oracle")]
    for path in sorted([*own, *(path for folder in folders for path in folder.glob("*.py"))]):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


class _StoredCase(msgspec.Struct, array_like=True):
    inputs: dict[str, Any]
    sizes: dict[str, Any]
    label: str


class _StoredPlan(msgspec.Struct, array_like=True):
    """A `CheckPlan` without what the exercise knows."""

    cases: list[_StoredCase]
    frame: bytes
    steps: int
    probes: list[Probe]
    arrays: list[bytes]
    shapes: list[list[tuple[int, ...]]]
    ladder: _StoredPlan | None = None


class _Stored(msgspec.Struct, array_like=True):
    differential: dict[str, _StoredPlan]
    properties: dict[str, list[_StoredCase]]
    rehearsals: dict[str, Rehearsal]


_ARRAY, _SEED, _TUPLE = 1, 2, 3


def _hook(value: object) -> msgspec.msgpack.Ext:
    if isinstance(value, np.ndarray):
        header = msgspec.msgpack.encode((value.dtype.str, value.shape))
        return msgspec.msgpack.Ext(_ARRAY, bytes([len(header)]) + header + np.ascontiguousarray(value).tobytes())
    raise NotImplementedError(f"{type(value).__name__} cannot be cached")


def _ext(code: int, data: memoryview) -> object:
    raw = bytes(data)
    if code == _SEED:
        return Seed(int(raw))
    dtype, shape = msgspec.msgpack.decode(raw[1 : 1 + raw[0]])
    return np.frombuffer(raw, dtype, offset=1 + raw[0]).reshape(shape)


def _pack(plan: ExercisePlan) -> bytes:
    differential = {name: _store_plan(p) for name, p in plan.differential.items()}
    properties = {name: [_store(case) for case in cases] for name, cases in plan.properties.items()}
    return msgspec.msgpack.encode(_Stored(differential, properties, dict(plan.rehearsals)), enc_hook=_hook)


def _store_plan(plan: CheckPlan) -> _StoredPlan:
    target = plan.target
    return _StoredPlan(
        [_store(case) for case in plan.cases],
        plan.frame,
        plan.steps,
        list(plan.probes),
        [array.tobytes() for array in (target.low, target.high, target.unit, target.floor)],
        [list(shapes) for shapes in target.shapes],
        _store_plan(plan.ladder) if plan.ladder else None,
    )


def _restore_plan(stored: _StoredPlan, check: Check, calls: Program) -> CheckPlan:
    low, high, unit, floor = (np.frombuffer(raw) for raw in stored.arrays)
    target = Target(low, high, unit, floor, tuple(tuple(shapes) for shapes in stored.shapes))
    cases = tuple(_restore(case) for case in stored.cases)
    smaller = _restore_plan(stored.ladder, check, calls) if stored.ladder else None
    return CheckPlan(check, cases, calls, stored.frame, stored.steps, tuple(stored.probes), target, smaller)


def _store(case: Case) -> _StoredCase:
    # A dataclass is written as a map without asking the hook, so seeds are wrapped here.
    inputs = {
        name: msgspec.msgpack.Ext(_SEED, str(value.value).encode()) if isinstance(value, Seed) else value
        for name, value in case.inputs.items()
    }
    return _StoredCase(inputs, dict(case.sizes), case.label)


def _restore(stored: _StoredCase) -> Case:
    sizes = {name: tuple(size) if isinstance(size, list) else size for name, size in stored.sizes.items()}
    inputs = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.inputs.items()}
    return Case(inputs, sizes, stored.label)


def _unpack(content: bytes, pair: Paired, seed: int) -> ExercisePlan:
    stored = msgspec.msgpack.decode(content, type=_Stored, ext_hook=_ext)
    checks = {check.name: check for check in pair.exercise.checks}
    differential = {
        name: _restore_plan(plan, checks[name], program(pair.exercise, checks[name]))
        for name, plan in stored.differential.items()
    }
    properties = {name: tuple(_restore(case) for case in cases) for name, cases in stored.properties.items()}
    return ExercisePlan(pair, seed, differential, properties, stored.rehearsals)
