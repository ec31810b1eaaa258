"""The folders a person works with: what stands there, what it means, and the one door for writing."""
