"""The verdict on a block that could not be judged: never permission (invariant 8)."""

from __future__ import annotations

from reifierd.shell import Finding, Judgement, Verdict


def unjudged(reason: str) -> Judgement:
    """`override`, with the reason why nothing better can be said."""
    text = f"The guard cannot say what this does: {reason}."
    return Judgement(
        Verdict.OVERRIDE, (Finding("not-judged", Verdict.OVERRIDE, text, "split the block into smaller ones"),)
    )
