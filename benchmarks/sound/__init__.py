"""Benchmarks of audio through a notebook: delays, gaps and jitter, in JupyterLab and in other pages."""
