import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.templates.loader import BUILT_IN, load_template, parse_template
from p2r_rewards.templates.questions import write_question

HEAD = "---\nname: mine\nversion: 2\nfields: {fields}\n---\n"


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_templates_load_and_fill(name):
    template = load_template(name)
    assert template.name == name
    assert template.identity.startswith(f"{name}@{template.version}#")
    messages = template.render({field: f"<{field} here>" for field in template.fields})
    assert messages[-1]["role"] == "user"
    text = "\n".join(message["content"] for message in messages)
    assert all(f"<{field} here>" in text for field in template.fields)


# METHOD: what each prompt must ask for.
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("process-aware-cot", ["<observation>", "<think>", "<answer>", "paragraph", "{question}"]),
        (
            "observation-sufficiency",
            ["<judgement>Yes</judgement>", "<judgement>No</judgement>", "strictly", "assum"],
        ),
        ("perception-examination", ["<think>", "<answer>"]),
        (
            "perception-examination-observed",
            ["<think>", "<answer>", "in place of the", "{observation}"],
        ),
        ("answer-extraction", ["<extraction>X</extraction>", "No", "end of the reasoning", "Hedged", "in words"]),
    ],
)
def test_prompts_hold_what_the_method_asks(name, asked):
    template = load_template(name)
    text = "\n".join(part for _, part in template.parts).casefold()
    assert [needle for needle in asked if needle.casefold() not in text] == []


def test_a_field_inside_a_value_stays_text():
    template = parse_template(HEAD.format(fields="gold, observation") + "{gold} / {observation}")
    assert template.render({"gold": "5", "observation": "{gold} {{gold}}"})[0]["content"] == "5 / {gold} {{gold}}"


def test_other_braces_and_doubled_fields_stay_text():
    template = parse_template(HEAD.format(fields="x") + r'{"a": {x}} {{x}} \frac{1}{2} {0} {X}')
    assert template.render({"x": "1"})[0]["content"] == r'{"a": 1} {x} \frac{1}{2} {0} {X}'


def test_missing_and_unknown_values_name_the_template():
    template = parse_template(HEAD.format(fields="x") + "{x}")
    with pytest.raises(ConfigError, match=r"'mine'.*\bx\b"):
        template.render({})
    with pytest.raises(ConfigError, match="'mine' has no field y"):
        template.render({"x": "1", "y": "2"})


def test_system_and_user_parts():
    template = parse_template(HEAD.format(fields="x") + "# System\nbe brief\n\n# User\nx is {x}\n")
    assert template.render({"x": "1"}) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "x is 1"},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "front matter"),
        (HEAD.format(fields="x") + "{x} {y}", "'fields' does not name"),
        (HEAD.format(fields="x, y") + "{x}", "does not use"),
        (HEAD.format(fields="x, x") + "{x}", "named once"),
        (HEAD.format(fields="X") + "{x}", "lower-case"),
        ("---\nname: mine\nfields: x\n---\n{x}", "lacks 'version'"),
        ("---\nname: mine\nname: mine\nversion: 1\nfields: x\n---\n{x}", "once"),
        ("---\nname: mine\nversion: 1\nfields: x\ncolour: red\n---\n{x}", "colour"),
        (HEAD.format(fields="x") + "before\n# User\n{x}", "before the first"),
        (HEAD.format(fields="x") + "# User\n{x}\n# System\nlater", "'# System' before it"),
        (HEAD.format(fields=""), "non-empty"),
    ],
)
def test_malformed_templates_say_what_is_wrong(text, said):
    with pytest.raises(ConfigError, match=said):
        parse_template(text, origin="here.md")


def test_files_of_ones_own(tmp_path):
    path = tmp_path / "mine.md"
    path.write_bytes(b"---\r\nname: mine\r\nversion: 1\r\nfields: x\r\n---\r\n{x}!")
    template = load_template(path)
    assert template.render({"x": "a"})[0]["content"] == "a!"
    assert load_template(str(path)) == template
    path.write_text(HEAD.format(fields="x") + "{x}?", encoding="utf-8")
    assert load_template(path).digest != template.digest


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_unreadable_files_are_one_clear_error(tmp_path, content):
    path = tmp_path / "gone.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="neither built in"):
        load_template(path)


def test_options_are_written_once():
    assert write_question("Which?\nA. a\nB. b", ["A. a", "B. b"]) == "Which?\nA. a\nB. b"
    assert write_question("Which?", []) == "Which?"
