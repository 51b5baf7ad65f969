"""The name and the description of a function, checked before its schema is made."""

from __future__ import annotations

import warnings

import pytest

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.schema.function_schema import schema_for
from tests.tools.schema.samples import rate


def test_a_given_name_and_description_count():
    schema = schema_for(lambda: 1, name="one", description="Gives one.")
    assert (schema.name, schema.description) == ("one", "Gives one.")
    with pytest.raises(ToolDefinitionError, match="cannot be a tool's name"):
        schema_for(rate, name="a b")


def test_no_description_warns_at_the_authors_line():
    def silent(a: int): ...

    with pytest.warns(UserWarning, match="'silent' has no description") as caught:
        assert schema_for(silent).description == ""
    assert caught[0].filename == __file__


def test_a_long_description_is_cut_with_a_warning():
    def wordy(a: int): ...

    wordy.__doc__ = "word " * 1_000
    with pytest.warns(UserWarning, match="4999 characters and is cut to the 1024"):
        description = schema_for(wordy).description
    assert 1_000 < len(description) <= 1_024
    assert description.endswith("word…")


def test_a_description_at_the_limit_is_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert schema_for(rate, description="x" * 1_024).description == "x" * 1_024
