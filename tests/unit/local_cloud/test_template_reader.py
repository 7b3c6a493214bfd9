"""CloudFormation's short tags are read as their long forms."""

import pytest

from local.template import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("!Ref A", {"Ref": "A"}, id="ref"),
        pytest.param("!GetAtt A.Arn", {"Fn::GetAtt": ["A", "Arn"]}, id="attribute"),
        pytest.param("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}, id="nested_attribute"),
        pytest.param('!Sub "${A}-x"', {"Fn::Sub": "${A}-x"}, id="text"),
        pytest.param("!If [C, !Ref A, b]", {"Fn::If": ["C", {"Ref": "A"}, "b"]}, id="list"),
        pytest.param(
            "!Transform { Name: n }", {"Fn::Transform": {"Name": "n"}}, id="map"
        ),
        pytest.param("!Condition C", {"Condition": "C"}, id="condition"),
    ],
)  # fmt: skip
def test_a_tag_is_read_as_its_long_form(tmp_path, text, expected):
    """The emulator takes JSON, which has no tags."""
    (tmp_path / "t.yaml").write_text(f"value: {text}")

    assert read(tmp_path / "t.yaml") == {"value": expected}
