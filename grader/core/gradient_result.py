"""What a gradient check found, as values, as text and as a small table for notebooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape


class Judgement(Enum):
    """What finite differences say about a gradient."""

    RIGHT = "right"
    WRONG = "wrong"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Slope:
    """One comparison: along an element, or along a random direction through the whole tensor.

    Attributes
    ----------
    index
        The element; `None` for a random direction.
    backward
        The slope that the backward claims; for an element, the gradient's element.
    low, high
        The slope of the forward; at a kink, anything between the slopes to its two sides is right.
    error
        How wrong `low` and `high` may be.
    tolerance
        How far `backward` may be outside of them.
    """

    tensor: str
    index: tuple[int, ...] | None
    backward: float
    low: float
    high: float
    error: float
    tolerance: float
    judgement: Judgement
    kink: bool = False
    suspect: bool = False
    """Whether it is inconclusive although the difference exceeds the tolerance: then the tensor is not right."""
    reason: str = ""
    """Why it is inconclusive."""

    @property
    def numeric(self) -> float:
        """The slope of the forward; the middle at a kink."""
        return self.low if self.low == self.high else (self.low + self.high) / 2

    @property
    def distance(self) -> float:
        """How far the backward is from what is right."""
        return max(self.low - self.backward, self.backward - self.high, 0.0)

    @property
    def excess(self) -> float:
        """The distance in units of the tolerance."""
        if self.distance == 0:
            return 0.0
        return self.distance / self.tolerance if self.tolerance > 0 else float("inf")

    @property
    def where(self) -> str:
        """The element's name, such as ``dw[2, 0]``, or what the direction is."""
        if self.index is None:
            return f"d{self.tensor} along a random direction"
        return f"d{self.tensor}[{', '.join(map(str, self.index))}]" if self.index else f"d{self.tensor}"

    def __str__(self) -> str:
        digits = next((k for k in (5, 9, 17) if f"{self.backward:.{k}g}" != f"{self.numeric:.{k}g}"), 5)
        should = f"{self.low:.{digits}g}" if self.low == self.high else f"between {self.low:.5g} and {self.high:.5g}"
        return f"{self.where} = {self.backward:.{digits}g}, but finite differences give {should} ± {self.error:.1g}"


@dataclass(frozen=True, slots=True)
class TensorResult:
    """What was found about the gradient of one input.

    Attributes
    ----------
    slopes
        Every comparison.
    problem
        Why nothing could be compared: a wrong shape, `nan`; empty where nothing is in the way.
    """

    name: str
    shape: tuple[int, ...]
    slopes: tuple[Slope, ...] = ()
    problem: str = ""

    @property
    def judgement(self) -> Judgement:
        """Wrong where any comparison is; right where none is, none is suspect and at least one is conclusive."""
        seen = {slope.judgement for slope in self.slopes}
        if self.problem or Judgement.WRONG in seen:
            return Judgement.WRONG
        if any(slope.suspect for slope in self.slopes):
            return Judgement.INCONCLUSIVE
        if Judgement.RIGHT in seen or 0 in self.shape:
            return Judgement.RIGHT
        return Judgement.INCONCLUSIVE

    @property
    def worst(self) -> Slope | None:
        """The comparison that is furthest off: a wrong element before a wrong direction before anything else."""
        order = {Judgement.WRONG: 2, Judgement.RIGHT: 1, Judgement.INCONCLUSIVE: 0}
        rank = {id(s): (order[s.judgement], s.index is not None, s.excess) for s in self.slopes}
        return max(self.slopes, key=lambda slope: rank[id(slope)], default=None)

    @property
    def error(self) -> float:
        """The largest estimated error of the conclusive comparisons along elements; `nan` where there are none."""
        errors = [s.error for s in self.slopes if s.judgement is not Judgement.INCONCLUSIVE and s.index is not None]
        return max(errors, default=float("nan"))

    @property
    def kinks(self) -> tuple[Slope, ...]:
        """The elements at which the forward has a kink."""
        return tuple(
            s for s in self.slopes if s.kink and s.index is not None and s.judgement is not Judgement.INCONCLUSIVE
        )

    @property
    def note(self) -> str:
        """What was found, as a clause."""
        if self.problem:
            return self.problem
        worst = self.worst
        if worst is None:
            return "it has no elements" if 0 in self.shape else "nothing was compared"
        if self.judgement is Judgement.WRONG:
            return f"{worst}{_how_many(self.slopes)}"
        if self.judgement is Judgement.INCONCLUSIVE:
            suspect = next((slope for slope in self.slopes if slope.suspect), None)
            if suspect is not None:
                return f"{suspect}, too rough an estimate to be sure"
            reasons = Counter(slope.reason for slope in self.slopes if slope.reason)
            return reasons.most_common(1)[0][0] if reasons else "finite differences cannot tell here"
        parts = [f"{_counted(self.slopes)} agree; numerical error at most {self.error:.1g}"]
        if worst.index is not None and worst.distance:
            parts.append(f"largest difference {worst.distance:.1g} at {worst.where}")
        undecided = sum(slope.judgement is Judgement.INCONCLUSIVE for slope in self.slopes)
        if undecided:
            parts.append(f"{undecided} of {len(self.slopes)} comparisons are inconclusive")
        return "; ".join(parts)


def _counted(slopes: Sequence[Slope]) -> str:
    right = [slope for slope in slopes if slope.judgement is Judgement.RIGHT]
    elements = sum(slope.index is not None for slope in right)
    directions = len(right) - elements
    parts = [(elements, "element"), (directions, "random direction")]
    return " and ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in parts if count)


def _how_many(slopes: Sequence[Slope]) -> str:
    elements = [slope for slope in slopes if slope.index is not None]
    wrong = sum(slope.judgement is Judgement.WRONG for slope in elements)
    return f" ({wrong} of {len(elements)} compared elements are wrong)" if wrong else ""


@dataclass(frozen=True, slots=True)
class GradientResult:
    """What a gradient check found.

    Attributes
    ----------
    tensors
        One result per differentiable input.
    seed
        From which directions and the upstream gradient were drawn.
    evaluations
        How often the forward was evaluated.
    single
        Whether forward or backward works in single precision or less, so that only so much could be asked.
    half
        Whether it is half precision.
    remark
        What else the forward did: that it raised beside the point.
    """

    tensors: tuple[TensorResult, ...]
    seed: int
    evaluations: int
    single: bool = False
    half: bool = False
    remark: str = ""

    @property
    def judgement(self) -> Judgement:
        """Wrong where any tensor is; else inconclusive where any is; else right."""
        seen = [tensor.judgement for tensor in self.tensors]
        for judgement in (Judgement.WRONG, Judgement.INCONCLUSIVE):
            if judgement in seen:
                return judgement
        return Judgement.RIGHT

    @property
    def ok(self) -> bool:
        """Whether every gradient is right, each on at least one conclusive comparison."""
        return self.judgement is Judgement.RIGHT

    @property
    def inconclusive(self) -> tuple[str, ...]:
        """Names of the tensors about which nothing could be said."""
        return tuple(t.name for t in self.tensors if t.judgement is Judgement.INCONCLUSIVE)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        lines = [_HEADLINES[self.judgement] + f" ({self.evaluations} evaluations, seed {self.seed})"]
        width = max((len(t.name) for t in self.tensors), default=0) + 1
        for tensor in self.tensors:
            lines.append(f"  d{tensor.name:<{width}} {tensor.judgement.value}: {tensor.note}")
            lines += [f"  {'':<{width + 1}} kink: {_kink_text(slope)}" for slope in tensor.kinks[:3]]
            if len(tensor.kinks) > 3:
                lines.append(f"  {'':<{width + 1}} and {len(tensor.kinks) - 3} more kinks")
        lines += [f"  {remark}" for remark in self._remarks]
        return "\n".join(lines)

    @property
    def _remarks(self) -> list[str]:
        word, dtype = ("half", "float16") if self.half else ("single", "float32")
        precision = f"compared in {word} precision: outputs or gradients are rounded to {dtype}"
        return [*([precision] if self.single else []), *([self.remark] if self.remark else [])]

    def _repr_html_(self) -> str:
        """Return a table for notebooks, readable on light and on dark backgrounds."""
        cell = 'style="text-align:left;padding:2px 10px"'
        rows = "".join(
            f"<tr><td {cell}><code>d{escape(t.name)}</code> {escape(str(t.shape))}</td>"
            f"<td {cell}><b>{t.judgement.value}</b></td>"
            f"<td {cell}>{escape('; '.join([t.note, *(f'kink: {_kink_text(s)}' for s in t.kinks[:3])]))}</td></tr>"
            for t in self.tensors
        )
        about = escape("; ".join([f"{self.evaluations} evaluations, seed {self.seed}", *self._remarks]))
        return (
            f"<p><b>{escape(_HEADLINES[self.judgement])}</b> <small>({about})</small></p>"
            f"<table><thead><tr><th {cell}>gradient</th><th {cell}>is</th><th {cell}>because</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


_HEADLINES = {
    Judgement.RIGHT: "the gradients are right",
    Judgement.WRONG: "the gradients are wrong",
    Judgement.INCONCLUSIVE: "inconclusive: finite differences cannot tell for every gradient",
}


def _kink_text(slope: Slope) -> str:
    return f"{slope.where} = {slope.backward:.4g} may be anything between {slope.low:.4g} and {slope.high:.4g}"
