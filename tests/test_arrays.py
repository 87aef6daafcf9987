"""What a loop over time works on: arrays and tensors give the same, products any number of derivatives."""

import math
import warnings

import numpy as np
import pytest
import torch

from nnrnn_core.activations import ModReLU
from nnrnn_core.recurrence import arrays
from nnrnn_core.recurrence.arrays import add_product, allocate, as_arrays, empty_like, product, shareable
from oracles import modrelu

# rows and matrix: names to a function of a drawn pair that lays them out
LAYOUTS = {
    "2-D rows": lambda rows, matrix: (rows[0], matrix),
    "3-D rows": lambda rows, matrix: (rows, matrix),
    "one row": lambda rows, matrix: (rows[0, 0], matrix),
    "no row": lambda rows, matrix: (rows[:, :0], matrix),
    "rows of a transpose": lambda rows, matrix: (rows.transpose(0, 1), matrix),
    "every other row": lambda rows, matrix: (rows[::2], matrix),
    "one row in all places": lambda rows, matrix: (rows[:1, :1].expand(4, 5, 3), matrix),
    "a transposed matrix": lambda rows, matrix: (rows, matrix.T.contiguous().T),
    "every other column": lambda rows, matrix: (rows, matrix[:, ::2]),
}


@pytest.fixture
def pair(generator) -> tuple[torch.Tensor, torch.Tensor]:
    """(4, 5, 3) and (3, 6) in float64, wanting gradients."""
    rows, matrix = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((4, 5, 3), (3, 6)))
    return rows.requires_grad_(), matrix.requires_grad_()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_product_and_its_first_two_derivatives_are_those_of_the_matrix_product(layout, pair):
    def derivatives(multiply):
        result = multiply(*LAYOUTS[layout](*pair))
        first = torch.autograd.grad(result.pow(3).sum(), pair, create_graph=True)
        second = torch.autograd.grad(sum(g.square().sum() for g in first), pair)
        return [result, *first, *second]

    for ours, theirs in zip(derivatives(product), derivatives(torch.matmul), strict=True):
        assert ours.shape == theirs.shape
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_a_product_has_the_gradients_of_finite_differences_twice(pair):
    rows, matrix = pair
    assert torch.autograd.gradcheck(product, (rows[:2, :2].detach().requires_grad_(), matrix))
    assert torch.autograd.gradgradcheck(product, (rows[:2, :2].detach().requires_grad_(), matrix))


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_product_of_which_one_factor_is_constant_has_the_others_gradient(wanted, pair):
    factors = [factor.detach().requires_grad_(i == wanted) for i, factor in enumerate(pair)]
    (ours,) = torch.autograd.grad(product(*factors).square().sum(), factors[wanted])
    (theirs,) = torch.autograd.grad((factors[0] @ factors[1]).square().sum(), factors[wanted])
    assert torch.allclose(ours, theirs, rtol=1e-12)


def test_a_product_under_torch_func_is_the_matrix_product(pair):
    rows, matrix = (factor.detach() for factor in pair)

    def gradients(multiply):
        return torch.func.grad(lambda a, b: multiply(a, b).pow(3).sum(), argnums=(0, 1))(rows, matrix)

    for ours, theirs in zip(gradients(product), gradients(torch.matmul), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-12)
    assert torch.allclose(torch.vmap(product, (0, None))(rows, matrix), rows @ matrix)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_product_has_the_type_of_its_factors(dtype, pair):
    rows, matrix = (factor.detach().to(dtype) for factor in pair)
    found = product(rows, matrix)
    assert found.dtype == dtype
    assert (found - rows @ matrix).abs().max() <= 8 * torch.finfo(dtype).eps


def test_a_product_of_tensors_without_numbers_has_its_shape():
    rows, matrix = torch.zeros(4, 5, 3, device="meta"), torch.zeros(3, 6, device="meta", requires_grad=True)
    found = product(rows, matrix)
    found.sum().backward()
    assert (found.shape, found.device.type, matrix.grad.shape) == ((4, 5, 6), "meta", (3, 6))


def test_a_product_out_of_range_is_infinite_without_a_warning():
    rows, matrix = torch.full((2, 3), 3e38), torch.full((3, 4), 3e38)
    total = np.zeros((2, 4), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = product(rows, matrix)
        add_product(total, rows.numpy().T, matrix.numpy())
    assert bool((found == math.inf).all())
    assert bool((total == math.inf).all())


def test_arrays_lie_in_the_memory_of_their_tensors():
    tensor = torch.zeros(2, 3, requires_grad=True)
    (array,) = as_arrays([tensor])
    array[1, 2] = 7
    assert tensor[1, 2] == 7


@pytest.mark.parametrize("other", [torch.zeros(2, device="meta"), torch.zeros(2, dtype=torch.bfloat16)])
def test_where_one_tensor_cannot_be_an_array_all_stay_tensors(other):
    tensors = [torch.zeros(2), other]
    assert not shareable(other)
    assert all(kept is given for kept, given in zip(as_arrays(tensors), tensors, strict=True))


@pytest.mark.parametrize(
    "like", [torch.zeros(3, 4).T, torch.zeros(()).expand(4, 3), torch.zeros(4, 3, device="meta").T.to(torch.bfloat16)]
)
def test_new_memory_is_contiguous_whatever_it_is_like(like):
    made = empty_like(like)
    assert (made.shape, made.dtype, made.device) == (like.shape, like.dtype, like.device)
    assert made.is_contiguous()


# --- memory that is given out again


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.fixture
def nothing_kept(monkeypatch):
    monkeypatch.setattr(arrays, "_free", [])


@pytest.mark.usefixtures("nothing_kept")
def test_memory_that_nothing_refers_to_serves_the_next_array_of_its_size():
    tensor = torch.from_numpy(allocate((300, 200), np.float32))
    first, view = tensor.data_ptr(), tensor[5]
    del tensor
    assert address(allocate((300, 200), np.float32)) != first  # the view holds it
    del view
    assert address(allocate((150, 200), np.float64)) == first  # as many bytes, of another type and shape


@pytest.mark.usefixtures("nothing_kept")
def test_arrays_that_live_together_share_no_memory():
    living = [allocate((300, 200), np.float32) for _ in range(4)]
    del living[1], living[1]
    living += [allocate((300, 200), np.float32) for _ in range(3)]
    assert len({address(array) for array in living}) == len(living)


@pytest.mark.usefixtures("nothing_kept")
def test_no_more_is_kept_than_the_limit_and_nothing_small(monkeypatch):
    monkeypatch.setattr(arrays, "KEEP", 500_000)
    living = [allocate((300, 200), np.float32) for _ in range(4)]  # 240 000 bytes each
    living.append(allocate((3, 2), np.float32))
    living.clear()
    assert [kept.nbytes for kept in arrays._free] == [240_000] * 2


# --- modReLU of arrays and tensors where numbers end


def edges(dtype: torch.dtype) -> torch.Tensor:
    """Numbers of both signs from the smallest to infinity, zeros, and NaN."""
    limits = torch.finfo(dtype)
    positive = [limits.smallest_normal, 1e-30, limits.eps, 0.25, 0.5, 1.0, 1e30, limits.max, math.inf]
    return torch.tensor([sign * x for x in positive for sign in (1, -1)] + [0.0, -0.0, math.nan], dtype=dtype)


def on_both_kinds(x: torch.Tensor, b: torch.Tensor) -> list[torch.Tensor]:
    """modReLU of a column x for each of the b, on a tensor and on an array."""
    column = x[:, None].expand(-1, len(b)).contiguous()
    array = column.numpy().copy()
    ModReLU(b).in_place(column, b)(column)
    with np.errstate(over="ignore"):
        ModReLU(b).in_place(array, b)(array)
    return [column, torch.from_numpy(array)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_modrelu_is_its_formula_from_the_smallest_normal_number_to_infinity(dtype):
    x, b = edges(dtype), torch.tensor([-1e30, -1.0, -0.5, -1e-40, 0.0, 1e-40, 0.5, 3.5], dtype=dtype)
    expected = modrelu(b)(x[:, None])
    assert bool(expected[x == 0].eq(0).all()) and bool(expected[-1].isnan().all())
    for found in on_both_kinds(x, b):
        assert torch.equal(found.nan_to_num(nan=0.125), expected.nan_to_num(nan=0.125))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_modrelu_of_a_subnormal_number_is_zero_for_negative_b_and_on_the_steep_line_for_positive(dtype):
    limits = torch.finfo(dtype)
    x = torch.tensor([1.0, 2.0**10, 2.0**20], dtype=dtype) * limits.smallest_normal * limits.eps  # the smallest, first
    b = torch.tensor([-0.5, 0.5], dtype=dtype)
    line = torch.minimum(x + 0.5, x * limits.max)
    for positive, negative in zip(on_both_kinds(x, b), on_both_kinds(-x, b), strict=True):
        assert not bool(positive[:, 0].any()) and not bool(negative[:, 0].any())
        assert torch.equal(positive[:, 1], line) and torch.equal(negative[:, 1], -line)
        assert bool((positive[:, 1] > 0).all())
