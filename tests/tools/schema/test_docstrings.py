"""Descriptions of functions and parameters, read from docstrings of all styles."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.tools.schema.function_schema import schema_for

GOOGLE = """Do it.

Args:
    low: The lower end.
    high (int): The upper end.
"""
REST = """Do it.

:param low: The lower end.
:param int high: The upper end.
:returns: nothing
"""
NUMPYDOC = """Do it.

Parameters
----------
low : int
    The lower end.
high : int
    The upper end.
"""


@pytest.mark.parametrize("docstring", [GOOGLE, REST, NUMPYDOC])
def test_docstring_styles(docstring: str):
    def span(low: int, high: int): ...

    span.__doc__ = docstring
    schema = schema_for(span)
    assert schema.description == "Do it."
    texts = [part["description"] for part in schema.parameters["properties"].values()]
    assert texts == ["The lower end.", "The upper end."]


def heading_in_the_quotes_line(low: int, high: int = 1):
    """Args:
    low: The lower end,
        at the probe.
    high (int, optional): The upper end.
    """


def heading_below_the_quotes(low: int, high: int = 1):
    """
    Args:
        low: The lower end,
            at the probe.
        high (int, optional): The upper end.
    """


def headings_alone(low: int, high: int = 1):
    """Args:
        low: The lower end,
            at the probe.
        high (int, optional): The upper end.

    Returns:
        Nothing.
    """


def fields_alone(low: int, high: int = 1):
    """:param low: The lower end,
        at the probe.
    :param high: The upper end.
    """


def underlined_heading(low: int, high: int = 1):
    """
    Parameters
    ----------
    low : int
        The lower end,
        at the probe.
    high : int, optional
        The upper end.
    """


@pytest.mark.parametrize(
    "function",
    [heading_in_the_quotes_line, heading_below_the_quotes, headings_alone, fields_alone, underlined_heading],
)
def test_a_docstring_without_a_summary_still_explains_the_parameters(function: Any):
    schema = schema_for(function, description="Do it.")
    texts = [part["description"] for part in schema.parameters["properties"].values()]
    assert texts == ["The lower end, at the probe.", "The upper end."]
    with pytest.warns(UserWarning, match="has no description"):
        assert schema_for(function).description == ""


def test_a_heading_that_only_looks_like_one_stays_a_description():
    def drop(table: str):
        """Warning:
        This cannot be undone.

        Args:
            table: Its name.
        """

    schema = schema_for(drop)
    assert schema.description.startswith("Warning:\nThis cannot be undone.")
    assert schema.parameters["properties"]["table"]["description"] == "Its name."


def test_one_text_for_several_parameters_of_numpydoc():
    def span(low: int, high: int):
        """Do it.

        Parameters
        ----------
        low, high : int
            An end.
        """

    assert [p["description"] for p in schema_for(span).parameters["properties"].values()] == ["An end."] * 2
