"""Text as a matrix: read to the last character, or refused with the place."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrnn_core import read_matrix
from nnrnn_core.reading.numbers import plain_numbers
from nnrnn_core.reading.tables import table_of

A = [[1, -2], [3.5, 0.4]]
MARKET = "%%MatrixMarket matrix"


def found(text: str) -> Any:
    matrix = read_matrix(text)
    assert isinstance(matrix, np.ndarray)
    return matrix


@pytest.mark.parametrize(
    "text",
    [
        "1 -2\n3.5 4e-1", "1, -2; 3.5, .4", "[[ 1.  -2. ]\n [ 3.5  0.4]]", "[1, -2;\n 3.5, 0.4]", "1, -2,\n3.5, 0.4,",
        "# a comment\n1 -2  # the first row\n\n3.5 0.4\n", "tensor([[1.0, -2.0],\n        [3.5, 0.4]], device='cpu')",
        "array([[ 1. , -2. ],\n       [ 3.5,  0.4]], dtype=float32)", "np.matrix('1 -2; 3.5 0.4')", "1 -2;\n3.5 0.4;",
        "Parameter containing:\ntensor([[ 1.0, -2.0],\n        [3.5, .4]], requires_grad=True)",
        "Matrix(2, 2, [1, -2, 3.5, 2/5])",
        "tensor([[1, -2], [3.5, 0.4]], grad_fn=<MulBackward0>)", "V = [[1, -2], [3.5, 0.4]];",
        "  a b\nx 1 -2\ny 3.5 0.4",
        '"","a","b"\n"1",1,-2\n"2",3.5,0.4', "   0    1\n0 1.0 -2.0\n1 3.5  0.4", "a,b\n1,-2\n3.5,0.4", "1;-2\n3,5;0,4",
        "1;-2;\n3,5;0,4;", "1\t-2\n3,5\t0,4", "[1 -2\n 7/2 2/5]", "[1 - 0, -2; 3.5, 0.4]", "{{1, -2}, {7/2, 0.4}}",
        "Float64[1 -2; 3.5 0.4]", "[np.float64(1.0) np.float64(-2.0)\n3.5 .4]", r"1 & -2 \\ \frac{7}{2} & 0.4",
        r"A = \frac12\left(\begin{array}{cc} 2 & -4 \\ 7 & 0.8 \end{array}\right)".replace("frac12", "frac{1}{2}"),
        "$$\\begin{bmatrix} 1 & -2 \\\\[2pt] 3.5 & 4 \\cdot 10^{-1} \\end{bmatrix}$$",
        "2x2".replace("2x2", "2×2 Matrix{Float64}:\n 1.0  -2.0\n 3.5   0.4"),
    ],
)  # fmt: skip
def test_text_is_read_as_people_write_it(text: str):
    assert np.allclose(found(text), A, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-[[1, 2], [3, 4]]", [[-1, -2], [-3, -4]]),
        ("0.9 * np.array([[0,1],[-1,0]])", [[0, 0.9], [-0.9, 0]]),
        ("torch.tensor([[0.9,2.],[0,0.8]]).T", [[0.9, 0], [2, 0.8]]),
        ("[sqrt(2) 1; 0 exp(-1)]", [[2**0.5, 1], [0, np.exp(-1)]]),
        ("sqrt(2) 1; 0 exp(-1)", [[2**0.5, 1], [0, np.exp(-1)]]),
        ("[1+2i 0; 1 1]'", [[1 - 2j, 1], [0, 1]]),
        ("[1+2i 0; 1 1].'", [[1 + 2j, 1], [0, 1]]),
        ("[1 -2; 3 4]", [[1, -2], [3, 4]]),
        ("[2^-1 -2^2; 2**3 (1+2)*3]", [[0.5, -4], [8, 9]]),
        ("[cos(pi) sin(pi/2); 1/2/2 2e0]", [[-1, 1], [0.25, 2]]),
        ("[[1, 2], [3, 4]] @ [[0, 1], [1, 0]] - [[1, 1], [1, 1]]", [[1, 0], [3, 2]]),
        ("[[1, 2], [3, 4]].T / 2", [[0.5, 1.5], [1, 2]]),
        ("A =\n   1.0000 + 2.0000i   3.0000 - 1.0000i\n   0   1.0000 + 0.0000i\n", [[1 + 2j, 3 - 1j], [0, 1]]),
        ("1+2j,3\n0,2.5j", [[1 + 2j, 3], [0, 2.5j]]),
        ("ComplexF64[0.5+2.0im 1; 0 1im]", [[0.5 + 2j, 1], [0, 1j]]),
        ("Matrix([[sqrt(2)*I, 1], [Rational(1, 3), 2*pi]])", [[2**0.5 * 1j, 1], [1 / 3, 2 * np.pi]]),
        ("[complex(1, 2), 0; 0, 1]", [[1 + 2j, 0], [0, 1]]),
        ("[3 3 2; 1 1 0.5; 2 1 7]", [[3, 3, 2], [1, 1, 0.5], [2, 1, 7]]),
        ("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 0.5\n2 1 7", [[0.5, 0, 0], [7, 0, 0], [0, 0, 0]]),
        ("     [,1] [,2]\n[1,]    1    2\n[2,]    4    5\n[3,]    7    8\n     [,3]\n[1,]    3\n[2,]    6\n[3,]    9",
         [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ("0.5", [[0.5]]),
        ("{{0.5`, -2.`16.}, {1.*^-3, 2.5`*^2}} * Pi", [[0.5 * np.pi, -2 * np.pi], [np.pi / 1000, 250 * np.pi]]),
        ("2×2 LinearAlgebra.LowerTriangular{Float64, Matrix{Float64}}:\n 0.5   ⋅ \n 3.0  0.25", [[0.5, 0], [3, 0.25]]),
        ("2×2 adjoint(::Matrix{Float64}) with eltype Float64:\n 0.5  1.0\n 3.0  0.25", [[0.5, 1], [3, 0.25]]),
        ("A = [1 2; ... the first row\n 3 ...\n 4];", [[1, 2], [3, 4]]),
        (r"\begin{array}{cc} 1 & 2 \\ 3 & 4 \\[2pt] \hline \end{array}", [[1, 2], [3, 4]]),
        ("1 & 2 \\\\\n3 & 4 \\\\", [[1, 2], [3, 4]]),
        (r"1 \cdot \frac{1}{2} & 1 + \frac{1}{2} \\ 2\pi\frac{1}{2} & \frac12".replace("c12", "c{1}{2}\\frac{1}{2}"),
         [[0.5, 1.5], [np.pi, 0.25]]),
        ("Int64[1 2; 3 4]", [[1, 2], [3, 4]]),
        ("array([[1, 2], [3, 4]], dtype='<i8')", [[1, 2], [3, 4]]),
        ("tensor([[1.5, 2], [3, 4]], dtype=torch.bfloat16)", [[1.5, 2], [3, 4]]),
        ("[[1 2] [3 4]]", [[1, 2], [3, 4]]),
        ("[[1, 2]\n [3, 4]]", [[1, 2], [3, 4]]),
        ("0, 5 -2i\n0, 3 +1i", [[0, 5 - 2j], [0, 3 + 1j]]),
        ("0,(5 -2i)\n0,3+1i", [[0, 5 - 2j], [0, 3 + 1j]]),
        ("1,234\t0,500\n3\t4", [[1.234, 0.5], [3, 4]]),
        ("(1+2j),(1-2j)\n2,(3)*1", [[1 + 2j, 1 - 2j], [2, 3]]),
        (",i,j\ni,1,2\nj,3,4", [[1, 2], [3, 4]]),
        ("Pi i\ni 4", [[np.pi, 1j], [1j, 4]]),
        ("source,target\n0.5,2\n2,1", [[0.5, 2], [2, 1]]),
        ("%%MatrixMarket matrix array integer general\n2 2\n1\n-2\n3\n4", [[1, 3], [-2, 4]]),
        ("%%MatrixMarket matrix array complex hermitian\n2 2\n1 0\n3 4\n5 0", [[1, 3 - 4j], [3 + 4j, 5]]),
        ("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 2\n1 1 0\n2 1 3", [[0, -3], [3, 0]]),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_computed(text: str, wanted: Any):
    assert np.allclose(found(text), wanted, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[foo 1; 2 3]", "'foo' is not understood (line 1, column 2)"),
        ("[[1, 2],\n [3, 4]] % 5", "'%' is not understood (line 2, column 10)"),
        ("[[1, 2], [3, 4]] [5]", "'[' is not understood (line 1, column 18): the matrix ends before it"),
        ("1 2; 3 x", "row 2, column 2 (line 1) is 'x', no number"),
        ("1 2 ... 3", "leaves entries out"),
        ("[[1 2 ...\n 3 4]\n ...\n [5 6 ... 7 8]]", "leaves entries out"),
        ("1,5 2\n3 4", "row 1, column 2 (line 1) is '5 2', no number"),
        ("1,,2\n3,4,5\n6,7,8", "row 1, column 2 (line 1) is empty"),
        ("1 2; 3", "row 2 has 1 numbers, and row 1 has 2"),
        ("[[1, 2], [3]]", "row 2 has 1 numbers, and row 1 has 2"),
        ("[1 -2, 3; 4 5 6]", "commas and blanks divide one row"),
        ("[1.2.3 4; 5 6]", "'1.2.3' is not understood"),
        ("12pi 1\n2 3", "'12pi'"),
        ("0x10 1\n2 3", "'0x10'"),
        ("1_000 2\n3 4", "'1_000'"),
        ("١ 2\n3 4", "'١'"),
        ("2020-10-12,1,2\n2020-10-13,1,2\n2020-10-14,1,2", "only a complex number has a sign inside"),
        ("1.5;2,5\n1;2", "which of them is the decimal point"),
        ("9007199254740993 1\n0 1", "9007199254740993 lies beyond 2⁵³"),
        ("[9007199254740993 1; 0 1]", "9007199254740993 lies beyond 2⁵³"),
        ("[[1, 9007199254740993], [0, 1]]", "9007199254740993 lies beyond 2⁵³"),
        ("1e400 1\n0 1", "1e400 is larger than 64-bit numbers go"),
        ("[[1e-400, 1], [0, 1]]", "1e-400 is smaller than 64-bit numbers go"),
        ("1 2\n3 nan", "row 2, column 2 is NaN"),
        ("[[1, 2], [inf, 4]]", "row 2, column 1 is infinite"),
        ("[[1, 2], [3, 4]] * [[1, 2], [3, 4]]", "write @"),
        ("[[1, 2], [3, 4]] + 1", "a number and a matrix are not added"),
        ("[[1, 2], [3, 4]] ** 2", "powers are read of numbers"),
        ("[2**3**2 1; 2 3]", "of two powers the order"),
        ("sqrt([[1, 2], [3, 4]])", "functions are read of numbers"),
        ("[1/0 1; 2 3]", "division by 0"),
        ("[9**999999999 1; 2 3]", "no 64-bit number"),
        ("[exp(1000) 1; 0 1]", "no 64-bit number"),
        ("np.array([[0.9, 2], [0, 0.8]], dtype=int)", "with dtype=int the entries are not those that are written"),
        ("masked_array(data=[[1.0, --], [2.0, 3.0]])", "'masked_array' is not understood"),
        ("[[1.0 --]\n [2.0 3.0]]", "'--'".replace("--", "-")),
        ("np.diag([1, 2])", "'np.diag' is not understood"),
        ("__import__('os').system('x') [1]", "'__import__' is not understood"),
        ("tensor(indices=tensor([[0, 1], [1, 0]]), values=tensor([1., 2.]))", "'indices' is not understood"),
        ("2×3 Matrix{Float64}:\n 1.0  2.0\n 3.0  4.0", "says that the matrix is 2×3"),
        (" Columns 1 through 8\n\n 1 2\n 3 4", "print mat2str(A, 17)"),
        ("     [,1] [,3]\n[1,]    1    2\n[2,]    4    5", "do not follow"),
        ("3 3 2\n1 1 0.5\n2 1 7", "may be coordinates, row column value, of a 3×3 matrix with 2 entries"),
        ("4 4 3\n1 1 0.5\n2 1 7\n3 1 2", "put the line %%MatrixMarket matrix coordinate real general above"),
        ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 0,5", "line 3 of the Matrix Market text is"),
        ("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 5\n1 1 7", "two numbers for one entry"),
        (f"{MARKET} array integer general\n2 2\n1e3\n2\n3\n4", "line 3 of the Matrix Market text is '1e3': 1 whole"),
        (f"{MARKET} array integer general\n1 1\n1.5", "'1.5': 1 whole numbers are expected"),
        (f"{MARKET} coordinate integer general\n1 1 1\n1 1 5.7", "'1 1 5.7': 3 whole numbers are expected"),
        (f"{MARKET} coordinate unsigned-integer general\n1 1 1\n1 1 5.0", "3 whole numbers are expected"),
        (f"{MARKET} coordinate real general\n2 2 2\n1 1 5\f2 2 6", "line 3 of the Matrix Market text is"),
        (f"{MARKET} coordinate real general\n2 2 2\n1 1 5\n% 1 2 3\n2 2 6", "line 4 of the Matrix Market text is '% 1"),
        (f"{MARKET} coordinate real general\n2 2 9999999999\n1 1 5", "it has 9999999999 entries, and 1 are there"),
        (f"{MARKET} coordinate real general 2\n1 1 1\n1 1 5", "the first line of Matrix Market's format is"),
        (f"{MARKET} array real general\n1 1\n1e-400", "line 3 of the Matrix Market text: 1e-400 is smaller"),
        (f"{MARKET} array real general\n1 1\n9007199254740993", "9007199254740993 lies beyond 2⁵³"),
        (f"{MARKET} coordinate complex hermitian\n2 2 1\n2 2 1 5", "row 2, column 2 of the Matrix Market text is (1+"),
        (f"{MARKET} coordinate real skew-symmetric\n2 2 1\n1 1 5", "diagonal of a skew-symmetric matrix there is 0"),
        (f"{MARKET} coordinate pattern skew-symmetric\n2 2 1\n2 1", "Matrix Market knows no skew-symmetric pattern"),
        ("i i\ni 2", "i, i, i may be names of rows and columns, or constants"),
        ("e e\ne e", "e, e, e may be names of rows and columns, or constants"),
        ("E i j\ni 1 2\nj 3 4", "may be names of rows and columns, or constants"),
        ("i 1\nj 2", "i, j may be names of rows and columns, or constants"),
        ("0,5 -2i\n0,3 +1i", "line 1 has '5 -2i' beside a comma: is that a decimal comma"),
        ("0,5 -2i; 0,3 +1i", "line 1 has '5 -2i' beside a comma"),
        ("0,5 -i\n0,3 +i", "line 1 has '5 -i' beside a comma"),
        ("1,234\t2,000\n3\t4", "thousands, or is it the decimal point? Write 1234 or 1.234, and all"),
        ("-1,234;2\n3;4", "'-1,234': does its comma divide thousands"),
        ("1 (1)\n2 3", "row 1, column 2 (line 1) is '(1)', in accounts a negative number: write -1, or 1 alone"),
        ("1+2j,( 2.5 )\n2,3", "write -2.5, or 2.5 alone"),
        (",a,b\nb,1,2\na,3,4", "the columns are a, b, and the rows are b, a: put the rows in the order of"),
        ("to\\from a b\nb 1 2\na 3 4", "the columns are a, b, and the rows are b, a"),
        (r"1\frac{1}{2} & 2 \\ 3 & 4", r"one and a half of 1\frac{1}{2}: write 1 \cdot \frac{1}{2} or 1 + \fr"),
        (r"\begin{pmatrix} 1\,\dfrac{1}{2} & 2 \\ 3 & 4 \end{pmatrix}", "make one and a half"),
        (r"\begin{pmatrix} -1{\frac{1}{2}} & 2 \\ 3 & 4 \end{pmatrix}", "make one and a half"),
        ("Int64[1.5 2; 3 4]", "with dtype=Int64 the entries are not those that are written"),
        ("Matrix([[Integer(1.5), 2], [3, 4]])", "with dtype=Integer the entries"),
        ("[[1,2] [3,4]]", "[1,2] [3,4] are columns in Julia and one row in MATLAB"),
        ("{{1,2} {3,4}}", "are columns in Julia and one row in MATLAB"),
        ("[2*[1,2] [3,4]]", "are columns in Julia and one row in MATLAB"),
        ("> 2 * diag(2) %*%\n+ diag(2)", "paste what was typed without > and +"),
        ("# nothing", "no number"),
        ("[[]]", "no number"),
        ("[" * 100, "more than 20 brackets"),
        ("1 " * 2000, "a row of the text has 2,000 entries"),
        ("1\n" * 2000, "the text has 2,000 lines"),
        (r"\begin{pmatrix} 1 & \foo \\ 2 & 3 \end{pmatrix}", r"'\\' is not understood (line 1, column 21)"),
        (r"\begin{pmatrix} 1 & 2 3 \\ 2 & 3 \end{pmatrix}", "'3' is not understood (line 1, column 23)"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named_with_its_place(text: str, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_matrix(text)


@pytest.mark.parametrize(
    ("dtype", "entry"),
    [
        ("'i4'", 1.5), ("'<i8'", 1.5), ("'>u2'", 1.5), ("int", 1.5), ("np.uint8", 300), ("'u1'", -1), ("'?'", 2),
        ("'|b1'", 0.5), ("torch.long", 1.5), ("'q'", 1.5), ("float", "2j"), ("'f4'", 1e39), ("float16", 1e5),
        ("str", 1), ("'i4,i4'", 1), ("'('", 1), ("''", 1),
    ],
)  # fmt: skip
def test_a_type_that_cannot_hold_what_is_written_is_refused(dtype: str, entry: Any):
    with pytest.raises(ValueError, match="the entries are not those that are written"):
        read_matrix(f"np.array([[{entry}, 1], [0, 1]], dtype={dtype})")


@pytest.mark.parametrize(
    "text",
    [
        "source,target,weight\n1,1,0.5\n1,2,3\n2,2,5", "i,j,w\n1,1,0.5\n1,2,3\n2,2,5",
        "row,col,value\n1,1,0.5\n1,2,3\n2,2,5", "from to weight\n1 1 0.5\n1 2 3\n2 2 5\n2 1 4",
        "Source_ID\tTarget_ID\tWeight\n1,0\t1,0\t0,5\n1,0\t2,0\t3,0\n2,0\t2,0\t5,0",
        ",source,target,weight\n0,1,1,0.5\n1,1,2,3\n2,2,2,5", "   pre  post  w\n0  1 1 0.5\n1  1 2 3\n2  2 2 5",
        "source,target,weight\nA,1,0.5\nB,2,3", "source,target\n1,2\n2,1",
        "id,source,target,weight\n0,1,1,0.5\n1,1,2,3\n2,2,2,5\n3,2,1,1",
    ],
)  # fmt: skip
def test_a_list_of_edges_is_no_matrix_row_by_row(text: str):
    with pytest.raises(ValueError, match=r"look like a list of edges: .*coo_array.* leave the header out"):
        read_matrix(text)


def test_what_was_left_out_is_said():
    assert table_of("a,b\n1,2\n3,4").note == "header row left out"
    assert table_of(",a,b\nx,1,2\ny,3,4").note == "header row and row names left out"
    assert table_of("x 1 2\ny 3 4").note == "row names left out"
    assert table_of("1 2\n3 4").note == ""
    assert table_of(",a,b\n1990,1,2\n1991,3,4").note == table_of(" 7 9\n7 1 2\n9 3 4").note != ""


@pytest.mark.parametrize(
    "text", [",1,2\n3,4,5\n6,7,8", "1 2\n3 4 5\n6 7 8", "a b\n0.5 1 2\n1.5 3 4", ",a,b\n0.5,1,2\n0.5,3,4"]
)
def test_a_missing_entry_is_not_taken_for_the_corner_of_a_labelled_table(text: str):
    with pytest.raises(ValueError, match=r"is empty|numbers, and row 1 has|no number|its shape is"):
        read_matrix(text)


# --- what programs print comes back

REAL = arrays(float, st.shared(st.integers(1, 5), key="n").map(lambda n: (n, n)), elements=st.floats(-1e9, 1e9))
COMPLEX = st.tuples(REAL, REAL).map(lambda parts: parts[0] + 1j * parts[1])


def printed(M: np.ndarray) -> dict[str, str]:
    """M as programs print it with all digits."""
    rows = M.tolist()
    as_text = [[repr(entry) for entry in row] for row in rows]
    with np.printoptions(floatmode="unique", threshold=10**6):
        texts = {"str": str(M), "repr": repr(M)}
    texts["lists"] = str(rows)
    texts["NumPy scalars"] = str([list(row) for row in M])
    texts["MATLAB"] = "[" + ";".join(" ".join(row) for row in as_text).replace("j", "i") + "]"
    texts["CSV"] = "\n".join(",".join(row) for row in as_text)
    texts["blanks"] = "\n".join("   ".join(row) for row in as_text)
    julia = "\n ".join("  ".join(row) for row in as_text).replace("j", "im")
    texts["Julia"] = f"{len(M)}×{len(M)} Matrix{{T}}:\n {julia}"
    texts["R"] = "\n".join(
        [
            " ".join(f"[,{j}]" for j in range(1, len(M) + 1)),
            *(f"[{i},] " + " ".join(row) for i, row in enumerate(as_text, 1)),
        ]
    )
    if len(M) > 1:  # of one column, a decimal comma and a header are not told from two numbers
        texts["pandas CSV"] = pd.DataFrame(M).to_csv()
        thousands = all(re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", entry) for row in as_text for entry in row)
        if not np.iscomplexobj(M) and not thousands:
            texts["decimal commas"] = pd.DataFrame(M, columns=[f"x{j}" for j in range(len(M))]).to_csv(
                sep=";", decimal=",", index=False
            )
    return texts


@settings(max_examples=15)
@given(st.one_of(REAL, COMPLEX))
def test_what_programs_print_comes_back_to_the_last_bit(M: np.ndarray):
    for what, text in printed(M).items():
        assert np.array_equal(found(text), M), (what, text)


@settings(max_examples=20)
@given(st.one_of(REAL, COMPLEX))
def test_what_torch_prints_comes_back_to_the_digits_printed(M: np.ndarray):
    torch.set_printoptions(precision=17)
    try:
        text = repr(torch.tensor(M))
    finally:
        torch.set_printoptions(profile="default")
    assert np.allclose(found(text), M, rtol=1e-15, atol=1e-16)


NUMBERS = st.one_of(
    st.fractions(-9, 9, max_denominator=9).map(lambda q: sympy.Rational(q.numerator, q.denominator)),
    st.sampled_from([sympy.sqrt(2), sympy.pi / 3, sympy.exp(-1), sympy.I * sympy.sqrt(3) / 2, sympy.cos(1), -sympy.I]),
)


@settings(max_examples=20)
@given(st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=2, max_size=2))
def test_what_sympy_prints_and_typesets_comes_back(rows: list[list[Any]]):
    M = sympy.Matrix(rows)
    wanted = np.array(M.evalf(20).tolist(), complex)
    for text in (str(M), sympy.latex(M), sympy.latex(M, mat_str="pmatrix", mat_delim="")):
        assert np.allclose(found(text), wanted, rtol=1e-14), text


# --- and nothing else is made of a text


def accepted(text: str) -> np.ndarray | None:
    """The matrix, or None where the text is refused; any other exception than ValueError is a fault."""
    try:
        matrix = read_matrix(text)
    except ValueError:
        return None
    assert isinstance(matrix, np.ndarray)
    return matrix


PIECES = st.sampled_from(
    [*"0123456789.,;[](){}+-*/ \n\t'ejiT=:&\\%#_\"", "  ", "[[", "]]", "], [", "np.array(", "1e5", "pi"]
)


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_garbage_is_refused_by_a_value_error_and_every_number_of_what_is_taken_counts(text: str):
    matrix = accepted(text)
    if matrix is None or re.search(r"[*/^(#%ejiTp'\"\\=&]|[+-]\s*[\d.]+\s*[+-]", text):
        return  # with arithmetic, names or comments, an entry is not one number
    written = [float(number.replace(",", ".")) for number in re.findall(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", text)]
    if matrix.size == len(written):
        assert sorted(np.abs(matrix).ravel()) == sorted(written)
    else:  # decimal commas: every digit is in an entry
        assert re.search(r"\d,\d", text) and matrix.size <= len(written)


@settings(max_examples=120)
@given(
    arrays(float, (2, 2), elements=st.sampled_from([0.5, -2.0, 1e3, 7.0, -0.25, 12.0])),
    st.integers(0, 60), st.sampled_from([*"0123456789.,;[]()+-*/ \n'ejT%#_:"]), st.booleans(),
)  # fmt: skip
def test_one_wrong_character_is_refused_or_means_what_python_makes_of_it(
    M: np.ndarray, at: int, character: str, replaced: bool
):
    text = f"np.array({M.tolist()})"
    at = min(at, len(text))
    changed = text[:at] + character + text[at + replaced :]
    matrix = accepted(changed)
    if matrix is None:
        return
    try:
        wanted = np.asarray(eval(changed.rstrip(", "), {"np": np, "array": np.array, "e": np.e, "j": 1j}))
    except Exception:  # no Python: a blank in place of a comma is MATLAB's, say
        numbers = [float(number) for number in re.findall(r"[0-9]+\.?[0-9]*", changed)]
        assert np.allclose(sorted(np.abs(matrix).ravel()), sorted(numbers)), changed
        return
    assert np.array_equal(matrix, wanted), changed


@settings(max_examples=100)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_the_quick_way_through_plain_rows_gives_what_the_grammar_gives(row: list[float]):
    text = ", ".join(map(repr, row))
    quick = plain_numbers(text)
    assert quick is None or quick == row
    assert all(abs(x) < 2**53 and (x == 0 or abs(x) > 1e-99) for x in row) <= (quick is not None)


@pytest.mark.parametrize(
    "text",
    [
        "> print(A)\n      a   b\na   0.5 -2\nb 1000 0.25\n",
        ">>> A\narray([[0.5, -2.], [1000., 0.25]])",
        ">>> np.array([[0.5, -2.], [1000., 0.25]])",
        "In [3]: A\nOut[3]: \narray([[0.5, -2.], [1000., 0.25]])",
        ">> A\n\nA =\n\n   0.5   -2\n   1000  0.25\n",
        "julia> A\n2×2 Matrix{Float64}:\n    0.5  -2.0\n 1000.0   0.25",
    ],
)
def test_what_is_copied_with_the_prompt_of_a_console_is_read_without_it(text: str):
    assert np.array_equal(found(text), [[0.5, -2], [1000, 0.25]])


def test_a_large_table_of_plain_numbers_is_not_searched_for_complex_ones():
    M = np.random.default_rng(0).standard_normal((300, 300))
    assert np.array_equal(found("\n".join(" ".join(map(repr, row)) for row in M.tolist())), M)
