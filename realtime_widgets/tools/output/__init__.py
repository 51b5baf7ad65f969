"""The output of a call: printed text, displays, progress, its result, and what of it goes to the model.

Imports `tools.schema`, `images`, `lazy_types` and `errors`.
"""
