import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.judges.client import Reply
from p2r_rewards.judges.reading import read_verdict, strip_thoughts

TAG = "<judgement>{}</judgement>".format


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"It is named. {TAG('Yes')}", True),
        (TAG(" no. "), False),
        (TAG("**Yes**"), True),
        ("<Judgment>YES</Judgment>", True),
        ("<judgement>Yes<judgement>", True),  # a real malformation of the paper's own examples
        ("<judgement>No", False),  # a stop sequence took the closing tag
        (TAG("Yes, the colour is stated"), True),
        (TAG("Yes, but no"), None),
        (f"{TAG('Yes')} On second thought the count is missing. {TAG('No')}", False),  # the last one counts
        (f"{TAG('Yes')} or {TAG('No')}", None),  # both in one breath
        (f"{TAG('Yes')}{TAG('No')}", None),
        (TAG("Yes/No"), None),
        (TAG("maybe"), None),
        (TAG("1"), None),
        (TAG("good"), None),
        (TAG(""), None),
        ("Yes", True),
        (" no.", False),
        ("The reasons are good.\n**Judgement:** Yes", True),
        ("The observation says Yes", None),
        ("", None),
        ('{"judgement": "Yes"}', True),
        ('{"explanation": "no", "judgement": false}', False),
        ('```json\n{"judgement": "No"}\n```', False),
        ('{"judgement": "Yes", "judgement": "No"}', None),
        ('{"judgement": 1}', None),
        ('{"judgement": ', None),
        ("[" * 50_000, None),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, None),
        (f"<think>{TAG('Yes')}</think>{TAG('No')}", False),
        (f"<think>{TAG('Yes')}", None),
        (f"thinking on {TAG('Yes')}</think>{TAG('No')}", False),
        (f"◁think▷{TAG('Yes')}◁/think▷{TAG('No')}", False),
        (f"[THINK]{TAG('Yes')}[/THINK]{TAG('No')}", False),
        (
            f"<|channel|>analysis<|message|>{TAG('Yes')}<|end|><|start|>assistant<|channel|>final<|message|>{TAG('No')}<|return|>",
            False,
        ),
        (f"<|channel|>analysis<|message|>{TAG('Yes')}", None),
    ],
)
def test_verdicts(text, verdict):
    found, how = read_verdict(Reply(text, finish_reason="stop"))
    assert found is verdict
    assert how


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("The observation does", None, "cut off"),
        ("<judgement>No", None, "cut off"),  # perhaps "Not certain"
        (f"{TAG('No')} and furthermore", False, "no"),
        ("<think>wait", None, "thoughts alone"),
    ],
)
def test_truncated_replies(text, verdict, said):
    found, how = read_verdict(Reply(text, finish_reason="length"))
    assert found is verdict
    assert said in how or how.startswith("the reply was cut off")


@given(st.text(st.sampled_from(list('<>/judgementYesNo{}"◁▷[]|thik \n')), max_size=200))
def test_total_and_never_without_a_reason(text):
    found, how = read_verdict(Reply(text))
    assert found in (True, False, None)
    assert how


def test_a_megabyte_is_read():
    assert read_verdict(Reply("<judgement>" * 90_000 + TAG("Yes")))[0] is True
    assert strip_thoughts("<think>" * 100_000) == ""
