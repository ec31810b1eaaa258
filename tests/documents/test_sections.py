"""Headings: which name a section."""

from __future__ import annotations

import pytest

from reifierd.documents import SectionKind
from reifierd.documents.sections import kind_of


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Fix", SectionKind.FIX),
        ("FIX SEQUENCE", SectionKind.FIX),
        ("2. Mitigation:", SectionKind.FIX),
        ("2) *Resolution*", SectionKind.FIX),
        ("Step 4 - Remediation", SectionKind.FIX),
        ("🔧 Fix", SectionKind.FIX),
        ("`Steps`", SectionKind.FIX),
        ("Procedure (30 minutes)", SectionKind.FIX),
        ("1.2.3 Diagnosis", SectionKind.DIAGNOSIS),
        ("IV. Investigation", SectionKind.DIAGNOSIS),
        ("Verify!", SectionKind.VERIFY),
        ("Validation", SectionKind.VERIFY),
        ("Checks", SectionKind.VERIFY),
        ("Only if:", SectionKind.PRECONDITIONS),
        ("Undo", SectionKind.ROLLBACK),
        ("Verification & validation", SectionKind.VERIFY),
        ("Fix the database", None),
        ("Diagnosis and Mitigation", None),
        ("Notes", None),
        ("", None),
        ("/", None),
        ("x" * 100_000, None),
    ],
)
def test_the_section_that_a_heading_names(heading: str, kind: SectionKind | None) -> None:
    assert kind_of(heading) is kind
