"""Lists of ids, costs of rows, and the record beside an output."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful.errors import DataError, UsageError
from handful.io.atomic import Files
from handful.io.cost import costs_of, words
from handful.io.ids import read_id_list
from handful.io.manifest import (
    canonical,
    manifest_path,
    read_manifest,
    read_sidecar,
    sidecar_path,
    write_manifest,
)
from handful.io.open import open_source
from handful.io.text import text_spec
from handful.pool import Pool, Strings
from handful.runtime.run import Run
from handful.selection import Selection


def put(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Ids


def test_ids_are_read_from_text_one_a_line(tmp_path: Path) -> None:
    path = put(tmp_path / "ids.txt", "\ufeffa 1\r\n\n  b\n7")
    assert read_id_list(path) == read_id_list(str(path)) == ["a 1", "b", "7"]
    assert read_id_list(put(tmp_path / "ids", "x\ny\n")) == ["x", "y"]


def test_ids_are_read_from_the_id_column_of_a_file_with_columns(tmp_path: Path) -> None:
    put(tmp_path / "x.jsonl", '{"id": 7, "key": "a"}\n{"id": "8", "key": "b"}\n')
    put(tmp_path / "x.csv", "key\n007\nb\n")
    pq.write_table(pa.table({"t": ["x"], "id": [3]}), tmp_path / "x.parquet")
    assert read_id_list(tmp_path / "x.jsonl") == ["7", "8"]
    assert read_id_list(tmp_path / "x.jsonl", "key") == ["a", "b"]
    assert (
        read_id_list(tmp_path / "x.csv") == read_id_list(tmp_path / "x.csv", "id") == ["007", "b"]
    )
    assert read_id_list(tmp_path / "x.parquet") == ["3"]
    put(tmp_path / "y.csv", "key,name\na,b\n")
    with pytest.raises(UsageError, match=r"Unknown column 'id'.*key, name"):
        read_id_list(tmp_path / "y.csv")


def test_ids_may_be_given_as_they_are() -> None:
    assert read_id_list(np.array([3, 1])) == read_id_list((3, 1)) == ["3", "1"]


def test_lists_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    put(tmp_path / "ids.txt", "a")
    with pytest.raises(DataError, match=r"idz.txt: no such file.*Nearest: .*ids.txt"):
        read_id_list(tmp_path / "idz.txt")
    with pytest.raises(DataError, match=r"ids.txt: not valid UTF-8 .*iconv"):
        read_id_list(put(tmp_path / "ids.txt", b"\xe9"))


# Costs


spaces = "".join(chr(i) for i in range(sys.maxunicode + 1) if chr(i).isspace())


@given(
    st.lists(
        st.text(
            st.sampled_from(spaces + "aé€😀\u2060\ufeff\u200b\x84\xa1")
            | st.characters(codec="utf-8")
        )
    )
)
@example([spaces, "a".join(spaces), "", "a", " ", "\x1c", "a\x85b"])
def test_words_are_those_of_split(texts) -> None:
    assert words(Strings.of(texts)).tolist() == [len(text.split()) for text in texts]
    assert words(Strings.of(["x", *texts, "y"])[1:-1]).tolist() == [len(t.split()) for t in texts]


def pool(**columns) -> Pool:
    source = open_source(columns)
    return Pool(source, text_spec("t", source))


def test_costs_by_name() -> None:
    texts = ["aé b", "", "c"] * 5000
    rows = pool(t=texts, n=[2**53 + 1] * 15_000, x=[0.5] * 15_000)
    for threads in (1, 3):
        run = Run(threads=threads)
        assert costs_of("@bytes", rows, run).tolist() == [5, 0, 1] * 5000
        assert costs_of("@words", rows, run).tolist() == [2, 0, 1] * 5000
    assert costs_of("n", rows, Run()).tolist() == [2**53 + 1] * 15_000
    assert costs_of("x", rows, Run()).dtype == np.float64


def test_unknown_costs_are_refused(monkeypatch) -> None:
    rows = pool(t=["a"])
    for cost in ("@word", "@bytes:x", "@tokens", "@tokens:"):
        monkeypatch.setitem(sys.modules, "tokenizers", types.SimpleNamespace(Tokenizer=None))
        with pytest.raises(UsageError, match=r"--cost '@.*' is not one of @bytes, @words"):
            costs_of(cost, rows, Run())
    with pytest.raises(UsageError, match=r"Unknown column 'tt'. Nearest: 't'"):
        costs_of("tt", rows, Run())
    with pytest.raises(DataError, match=r"data row 0: t = 'a', which is not a number"):
        costs_of("t", rows, Run())
    with pytest.raises(UsageError, match=r"No text column"):
        costs_of("@words", Pool(open_source({"n": [1]})), Run())


def test_tokens_need_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(
        UsageError, match=r"--cost @tokens needs an extra: pip install 'handful\[tokens\]'"
    ):
        costs_of("@tokens:x.json", pool(t=["a"]), Run())


class Letters:
    """A tokenizer whose tokens are characters, two special ones around them."""

    @classmethod
    def from_file(cls, path):
        if Path(path).read_text() != "{}":
            raise RuntimeError("no tokenizer in it")
        return cls()

    window = 4

    def no_padding(self):
        self.padded = False

    def no_truncation(self):
        self.window = None

    padded = True

    def encode_batch(self, texts, add_special_tokens=True):
        special = [0] * (2 if add_special_tokens else 0)
        padding = [0] * (4 if self.padded else 0)
        return [
            types.SimpleNamespace(ids=[*special, *text[: self.window], *padding]) for text in texts
        ]


def test_tokens_are_counted_without_special_ones_and_whatever_the_models_window(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", types.SimpleNamespace(Tokenizer=Letters))
    path = put(tmp_path / "tokenizer.json", "{}")
    assert costs_of(f"@tokens:{path}", pool(t=["abcdef", ""]), Run()).tolist() == [6, 0]
    with pytest.raises(DataError, match=r"no.json: no such file"):
        costs_of(f"@tokens:{tmp_path / 'no.json'}", pool(t=["a"]), Run())
    with pytest.raises(
        DataError, match=r"not a readable tokenizer.json file \(no tokenizer in it\)"
    ):
        costs_of(f"@tokens:{put(path, 'x')}", pool(t=["a"]), Run())


@pytest.mark.models
def test_tokens_of_a_real_tokenizer(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({"a": 0, "b": 1, "[UNK]": 2}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=5)
    tokenizer.enable_truncation(2)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    found = costs_of(f"@tokens:{tmp_path / 'tokenizer.json'}", pool(t=["a b x", ""]), Run())
    assert found.tolist() == [3, 0]


# Manifest


MANIFEST = {"format": 1, "request": {"rows": 2}, "inputs": {}, "result": {"value": 0.1}, "run": {}}


def selection(**more) -> Selection:
    rows = np.array([5, 2])
    return Selection(**{"indices": rows, "ids": rows, "n": 9, "method": "top", **more})


def written(folder: Path, chosen: Selection) -> Path:
    out = folder / "o.jsonl"
    with Files() as files:
        files.open(out).write(b"rows")
        write_manifest(files, out, MANIFEST, chosen)
    return out


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    out = written(tmp_path, selection(gains=np.array([2.0, 0.5]), weights=np.array([4.0, 5.0])))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "o.jsonl",
        "o.jsonl.manifest.json",
        "o.jsonl.manifest.parquet",
    ]
    assert read_manifest(manifest_path(out)) == MANIFEST
    sidecar = {name: column.tolist() for name, column in read_sidecar(out).items()}
    assert sidecar == {
        "row": [5, 2],
        "id": [5, 2],
        "order": [0, 1],
        "gain": [2.0, 0.5],
        "weight": [4.0, 5.0],
    }


def test_a_sidecar_has_only_what_there_is(tmp_path: Path) -> None:
    out = written(tmp_path, selection(ids=np.array(["b é", "a"], object)))
    assert read_sidecar(out)["id"].tolist() == ["b é", "a"]
    assert list(read_sidecar(out)) == ["row", "id", "order"]


def test_a_manifest_has_the_same_bytes_however_its_dicts_are_ordered() -> None:
    one = canonical({"b": {"y": 1, "x": 0.1}, "a": [np.float32(0.5), np.bool_(True), Path("p")]})
    other = canonical({"a": [0.5, True, "p"], "b": {"x": 0.1, "y": 1}})
    assert one == other and json.loads(one)["b"]["x"] == 0.1
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": float("nan")})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"not a readable manifest file .*copy or write it again"),
        ("[]", r"lacks the sections request, inputs, result"),
        ("{}", r"lacks the sections"),
        (json.dumps({**MANIFEST, "format": 9}), r"manifest format 9, and this version reads 1"),
    ],
)
def test_what_is_no_manifest_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=rf"x.manifest.json: .*{message}"):
        read_manifest(put(tmp_path / "x.manifest.json", text))


def test_a_missing_manifest_or_sidecar_is_named(tmp_path: Path) -> None:
    out = written(tmp_path, selection())
    with pytest.raises(
        DataError, match=r"p.jsonl.manifest.json: no such file.*Nearest: .*o.jsonl.man"
    ):
        read_manifest(tmp_path / "p.jsonl.manifest.json")
    sidecar_path(out).unlink()
    with pytest.raises(DataError, match=r"o.jsonl.manifest.parquet: no such file"):
        read_sidecar(out)
    put(sidecar_path(out), "x")
    with pytest.raises(DataError, match=r"not a readable Parquet file"):
        read_sidecar(out)
