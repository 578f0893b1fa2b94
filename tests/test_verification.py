"""Every case of the verification list, in the size that a test can afford. See docs/verification for the full ones."""

import pytest

from tests.verification import CASES


def cases():
    for name, case in CASES.items():
        yield pytest.param(case, id=name, marks=[pytest.mark.slow] if case.SLOW else [])


@pytest.mark.parametrize("case", cases())
def test_case_agrees_with_its_closed_form(case):
    page = case.verify(thorough=False)
    told = {f"{check.what}: {check.computed:.6g} against {check.exact:.6g}": check.passed for check in page.checks}
    outside = [sentence for sentence, passed in told.items() if not passed]
    assert told
    assert not outside
