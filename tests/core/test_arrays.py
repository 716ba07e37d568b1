import numpy as np
import pytest

from grader.core.arrays import same_bytes


@pytest.mark.parametrize("count", [3, 20_000])
@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_arrays_are_the_same_bit_for_bit(count, layout):
    one = np.linspace(-1, 1, 2 * count).reshape(2, count)
    one[0, 0] = np.nan
    other = {"C": one.copy(), "F": np.asfortranarray(one), "strided": np.repeat(one, 2, axis=1)[:, ::2]}[layout]
    assert same_bytes(one, other)
    other[1, count - 1] = np.nextafter(other[1, count - 1], 2)
    assert not same_bytes(one, other)


@pytest.mark.parametrize("count", [3, 20_000])
def test_a_zero_of_the_other_sign_is_another_value(count):
    one, other = np.zeros(count), np.zeros(count)
    other[-1] = -0.0
    assert not same_bytes(one, other)


def test_a_changed_shape_of_the_same_bytes_is_the_same():
    assert same_bytes(np.zeros((2, 10_000)), np.zeros(20_000))
