"""What the benchmarks share: pages and notebooks to measure in, recordings, requests, child processes."""
