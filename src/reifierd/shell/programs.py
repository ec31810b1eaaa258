"""Stub of programs."""
def global_values(program: str) -> frozenset[str]:
    return frozenset()
