"""What all HTTP routes share: keys, capacity, error responses and statistics.

Imports `inference` and what stands below it.
"""
