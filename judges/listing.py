"""Counting what an observation lists without a number: `a goat, a donkey and two hens`, `one on the left, one on …`."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.judges.coverage import Decision
from p2r_rewards.judges.facts import Facts
from p2r_rewards.judges.lexicon import PEOPLE_KEYS, key, keys
from p2r_rewards.judges.number_mentions import NumberMention
from p2r_rewards.judges.number_questions import Target

_KINDS_TEXT = """
instrument: accordion guitar piano drum violin fiddle cello bass flute trumpet saxophone clarinet harp tambourine
instrument: trombone tuba banjo ukulele triangle harmonica oboe keyboard organ mandolin xylophone cymbal bagpipes
animal: dog cat cow horse goat sheep pig donkey hen chicken rooster duck goose bird rabbit mouse rat fox deer bear
animal: elephant lion tiger monkey giraffe zebra camel snake frog turtle fish swan squirrel parrot pigeon penguin
animal: puppy kitten lamb calf pony owl wolf hedgehog crab spider butterfly bee dolphin whale shark kangaroo llama
fruit: apple pear banana orange grape cherry plum peach strawberry lemon lime melon mango pineapple kiwi apricot
fruit: raspberry blueberry blackberry watermelon fig coconut papaya
vegetable: carrot tomato onion pepper cabbage potato cucumber leek lettuce bean pea broccoli cauliflower spinach
vegetable: aubergine eggplant courgette zucchini radish celery pumpkin garlic mushroom beet asparagus
vehicle: car bus truck lorry van taxi motorcycle bicycle scooter tram train tractor ambulance bulldozer
tool: hammer saw drill screwdriver wrench spanner pliers chisel plane axe shovel spade rake file ruler knife scissors
furniture: table chair sofa armchair bed wardrobe shelf desk cupboard stool bench dresser bookcase cabinet
color: red orange yellow green blue purple violet pink brown black white gray
shape: circle square triangle rectangle star hexagon oval pentagon diamond
flower: rose tulip daisy lily sunflower daffodil orchid poppy carnation iris lavender violet
ingredient: flour egg milk sugar salt butter oil water yeast pepper garlic onion cream cheese tomato honey vanilla
topping: mushroom olive tomato onion pepper ham cheese salami pineapple basil
sport: football soccer tennis basketball volleyball badminton golf hockey swimming cycling boxing skiing
"""


def _read_kinds() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _KINDS_TEXT.strip().splitlines():
        name, _, members = line.partition(": ")
        found[key(name)] = found.get(key(name), frozenset()) | keys(members)
    return found


_KINDS = _read_kinds()
_PEOPLE = PEOPLE_KEYS | keys("goalkeeper mother father sister brother grandmother grandfather daughter son clerk cook")


def judge_listed(value: float, target: Target, mentions: Sequence[NumberMention], facts: Facts) -> Decision | None:
    """Sufficient where so many kinds, persons or `one`s are listed; None where another number or none is.

    Example:
        >>> from p2r_rewards.judges.facts import read_facts
        >>> from p2r_rewards.judges.number_questions import read_target
        >>> facts = read_facts("A goat and a donkey stand at the fence. On the bonnet of a tractor lies a cat.")
        >>> judge_listed(3, read_target("How many animals appear?"), [], facts).how
        'lists 3: cat, donkey, goat'
    """
    if not 2 <= value <= 12:
        return None
    for head in target.head & _KINDS.keys():
        named = _KINDS[head] & facts.positions.keys()
        if len(named) == value:
            return Decision(True, f"lists {value:g}: {', '.join(sorted(named))}")
    for number, span in enumerate(facts.sentence_spans):
        within = [each for each in mentions if each.at in span]
        ones = [each for each in within if facts.words[each.at] == "one" and not each.noun]
        if len(ones) > 1 and len(ones) == value:
            return Decision(True, f"tells of {value:g}, one after the other")
        if target.people or target.head <= PEOPLE_KEYS:
            near = facts.by_sentence[number] | (facts.by_sentence[number - 1] if number else frozenset())
            persons = [each.value for each in within if set(each.noun) & _PEOPLE and not each.unit]
            if len(persons) > 1 and sum(persons) == value and near & target.anchors:
                return Decision(True, f"lists {value:g} persons")
    return None
