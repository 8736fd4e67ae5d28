import importlib.util
from pathlib import Path

from handful import methods

DOCS = Path(__file__).parents[2] / "docs"


def load():
    spec = importlib.util.spec_from_file_location("make_methods", DOCS / "make_methods.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_methods_is_what_the_code_says():
    assert (DOCS / "methods.md").read_text() == load().page(), "run: make docs"


def test_every_method_has_its_section_with_its_source():
    page, keys = load().page(), methods.names()
    assert keys
    for key in keys:
        assert f"## `{key}`" in page
        assert methods.find(key).facts.paper in page
