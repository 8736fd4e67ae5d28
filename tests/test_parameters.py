import typing
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful import methods, parameters
from handful.errors import UsageError
from handful.parameters import configure, describe, parameter, parse_spec, values


@dataclass(frozen=True)
class Demo:
    count: int = parameter(2, "How many.", low=1, high=5)
    share: float = parameter(0.5, "How much.", low=0)
    loud: bool = parameter(False, "Whether.")
    kind: str = parameter("mean", "Which.", choices=("mean", "max"))
    array: str | None = parameter(None, "Of which array.")
    limit: int | None = parameter(None, "At most.", high=9)
    free: typing.Any = parameter(None, "Anything.")
    many: int = parameter(1, "However many.", low=1)


@pytest.mark.parametrize(
    ("name", "given_", "settled"),
    [
        ("count", "3", 3),
        ("count", 3.0, 3),
        ("count", "1", 1),
        ("count", "5", 5),
        ("share", "1e-3", 0.001),
        ("share", 2, 2.0),
        ("share", "0", 0.0),
        ("loud", "yes", True),
        ("loud", "FALSE", False),
        ("loud", True, True),
        ("kind", "max", "max"),
        ("array", "gradients", "gradients"),
        ("array", "none", None),
        ("array", None, None),
        ("limit", "9", 9),
        ("limit", "none", None),
        ("free", "x", "x"),
        ("many", 10**400, 10**400),
    ],
)
def test_values_are_settled_from_text_or_taken_as_they_are(name, given_, settled):
    found = getattr(configure("demo", Demo, {name: given_}), name)
    assert found == settled
    assert type(found) is type(settled)


@pytest.mark.parametrize(
    ("name", "given_"),
    [
        ("count", "0"),
        ("count", "6"),
        ("count", "3.5"),
        ("count", 3.5),
        ("count", True),
        ("count", None),
        ("count", 10**400),
        ("count", [3]),
        ("share", "-0.1"),
        ("share", 10**400),
        ("share", "nan"),
        ("share", "inf"),
        ("share", True),
        ("share", ""),
        ("loud", "perhaps"),
        ("loud", 1),
        ("kind", "median"),
        ("array", 5),
        ("limit", "10"),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_refused_with_what_is_allowed(name, given_):
    kind = typing.get_type_hints(Demo)[name]
    expected = describe(parameters.parameters(Demo)[name], kind)
    with pytest.raises(UsageError) as refused:
        configure("demo", Demo, {name: given_})
    assert str(refused.value) == f"demo: {name}={given_!r}, and it must be {expected}."


def test_what_is_allowed_is_said_in_words():
    kinds = typing.get_type_hints(Demo)
    said = {name: describe(f, kinds[name]) for name, f in parameters.parameters(Demo).items()}
    assert said == {
        "count": "a whole number, 1 to 5",
        "share": "a number, at least 0",
        "loud": "true or false",
        "kind": "one of 'mean', 'max'",
        "array": "text, or none",
        "limit": "a whole number, or none, at most 9",
        "free": "anything",
        "many": "a whole number, at least 1",
    }


def test_an_unknown_parameter_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"demo has no parameter 'shar'. Nearest: 'share'"):
        configure("demo", Demo, {"shar": 1})


def test_a_hyphen_stands_for_an_underscore():
    @dataclass(frozen=True)
    class Long:
        sample_rows: int = parameter(1, "Rows.")

    assert configure("long", Long, {"sample-rows": 7}).sample_rows == 7


def test_values_are_all_of_them_defaults_included():
    assert values(Demo(count=4))["count"] == 4
    assert values(Demo())["kind"] == "mean"
    assert list(values(Demo())) == [
        "count",
        "share",
        "loud",
        "kind",
        "array",
        "limit",
        "free",
        "many",
    ]


NAMES = st.text("abcxyz_09", min_size=1)
VALUES = st.text("abc.019-/", max_size=5)


@given(NAMES, st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_spec_says_what_was_written(name, given_):
    written = name + ":" * bool(given_) + ",".join(f"{k}={v}" for k, v in given_.items())
    assert parse_spec(written) == (name, given_)


@pytest.mark.parametrize("text", ["dsir:ngrams", "dsir:=3", "dsir:ngrams=2,", "dsir: =1"])
def test_a_spec_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError, match="NAME:key=value"):
        parse_spec(text)


@pytest.mark.parametrize("key", methods.names())
def test_every_method_is_found_by_the_name_of_its_file_and_declares_its_facts(key):
    cls = methods.find(key)
    assert methods.find(key.replace("_", "-")) is cls
    assert methods.key_of(cls()) == key
    assert cls.facts.paper
    assert cls.facts.cost
    assert "rows" in cls.facts.honours
    assert all(f.metadata["help"].endswith(".") for f in parameters.parameters(cls).values())


@pytest.mark.parametrize("key", methods.names())
def test_every_methods_defaults_are_allowed_values(key):
    cls = methods.find(key)
    assert configure(key, cls, values(cls())) == cls()


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"Unknown method 'stratifed'. Nearest: 'stratified'"):
        methods.find("stratifed")


def test_a_class_is_found_where_it_is_defined_not_where_it_is_imported():
    from handful.methods import data

    assert parameters.member(data, "top", "facts").__name__ == "Top"
    with pytest.raises(AssertionError, match="offers nothing"):
        parameters.member(data, "top", "no such mark")
