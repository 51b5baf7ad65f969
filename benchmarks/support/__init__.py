"""What the benchmarks share: places to measure in, sound to say, servers to talk to, programs beside them."""
