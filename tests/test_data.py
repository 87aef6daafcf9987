"""Files that tasks need: found, fetched, checked; MNIST and the Penn Treebank on small files of their formats."""

import gzip
import hashlib
import http.server
import threading
from collections import Counter
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest
import torch

from nnrnn_core.tasks import MNIST, DataMissing, PennTreebank, data, mnist, penn_treebank
from nnrnn_core.tasks.data import DataFile

CONTENT = bytes(range(256)) * 1000


class Mirror(http.server.BaseHTTPRequestHandler):
    """A server of `files`, with the faults that mirrors have."""

    files: dict[str, bytes]
    asked: Counter
    breaks_off_after: int | None
    knows_ranges: bool

    def do_GET(self):
        self.asked[self.path] += 1
        content, begin = self.files.get(self.path), 0
        if content is None:
            self.send_error(404)
            return
        if self.knows_ranges and (wanted := self.headers.get("Range")):
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin:][: self.breaks_off_after])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror():
    handler = type("OneMirror", (Mirror,), {
        "files": {}, "asked": Counter(), "breaks_off_after": None, "knows_ranges": True,
    })  # fmt: skip
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.address = f"http://127.0.0.1:{server.server_port}"
    yield handler
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NNRNN_DATA", str(tmp_path))
    return tmp_path


def file_at(*mirrors, content=CONTENT, name="numbers"):
    return DataFile("folder", name, f"sha256:{hashlib.sha256(content).hexdigest()}", mirrors)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_here_is_read_without_a_network(folder, packed):
    (folder / "folder").mkdir()
    path = folder / "folder" / ("numbers.gz" if packed else "numbers")
    path.write_bytes(gzip.compress(CONTENT) if packed else CONTENT)
    assert file_at().read() == CONTENT


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_fetched_once_and_kept(folder, mirror, packed):
    name = "/numbers.gz" if packed else "/numbers"
    mirror.files[name] = gzip.compress(CONTENT) if packed else CONTENT
    for _ in range(2):
        assert file_at(mirror.address + name).read() == CONTENT
    assert mirror.asked[name] == 1
    assert {path.name for path in (folder / "folder").iterdir()} == {name[1:], "numbers.lock"}


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_that_breaks_off_goes_on_from_there(folder, mirror, knows_ranges):
    mirror.files["/numbers"], mirror.breaks_off_after = CONTENT, 100_000
    mirror.knows_ranges = knows_ranges
    with pytest.raises(DataMissing, match="broke off after 100000 of 256000 bytes; the next try goes on"):
        file_at(mirror.address + "/numbers").read()
    (part,) = (folder / "folder").glob("*.part")
    assert part.read_bytes() == CONTENT[:100_000]
    if not knows_ranges:
        mirror.breaks_off_after = None
    else:  # a second break, then the rest
        with pytest.raises(DataMissing, match="broke off after 100000 of 156000 bytes"):
            file_at(mirror.address + "/numbers").read()
    assert file_at(mirror.address + "/numbers").read() == CONTENT
    assert not list((folder / "folder").glob("*.part"))


def test_a_mirror_that_answers_with_a_page_is_passed_over(mirror):
    mirror.files |= {"/page/numbers": b"<!DOCTYPE html><html>Please log in", "/numbers": CONTENT}
    addresses = [f"{mirror.address}{path}" for path in ("/missing", "/page/numbers", "/numbers")]
    assert file_at(*addresses).read() == CONTENT
    with pytest.raises(DataMissing) as problem:
        file_at(*addresses[:2], name="others").read()
    for words in ("HTTP Error 404", "sent something else", "<!DOCTYPE html>", "NNRNN_DATA", "sha256:"):
        assert words in str(problem.value)


def test_a_page_that_pretends_to_be_packed_is_passed_over(mirror):
    mirror.files |= {"/page.gz": b"<html>", "/numbers.gz": gzip.compress(CONTENT)}
    assert file_at(*(f"{mirror.address}/{name}.gz" for name in ("page", "numbers"))).read() == CONTENT


def test_what_a_broken_download_of_a_changed_file_left_is_thrown_away(mirror, folder):
    file = file_at(mirror.address + "/numbers")
    mirror.files["/numbers"], mirror.breaks_off_after = bytes(256_000), 1000
    with pytest.raises(DataMissing):
        file.read()
    mirror.files["/numbers"], mirror.breaks_off_after = CONTENT, None
    with pytest.raises(DataMissing, match="something else"):  # its beginning is another file's
        file.read()
    assert file.read() == CONTENT


def test_without_a_network_the_file_its_sum_and_its_place_are_named(folder):
    file = file_at("http://127.0.0.1:9/numbers")
    with pytest.raises(DataMissing) as problem:
        file.read()
    for words in ("127.0.0.1:9", "numbers.gz", str(folder / "folder"), file.digest, "NNRNN_DATA"):
        assert words in str(problem.value)


def test_a_file_of_another_content_is_named_and_left_alone(folder, mirror):
    mirror.files["/numbers"] = CONTENT
    (folder / "folder").mkdir()
    for name, content in (("numbers", CONTENT[:-1]), ("numbers.gz", gzip.compress(CONTENT)[:-9])):
        path = folder / "folder" / name
        path.write_bytes(content)
        with pytest.raises(DataMissing, match="Half a download"):
            file_at(mirror.address + "/numbers").read()
        assert path.read_bytes() == content
        path.unlink()
    assert not mirror.asked


def test_a_full_disk_is_said_and_what_came_is_kept(folder, mirror, monkeypatch):
    mirror.files["/numbers"] = CONTENT

    def full(url, part):
        part.write_bytes(CONTENT[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(data, "_download", full)
        with pytest.raises(DataMissing, match="no space is left for numbers"):
            file_at(mirror.address + "/numbers").read()
    assert file_at(mirror.address + "/numbers").read() == CONTENT


def test_a_mirror_that_never_stops_is_stopped(mirror, monkeypatch):
    monkeypatch.setattr(data, "LARGEST", 1000)
    mirror.files["/numbers"] = CONTENT
    with pytest.raises(DataMissing, match="more than 1000 bytes"):
        file_at(mirror.address + "/numbers").read()


def test_of_two_that_want_a_file_at_once_one_fetches_it(mirror):
    mirror.files["/numbers"] = CONTENT
    with ThreadPool(4) as pool:
        found = pool.map(lambda _: file_at(mirror.address + "/numbers").read(), range(4))
    assert found == [CONTENT] * 4
    assert mirror.asked["/numbers"] == 1


# --- MNIST, on small files of its format


def idx(array):
    return bytes([0, 0, 8, array.ndim, *np.array(array.shape, ">u4").tobytes()]) + array.astype(np.uint8).tobytes()


@pytest.fixture
def small_mnist(folder, monkeypatch):
    """60 pictures to train on and validate with, 12 to test, 3×4 pixels; the label is the first pixel."""
    rng = np.random.default_rng(0)
    images = {"train": rng.integers(0, 10, (60, 3, 4)), "t10k": rng.integers(0, 10, (12, 3, 4))}
    contents = {f"{name}-images-idx3-ubyte": idx(array) for name, array in images.items()}
    contents |= {f"{name}-labels-idx1-ubyte": idx(array[:, 0, 0]) for name, array in images.items()}
    (folder / "mnist").mkdir()
    for name, content in contents.items():
        (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(content))
    files = {name: file_at(content=content, name=name) for name, content in contents.items()}
    monkeypatch.setattr(mnist, "FILES", {n: DataFile("mnist", n, f.digest, ()) for n, f in files.items()})
    return images


def test_mnist_is_read_pixel_by_pixel_in_the_papers_split(small_mnist):
    task = MNIST()
    drawn = np.random.RandomState(1234)
    drawn.permutation(12)
    order = drawn.permutation(60)
    assert (task.length, task.output_size, task.input_size) == (12, 10, 1)
    expected = small_mnist["train"].reshape(60, 12)[order]
    assert np.array_equal(task.splits["train"][0], expected[:50])
    assert np.array_equal(task.splits["valid"][0], expected[50:])
    assert np.array_equal(task.splits["test"][0], small_mnist["t10k"].reshape(12, 12))
    for name in task.splits:
        pictures, labels = task.splits[name]
        assert torch.equal(pictures[:, 0].long(), labels)
    batch = next(task.held_out("test", 12))
    assert torch.equal((255 * batch.inputs[0, :, 0]).round().long(), batch.targets[-1])


def test_permuted_mnist_has_the_papers_order_of_pixels(small_mnist):
    order = np.random.RandomState(1234).permutation(12)
    plain, permuted = MNIST().splits["train"][0], MNIST(permuted=True).splits["train"][0]
    assert torch.equal(plain[:, order], permuted)


def test_all_missing_files_of_mnist_are_named_at_once(folder, monkeypatch):
    monkeypatch.setattr(mnist, "FILES", {name: DataFile("mnist", name, "sha256:0", ()) for name in mnist.FILES})
    with pytest.raises(DataMissing) as problem:
        MNIST()
    assert all(name in str(problem.value) for name in mnist.FILES)


@pytest.mark.parametrize("content", [b"", b"<html>", idx(np.zeros((3, 4)))[:-1], b"\0\0\x0d\1\0\0\0\0"])
def test_what_is_not_an_idx_file_of_bytes_is_refused(content):
    with pytest.raises(DataMissing, match="not an IDX file of bytes"):
        mnist.parse_idx("file", content)


# --- the Penn Treebank, on small files of its format

WORDS = {
    "train": b" no it was n't black monday \n but while the <unk> fell N points \n" * 40,
    "valid": b" it fell \n" * 40,
    "test": b" black points \n" * 40,
}


def write_treebank(folder, monkeypatch, **changes):
    words = {**WORDS, **changes}
    (folder / "penn-treebank").mkdir(exist_ok=True)
    files = {}
    for split, content in words.items():
        (folder / "penn-treebank" / f"ptb.{split}.txt").write_bytes(content)
        digest = f"md5:{hashlib.md5(content).hexdigest()}"
        files[split] = DataFile("penn-treebank", f"ptb.{split}.txt", digest, ())
    monkeypatch.setattr(penn_treebank, "FILES", files)


def test_the_penn_treebank_is_its_words_letter_by_letter(folder, monkeypatch):
    write_treebank(folder, monkeypatch)
    task = PennTreebank(length=10)
    sentence = "no_it_was_n't_black_monday\nbut_while_the_<unk>_fell_N_points\n"
    batches = list(task.held_out("train", 1))
    read = task.text(torch.cat([batch.inputs[:, 0].argmax(-1) for batch in batches]))
    assert (sentence * 40).startswith(read)
    assert len(read) > 0.99 * len(sentence * 40)
    assert task.symbols == len(set(sentence))
    assert [batch.continues for batch in batches[:3]] == [False, True, True]


def test_a_treebank_of_another_vocabulary_is_refused_by_its_characters(folder, monkeypatch):
    write_treebank(folder, monkeypatch, valid=b" what ? yes ! \n" * 40)
    with pytest.raises(DataMissing, match="characters that the text to train on lacks: '!' '\\?'"):
        PennTreebank(length=10)


def test_a_treebank_that_is_not_ascii_is_refused(folder, monkeypatch):
    write_treebank(folder, monkeypatch, train="na\u00efve \n".encode() * 10)
    with pytest.raises(DataMissing, match=r"byte 2 is 0xc3"):
        PennTreebank(length=10)
