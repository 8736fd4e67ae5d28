"""`handful.verify`: read the inputs again, choose again, and say whether the same rows come out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors, methods
from handful.budget import exact_sum
from handful.flow.prepare import prepare
from handful.flow.prepared import Prepared
from handful.flow.record import inputs_section, kept_quotas, picks_hash
from handful.flow.request import Request
from handful.flow.select import choose
from handful.graphs.tiles import TILE
from handful.io import digest
from handful.io.manifest import read_manifest, read_sidecar
from handful.parameters import parse_spec
from handful.runtime.progress import Progress
from handful.selection import Indices, Selection

SHOWN = 3
"""Differences named of each kind."""
_PATHS = ("embeddings", "like_embeddings", "given_embeddings", "include", "exclude", "update")
_VOLATILE = ("memory", "threads", "cache")


@dataclass(frozen=True)
class Verified:
    """What was found to hold.

    Args:
        k: Rows picked, the same as before.
        notes: Sentences worth reading, such as a value that differs in its last bits.
    """

    k: int
    notes: tuple[str, ...] = ()


def verify(
    manifest: str | Path, data: Any = None, *, progress: Progress | None = None, **options: Any
) -> Verified:
    """Replay a manifest: the inputs' fingerprints, the picks, the budget and every constraint.

    Args:
        manifest: Path of a `.manifest.json`. Paths in it are sought from the working folder, else from
            the manifest's own.
        data: The pool, where it was handed over in memory or has moved.
        progress: Who is told how far the work is.
        **options: memory, threads, cache; and again what was handed over in memory (like, arrays, …).

    Returns:
        What was found to hold.

    Raises:
        VerifyError: Something differs; the message names what.

    Example:
        >>> import handful, tempfile
        >>> pool = {"text": ["one", "two", "three"], "stars": [1, 5, 3]}
        >>> best = handful.select(pool, rows=2, method="top", score="stars")
        >>> saved = handful.save(best, pool, tempfile.mkdtemp() + "/best.jsonl")
        >>> verify(saved.manifest, pool).k
        2
    """
    path = Path(manifest)
    record = read_manifest(path)
    _compare("inputs", _file_differences(record, path, data, content=False))
    pool, request = replay(record, path, data, options)
    try:
        prepared = prepare(pool, request, progress)
    except errors.HandfulError:
        _compare("inputs", _file_differences(record, path, data, content=True))
        raise
    _compare("inputs", _input_differences(record["inputs"], inputs_section(prepared)))
    replayed = choose(prepared)
    if "prefix_of" in record["result"]:
        replayed = replayed[: record["result"]["k"]]
    picked = _picked(path, replayed)
    _compare("the duplicates", _duplicate_differences(record["result"], replayed))
    _compare("the picks", _pick_differences(record["result"], picked, replayed))
    _compare("the budget", broken_constraints(prepared, picked))
    _compare("the quotas", _quota_differences(record["result"], prepared, picked))
    _compare("the output", _output_differences(record, path))
    return Verified(len(replayed), tuple(_notes(record, replayed)))


def _compare(what: str, differences: list[str]) -> None:
    if differences:
        raise errors.replay_differs(what, differences)


# Inputs -----------------------------------------------------------------------------------------


def _file_differences(
    record: Mapping[str, Any], path: Path, data: Any, *, content: bool
) -> list[str]:
    """Files that are not as they were: by their size, and where asked by their content."""
    inputs = record["inputs"]
    own = [inputs[name] for name in ("given",) if name in inputs]
    parts = [*own, *inputs["targets"], *([inputs["pool"]] if data is None else [])]
    files = [file for part in parts for file in part.get("files", ()) if "bytes" in file]
    differ = []
    for file in files:
        found = Path(found_from(file["name"], path))
        if not found.is_file():
            if file["name"] == "stdin":
                raise errors.replay_needs("the pool", "it was read from stdin")
            raise errors.missing_file(file["name"])
        size = found.stat().st_size
        if size != file["bytes"]:
            differ.append(f"{file['name']} has {size:,} bytes now, and had {file['bytes']:,}")
        elif content and digest.of_file(found) != file["sha256"]:
            differ.append(f"{file['name']} has other bytes now")
    return differ


def found_from(name: str, manifest: Path) -> str:
    """A path as the manifest has it: from the working folder, else from the manifest's folder."""
    beside = manifest.parent / name
    return str(beside) if not Path(name).exists() and beside.exists() else name


def _input_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where two inputs sections differ, the names of files aside: first files, then all else."""
    leaves = [leaf for leaf in _leaves(then, now) if leaf[1] != leaf[2]]
    changed = [
        p.rpartition(".")[0] for p, _, _ in leaves if ".files[" in p and p.endswith(".sha256")
    ]
    follows = (".content", ".sha256", ".bytes") if changed else ()
    return [f"{_at(then, place)['name']} has other bytes now" for place in changed] + [
        f"{place} is {_short(new)} now, and was {_short(old)}"
        for place, old, new in leaves
        if not place.endswith((".name", *follows))
    ]


def _at(section: Any, place: str) -> Any:
    """What lies at a place such as "targets[0].files[1]"."""
    for name in re.findall(r"[^.\[\]]+", place):
        section = section[int(name) if name.isdigit() and isinstance(section, list) else name]
    return section


def _leaves(then: Any, now: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    """(place, then, now) of every value that is no mapping or list in both."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        names = dict.fromkeys([*then, *now])
        pairs = [(f"{place}.{name}".lstrip("."), then.get(name), now.get(name)) for name in names]
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = [(f"{place}[{i}]", *pair) for i, pair in enumerate(zip(then, now, strict=True))]
    else:
        return [(place, then, now)]
    return [leaf for inner, old, new in pairs for leaf in _leaves(old, new, inner)]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:12] + "…"


# The replay -------------------------------------------------------------------------------------


def replay(
    record: Mapping[str, Any], path: Path, data: Any, options: Mapping[str, Any]
) -> tuple[Any, Request]:
    """The pool and the request of a manifest, with paths found and objects put in again."""
    known = {field.name for field in fields(Request)}
    for name in options:
        if name not in known:
            raise errors.unknown_parameter(name, "handful.verify", known)
    asked = {name: value for name, value in record["request"].items() if name in known}
    if "method" not in options:
        asked |= _configured(asked, record["result"]["method"])
    for name in (*_PATHS, "arrays", "like_arrays"):
        if name in asked:
            asked[name] = _found(asked[name], path)
    if "like" in asked:
        asked["like"] = {t["name"]: _named_files(t, path) for t in record["inputs"]["targets"]}
    if "given" in asked:
        asked["given"] = _named_files(record["inputs"]["given"], path)
    if str(asked.get("cost", "")).startswith("@tokens:"):
        asked["cost"] = "@tokens:" + found_from(asked["cost"].removeprefix("@tokens:"), path)
    asked |= {name: value for name, value in options.items() if value is not None}
    for name, value in asked.items():
        values = value.values() if isinstance(value, Mapping) else [value]
        if any(isinstance(v, str) and v.startswith("<") and v.endswith(">") for v in values):
            raise errors.replay_needs(name, f"it was handed over in memory, as {value}")
    if data is None:
        data = _named_files(record["inputs"]["pool"], path)
        if isinstance(data, str):
            raise errors.replay_needs("the pool", "it was handed over in memory")
    return data, Request(**asked)


def _configured(asked: Mapping[str, Any], method: Mapping[str, Any]) -> dict[str, Any]:
    """The method by name, where it was handed over as an object that has one."""
    named = str(asked.get("method", "auto"))
    key = parse_spec(named)[0].replace("-", "_") if "(" not in named else ""
    if key == "auto" or key in methods.names():
        return {}
    if method["key"] not in methods.names():
        raise errors.replay_needs("method", f"{method['key']} is an object of your own")
    return {"method": method["key"], "params": method["parameters"]}


def _found(value: Any, path: Path) -> Any:
    if isinstance(value, Mapping):
        return {name: _found(item, path) for name, item in value.items()}
    return found_from(value, path) if isinstance(value, str) else value


def _named_files(part: Mapping[str, Any], path: Path) -> Any:
    """The files of a pool or a target; a mark of what was handed over in memory, where it was."""
    files = part.get("files", ())
    if not files or any("bytes" not in file for file in files):
        return "<in memory>"
    return [Path(found_from(file["name"], path)) for file in files]


# The picks --------------------------------------------------------------------------------------


def _picked(path: Path, replayed: Selection) -> Indices:
    """The rows picked then, by the sidecar; those picked now where there is none."""
    out = Path(str(path).removesuffix(".manifest.json"))
    try:
        return np.asarray(read_sidecar(out)["row"], np.int64)
    except errors.DataError:
        return replayed.indices


def _pick_differences(then: Mapping[str, Any], picked: Indices, now: Selection) -> list[str]:
    if picks_hash(now.indices) == then["picks_sha256"] == picks_hash(picked):
        return []
    if picks_hash(picked) != then["picks_sha256"]:
        return ["the sidecar lists other rows than the manifest's hash is of"]
    same = len(np.intersect1d(picked, now.indices))
    differ = [f"{same:,} of the {len(picked):,} rows picked then are picked now"]
    both = min(len(picked), len(now))
    places = np.flatnonzero(picked[:both] != now.indices[:both])[:SHOWN].tolist()
    differ += [f"pick {i + 1} was row {picked[i]} and is row {now.indices[i]}" for i in places]
    version = now.manifest["result"]["method"]["version"]
    if version != then["method"]["version"]:
        differ.append(
            f"{now.method} is of version {version} now, and was {then['method']['version']}"
        )
    if then.get("notes", {}).get("utility_sha256") != now.notes.get("utility_sha256"):
        differ.append("the utility was asked about other rows, or gave other answers")
    return differ


def _duplicate_differences(then: Mapping[str, Any], now: Selection) -> list[str]:
    """Whether other rows were left out as duplicates, or other rows stand for them."""
    old, new = then.get("duplicates"), now.manifest["result"]["duplicates"]
    if old is None or new is None or old["sha256"] == new["sha256"]:
        return []
    differ = [
        f"{new['dropped']:,} rows are left out as duplicates now, {old['dropped']:,} were then"
    ]
    if new["version"] != old["version"]:
        differ.append(f"{new['kind']} is of version {new['version']}, and was {old['version']}")
    return differ


def broken_constraints(prepared: Prepared, picked: Indices) -> list[str]:
    """Every constraint that some picks do not keep, checked apart from how they were made."""
    candidates = np.arange(prepared.pool.n) if prepared.candidates is None else prepared.candidates
    broken = []
    if len(np.unique(picked)) != len(picked):
        broken.append("a row is picked twice")
    outside = np.setdiff1d(picked, candidates)
    if len(outside):
        broken.append(f"row {outside[0]} is picked, which is excluded or could not be read")
        return broken
    missing = np.setdiff1d(prepared.source_rows(prepared.included), picked)
    if len(missing):
        broken.append(f"row {missing[0]} is not picked, which must be")
    allowed = prepared.budget.rows_of(len(candidates))
    if len(picked) > allowed:
        broken.append(f"{len(picked):,} rows are picked, and {allowed:,} are allowed")
    amount = prepared.budget.amount
    if prepared.costs is not None and amount is not None:
        spent = exact_sum(prepared.costs[np.searchsorted(candidates, picked)])
        if spent > amount:
            broken.append(f"{_number(spent)} is spent, and {_number(amount)} is allowed")
    if prepared.quotas is not None:
        places = np.searchsorted(candidates, picked)
        broken += [
            f"{kept['quota']} is not kept: {kept['got']} of {kept['limit']}"
            for kept in kept_quotas(prepared, places)
            if kept["slack"] < 0
        ]
    return broken + _too_close(prepared, np.searchsorted(candidates, picked))


def _too_close(prepared: Prepared, picked: Indices) -> list[str]:
    """The first pair of picks that is closer than the request allows."""
    if prepared.apart is None:
        return []
    for start in range(0, len(picked), TILE):
        for at in range(0, start + 1, TILE):
            rows, others = picked[start : start + TILE], picked[at : at + TILE]
            close = np.argwhere(prepared.apart.too_close(rows, others))
            if len(close):
                pair = np.sort(
                    prepared.source_rows(np.array([others[close[0, 1]], rows[close[0, 0]]]))
                )
                limit = f"--max-similarity {prepared.apart.limit:g}"
                return [f"rows {pair[0]} and {pair[1]} are closer than {limit} allows"]
    return []


def _quota_differences(then: Mapping[str, Any], prepared: Prepared, picked: Indices) -> list[str]:
    """Quotas of which the manifest says other than what the pick has."""
    if prepared.quotas is None or "prefix_of" in then:
        return []
    rows = picked if prepared.candidates is None else np.searchsorted(prepared.candidates, picked)
    now, recorded = kept_quotas(prepared, rows), then["budget"].get("quotas", [])
    if len(now) != len(recorded):
        return [f"there are {len(now)} limits now, and were {len(recorded)}"]
    return [
        f"{new['quota']}: {new['got']} is got now, and was {old['got']}"
        for new, old in zip(now, recorded, strict=True)
        if new != old
    ]


def _number(exact: Fraction) -> str:
    return str(exact) if exact.denominator == 1 else str(float(exact))


# The output -------------------------------------------------------------------------------------


def _output_differences(record: Mapping[str, Any], path: Path) -> list[str]:
    out = Path(str(path).removesuffix(".manifest.json"))
    written = record.get("run", {}).get("output", {})
    if not out.is_file() or "sha256" not in written or digest.of_file(out) == written["sha256"]:
        return []
    return [f"{out} is not as it was written"]


def _notes(record: Mapping[str, Any], now: Selection) -> list[str]:
    """What differs though the rows are the same."""
    result = now.manifest["result"]
    if "prefix_of" in record["result"]:
        return []
    notes = [
        f"{name} is {result[name]} now, and was {record['result'].get(name)}"
        for name in ("value", "upper_bound")
        if result[name] != record["result"].get(name)
    ]
    out = record.get("run", {}).get("output")
    return notes if out else [*notes, "the rows were not written to a file"]
