"""Separate Python environments, for packages that conflict with those of the tests."""
