"""Whole sessions: a test module here is named after a package module, or after a feature that users notice."""
