"""JSON: valid by the published schema, exact, and the same every time."""

import io
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

import grader.report
from grader.core.verdict import Report, json_schema
from grader.errors import GraderFault
from grader.report import json_report

GOLD = Path(__file__).parent / "gold"
PUBLISHED = Path(grader.report.__file__).parent / "static" / "report.schema.json"


def rendered(report):
    file = io.StringIO()
    json_report.write(report, file)
    return file.getvalue()


def test_small_report_equals_the_gold_file(small, assert_gold):
    assert_gold(rendered(small), GOLD / "small.json")


def test_published_schema_is_the_schema_of_the_report(assert_gold):
    assert_gold(json_report.schema(), PUBLISHED)
    assert json.loads(PUBLISHED.read_text()) == json_schema()


@pytest.mark.parametrize("name", ["small", "full"])
def test_reports_are_valid_by_the_published_schema(name, request):
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        json.loads(rendered(request.getfixturevalue(name))), schema, cls=jsonschema.Draft202012Validator
    )


def test_schema_refuses_an_unknown_outcome(small):
    data = json.loads(rendered(small))
    data["exercises"][0]["checks"][0]["outcome"] = "maybe"
    with pytest.raises(jsonschema.ValidationError, match="maybe"):
        jsonschema.validate(data, json_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", ["small", "full"])
def test_json_reads_back_as_the_same_report(name, request):
    report = request.getfixturevalue(name)
    assert msgspec.json.decode(rendered(report), type=Report) == report


def test_inputs_stay_in_calling_order(small):
    found = json.loads(rendered(small))["exercises"][0]["checks"][2]["counterexample"]
    assert list(found["inputs"]) == ["dy", "cache"]


def test_json_is_indented_by_two_spaces_and_ends_in_a_newline(small):
    lines = rendered(small).split("\n")
    assert lines[:2] == ["{", '  "schema": "grade/report/v1",']
    assert lines[-2:] == ["}", ""]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_points_that_json_cannot_say_are_the_graders_fault(value, make_report, make_verdict):
    report = make_report(make_verdict("f/values", points=value))
    with pytest.raises(GraderFault, match=r"points and times are .*, but should be finite"):
        rendered(report)


def test_name_that_is_not_utf8_is_written_out(small):
    report = msgspec.structs.replace(small, student="caf\udce9")
    assert json.loads(rendered(report)) == json.loads(rendered(small)) | {"student": r"caf\udce9"}
