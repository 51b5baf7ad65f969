"""What a scenario is, how one stands in a TOML file, and what is wrong with one; may import what stands below."""
