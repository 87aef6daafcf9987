"""What every function of a matrix starts from: V as a checked array, or in a form unitarily similar to it.

A `SchurMatrix` knows its own form: its Λ + s T, whose spectrum is exact, is handed over as it stands. The numbers of a
strongly non-normal V do not survive a detour through its dense entries (the eigenvalues of a rotated delay line of 64
units come out wrong by 0.6).

All conversions stand here. Torch is not imported: a `SchurMatrix` or a tensor is known by its methods, and whoever
hands one over has imported torch.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol, TypeAlias, cast, get_args, runtime_checkable

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Complex128, Float64, Integer
from numpy.typing import ArrayLike

from ..checks import one_of


@runtime_checkable
class HoldsSchurForm(Protocol):
    """What a `SchurMatrix` is known by. (Not by its P: to ask for that property computes it.)"""

    def schur_form(self) -> Any: ...

    def eigenvalues(self) -> Any: ...


@runtime_checkable
class TensorLike(Protocol):
    """What a tensor is known by."""

    @property
    def shape(self) -> Any: ...

    def detach(self) -> Any: ...


Numbers: TypeAlias = TensorLike | ArrayLike
Matrix: TypeAlias = HoldsSchurForm | TensorLike | ArrayLike
RealMatrix: TypeAlias = Float64[np.ndarray, "n n"]
ComplexMatrix: TypeAlias = Complex128[np.ndarray, "n n"]
SquareMatrix: TypeAlias = RealMatrix | ComplexMatrix
Time: TypeAlias = Literal["discrete", "continuous"]  # h_t = V h_{t−1}, or x' = A x
LARGEST = 2.0**1022  # n times an entry: a quarter of what float64 holds


def as_form(V: Matrix) -> tuple[RealMatrix, SquareMatrix]:
    """V = P form Pᵀ with P orthogonal, at no cost: what questions about vectors need.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex. Complex numbers without an imaginary part are real ones.

    Returns
    -------
    P : ndarray, (n, n)
        That of a `SchurMatrix`; I for anything else.
    form : ndarray, (n, n)
        Λ + s T of a `SchurMatrix`, lower triangular except for its 2×2 blocks; V itself for anything else, in float64
        or complex128.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> P, form = dynamics.as_form([[0.5j, 0.0], [2.0, 0.5]])
    >>> form
    array([[0. +0.5j, 0. +0.j ],
           [2. +0.j , 0.5+0.j ]])
    """
    form = form_of(V)
    if not isinstance(V, HoldsSchurForm):
        return np.eye(len(form)), form
    with no_grad():
        return array(cast("Any", V).P, "V.P"), form


def form_of(V: Matrix) -> SquareMatrix:
    """The form of `as_form` without its P, for what does not depend on P."""
    if not isinstance(V, HoldsSchurForm):
        return square(V, "V")
    with no_grad():
        return array(V.schur_form(), "V")


def as_real(V: Matrix) -> tuple[RealMatrix, RealMatrix]:
    """V = P form Pᵀ as `as_form` gives it, of a real V: what the real Schur form needs.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    P : ndarray, (n, n)
        That of a `SchurMatrix`; I for anything else.
    form : ndarray, (n, n)
        Λ + s T of a `SchurMatrix`, lower triangular except for its 2×2 blocks; V itself for anything else.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> P, form = dynamics.as_real([[0.5, 0.0], [2.0, 0.5]])
    >>> P
    array([[1., 0.],
           [0., 1.]])
    >>> form
    array([[0.5, 0. ],
           [2. , 0.5]])
    """
    P, form = as_form(V)
    return P, form if form.dtype.kind == "f" else array(form, "V")


def real_form(V: Matrix) -> RealMatrix:
    """`form_of` a real V; ValueError for a complex one."""
    form = form_of(V)
    return form if form.dtype.kind == "f" else array(form, "V")


def as_schur(V: Matrix) -> tuple[ComplexMatrix, ComplexMatrix]:
    """V = P form P* with P unitary and form *lower* triangular (the paper's side): what spectral questions need.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    P : ndarray of complex, (n, n)
    form : ndarray of complex, (n, n)
        The eigenvalues stand on its diagonal. A matrix that is lower triangular already is its own form, with P = I.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Notes
    -----
    A form that is lower triangular but for 2×2 blocks, as that of a `SchurMatrix`, becomes triangular by a rotation
    within each block, which leaves its eigenvalues as they are, whatever T is. Anything else goes through
    `scipy.linalg.schur`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> V = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> P, form = dynamics.as_schur(V)
    >>> bool(np.allclose(P @ form @ P.conj().T, V)), bool(form[0, 1] == 0)
    (True, True)
    >>> sorted(np.diag(form).imag.round(12).tolist())
    [-1.0, 1.0]
    """
    P, form = as_form(V)
    if is_lower(form):
        return P.astype(complex), form.astype(complex)
    if (first := _blocks(form)) is not None:
        Q, values = _basis_of_blocks(form, first)
        return (Q.T @ P.T).T, _triangle(form, Q, values)
    upper, U = scipy.linalg.schur(form.T, output="complex")  # formᵀ = U upper U*, so form = conj(U) upperᵀ Uᵀ
    return P @ U.conj(), upper.T.copy()


def triangle_of(V: Matrix) -> ComplexMatrix:
    """The form of `as_schur` without its P, for what does not depend on P."""
    form = form_of(V)
    if is_lower(form):
        return form.astype(complex)
    if (first := _blocks(form)) is not None:
        return _triangle(form, *_basis_of_blocks(form, first))
    return as_schur(form)[1]


def _blocks(form: SquareMatrix) -> np.ndarray | None:
    """The first rows of the 2×2 blocks of a form that is lower triangular but for them; None for any other."""
    beside = np.diag(form, 1) != 0
    if (beside[1:] & beside[:-1]).any() or np.triu(form, 2).any():
        return None
    return np.flatnonzero(beside)


def _basis_of_blocks(
    form: SquareMatrix, first: Integer[np.ndarray, " blocks"]
) -> tuple[scipy.sparse.csr_array, Complex128[np.ndarray, " n"]]:
    """A unitary Q, in which such a form is triangular, and its eigenvalues in the order in which they then stand.

    In each block Q has what is orthogonal to an eigenvector, and the eigenvector.
    """
    second, alone = first + 1, np.setdiff1d(np.arange(len(form)), [first, first + 1])
    blocks = form[first[:, None, None] + [[0], [1]], first[:, None, None] + [0, 1]]
    values, vectors = np.linalg.eig(blocks)
    other = values[:, 0].imag * blocks[:, 1, 0].real < 0  # of γ R(θ), e^{+iθ} comes first
    values[other], vectors[other] = values[other, ::-1], vectors[other, :, ::-1]
    x, y = vectors[:, 0, 1], vectors[:, 1, 1]
    entries = np.concatenate([-y.conj(), x.conj(), x, y, np.ones(len(alone), complex)])
    rows = np.concatenate([first, second, first, second, alone])
    columns = np.concatenate([first, first, second, second, alone])
    diagonal = np.diag(form).astype(complex)
    diagonal[first], diagonal[second] = values[:, 0], values[:, 1]
    return scipy.sparse.csr_array((entries, (rows, columns)), shape=form.shape), diagonal


def _triangle(form: SquareMatrix, Q: scipy.sparse.csr_array, diagonal: Complex128[np.ndarray, " n"]) -> ComplexMatrix:
    """Q* form Q, with this diagonal and without what rounding leaves above it."""
    found: ComplexMatrix = np.tril(Q.conj().T @ (Q.T @ form.T).T)
    np.fill_diagonal(found, diagonal)
    return found


def dense(V: Matrix, name: str) -> SquareMatrix:
    """V's own entries, of a `SchurMatrix` in float64; ValueError for what is no finite, square matrix."""
    if not isinstance(V, HoldsSchurForm):
        return square(V, name)
    P, form = as_form(V)
    entries: SquareMatrix = P @ form @ P.T
    return entries


def matrices(given: Numbers | Iterable[Matrix]) -> Iterator[SquareMatrix]:
    """Jacobians, in an array of three dimensions or one after another; ValueError for anything else."""
    if isinstance(given, TensorLike | np.ndarray):
        stack = _numbers(given, "jacobians")  # checked at once: one by one would take as long as what is done to them
        if stack.ndim != 3 or stack.shape[1] != stack.shape[2]:
            raise ValueError(f"jacobians must be (steps, n, n), square; the shape is {stack.shape}")
        return iter(stack)
    if not isinstance(given, Iterable):
        raise ValueError(f"jacobians must be (steps, n, n) or an iterable of matrices; got {type(given).__name__}")
    return (dense(J, "a Jacobian") for J in given)


def is_real(V: Matrix) -> bool:
    """Whether V has no imaginary part: its spectrum, pseudospectra and numerical range mirror in the real axis."""
    return np.isrealobj(form_of(V))


def is_lower(form: SquareMatrix) -> bool:
    """Whether nothing stands above the diagonal."""
    return np.array_equal(form, np.tril(form))


def array(V: Numbers, name: str) -> RealMatrix:
    """A real, finite, square matrix as a float64 array; ValueError that says what is wrong, otherwise."""
    return _square(_real(V, name), name)


def square(V: Numbers, name: str) -> SquareMatrix:
    """A finite, square matrix as a float64 array, or as a complex128 one where it has imaginary parts."""
    return _square(_numbers(V, name), name)


def _square(M: np.ndarray, name: str) -> np.ndarray:
    if M.ndim != 2 or M.shape[0] != M.shape[1] or not M.size:
        raise ValueError(f"{name} must be a square matrix; its shape is {M.shape}")
    with np.errstate(over="ignore"):
        largest = np.abs(M).max()
    if largest > LARGEST / len(M):  # its norms, and sums of two of its entries, would be infinite
        raise ValueError(f"the norm of {name} leaves float64, an entry is as large as {largest:.2g}: scale it down")
    return M


def vector(v: Numbers, size: int, name: str) -> Float64[np.ndarray, " n"]:
    """A real, finite vector of `size` entries as a float64 array; ValueError otherwise."""
    return _sized(_real(v, name), size, name)


def any_vector(v: Numbers, size: int, name: str) -> Float64[np.ndarray, " n"] | Complex128[np.ndarray, " n"]:
    """A finite vector of `size` entries, real or complex; ValueError otherwise."""
    return _sized(_numbers(v, name), size, name)


def _sized(x: np.ndarray, size: int, name: str) -> np.ndarray:
    if x.shape != (size,):
        raise ValueError(f"{name} must be a vector of {size} entries, as V has rows; its shape is {x.shape}")
    return x


def points(z: Numbers, name: str) -> Complex128[np.ndarray, "..."]:
    """Finite complex numbers of any shape as a complex128 array; ValueError otherwise."""
    values = numpy_array(z)
    if values.dtype.kind not in "biufc":
        raise ValueError(f"{name} must hold numbers; its dtype is {values.dtype}")
    return _finite(values.astype(complex), name)


def frobenius(M: np.ndarray) -> float:
    """‖M‖_F of entries whose squares may leave float64; ∞ where an entry itself has left it."""
    sizes = np.abs(M)  # a complex M would leave float64 in the division by a subnormal number
    scale = float(sizes.max(initial=0.0))
    if not math.isfinite(scale):
        return math.inf
    return scale * float(np.linalg.norm(sizes / scale)) if scale > 0 else 0.0


def check_time(time: object) -> Time:
    """ "discrete" or "continuous"; ValueError otherwise."""
    return cast("Time", one_of("time", time, get_args(Time)))


def numpy_array(x: Numbers) -> np.ndarray:
    """A tensor, or what NumPy takes for an array, as an array. A tensor's real numbers come in float64, for NumPy has
    no bfloat16."""
    if not isinstance(x, TensorLike):
        return _plain_array(x)
    tensor: Any = x
    if tensor.device.type == "meta" or tensor.is_quantized or "strided" not in str(tensor.layout):
        kind = "meta" if tensor.device.type == "meta" else "quantized" if tensor.is_quantized else str(tensor.layout)
        raise ValueError(
            f"a tensor must be dense and hold numbers; got a {kind} one: pass tensor.to_dense() or its like"
        )
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    values: np.ndarray = (tensor if tensor.is_complex() else tensor.double()).numpy()
    return values


def _plain_array(x: Any) -> np.ndarray:
    if hasattr(x, "toarray"):
        raise ValueError(f"{type(x).__name__} is sparse, and a dense array is wanted: pass its .toarray()")
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise ValueError("some entries are masked: say what they are, for instance matrix.filled(0)")
    if isinstance(x, list | tuple):
        x = [numpy_array(part) if isinstance(part, TensorLike | np.ma.MaskedArray) else part for part in x]
    try:
        return np.asarray(x)
    except ValueError as problem:
        raise ValueError(f"rows must have equal lengths, and hold numbers: {problem}") from problem


def _real(x: Numbers, name: str) -> Float64[np.ndarray, "..."]:
    a = _numbers(x, name)
    if a.dtype.kind == "c":
        raise ValueError(f"{name} must be real; its dtype is {a.dtype}: pass its real part, if that is what is meant")
    return a


def _numbers(x: Numbers, name: str) -> Float64[np.ndarray, "..."] | Complex128[np.ndarray, "..."]:
    """In float64, or in complex128 where something has an imaginary part."""
    a = numpy_array(x)
    if a.dtype.kind not in "biufc":
        raise ValueError(f"{name} must be real or complex; its dtype is {a.dtype}: pass numbers")
    if a.dtype.kind == "c" and a.imag.any():
        return _finite(a.astype(np.complex128), name)
    return _finite(a.real.astype(np.float64), name)


def _finite(a: np.ndarray, name: str) -> np.ndarray:
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must be finite; it holds {np.count_nonzero(~np.isfinite(a))} infinite or NaN entries")
    return a


@contextmanager
def no_grad() -> Iterator[None]:
    """Without recording gradients, where torch is there to record them."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    with torch.no_grad():
        yield
