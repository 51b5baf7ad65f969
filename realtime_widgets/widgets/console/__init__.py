"""What stands in a notebook as a whole: console and captions, the dock beside the code, status, key prompt.

The highest room of `widgets`: it puts those of `talk`, `sound` and `insight` together.
"""
