"""The talk as the notebook's file keeps it, to read without a kernel: HTML, markdown and text of a bounded size.

`form` chooses what fits, `as_html` and `as_text` write it, `pictures` makes pictures small: pure. `output`
puts the form beside the widget in the cell's output and keeps it up to date. Imports `messages` of the widgets and
what stands below them.
"""
