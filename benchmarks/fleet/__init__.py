"""What the reporters of a large cluster cost its API server: many virtual nodes against the real servers."""
