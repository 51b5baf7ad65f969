"""Types and a function of which the tests make schemas."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: float
    title: str = ""


class Path(BaseModel):
    """A way through the plane."""

    points: list[Point]
    closed: bool = False


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def rate(temperature: float, unit: Literal["C", "K"] = "C") -> float:
    """Rate of our reaction at a temperature.

    Measured in the lab.

    Parameters
    ----------
    temperature : float
        How hot it is,
        at the probe.
    unit : str
        The scale.

    Returns
    -------
    float
        The rate.
    """
    return temperature
