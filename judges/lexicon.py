"""The embedded judge's words: which say nothing, which say the same, which exclude each other."""

from __future__ import annotations

from functools import lru_cache

from p2r_rewards.graders.compat.porter import stem


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _words(
    """a an the this that these those there here it its it's he she they them him her his their we us our you your i me
    my is are was were be been being am do does did doing done have has had having will would shall should can could may
    might must of in on at to for from by with into onto out off up down over about as and or but if then than so such
    too very just also only own same some any each every both all more most other another which what who whom whose
    where when why how not no nor none never n't s t d ll re ve one's while during until again once because since due
    between among within along across through against around near per via upon toward towards really quite rather
    still yet even well however image video picture photo frame frames scene shown shows show showing seen see visible
    appear appears appearing displayed depicted depicts given following figure according based observe observed notice
    noticed clearly currently something someone somebody thing things kind type sort way"""
)
"""Words that are no evidence by themselves."""

NEGATORS = _words("no not never without neither nor none nothing nobody cannot lack lacks lacking")
PRONOUNS = _words("it its he his she they their this these one")

GENERIC = _words(
    """main topic theme purpose happen happens happening activity activities event events describe describes description
    action actions content focus best likely overall summarize summarizes primary primarily mainly subject overview
    relation relative true statement following first last finally eventually end ends
    weather color colour colors colours shape sport animal fruit vegetable material season food drink dish instrument
    emotion mood expression profession occupation job style brand breed language place location setting direction
    position
    pattern clothing outfit garment item object product name like look use used made make correct photo taken take"""
)
"""Words of questions that no description need repeat."""

CLAIMS = _words(
    """evidence clear clearly support supports supported follow follows strictly gold right solve step steps thought
    process
    solution confident question obvious obviously conclude concluded conclusion deduce deduced observation observations
    correct choice answer true therefore reason reasoning analysis explanation confirm confirms confirmed certain sure
    verify verified final result definitely undoubtedly indicate indicates need requires suffices yes no information
    noticing notice detail details relevant visual visible important key"""
)
"""Words that claim rather than describe."""

META = CLAIMS | _words(
    """everyone everybody everything everyone's anyone know knows known point points equal equals guess guesses truth
    ground doubt doubts given option options possible possibly think thinks believe believes say says i'd i'm i'll
    evaluator judge grader assume assumes assumed ruled rule q a b c d e f grade pass case hence thus so must
    expected intended correctly naturally simply surely course nothing something else another opposite result
    results final finally candidate candidates matches match solve solved"""
)
"""Words of sentences that state an answer: beside the answer itself they describe nothing."""

COLOURS = _words(
    """red orange yellow green blue purple violet pink brown black white gray grey beige tan gold golden silver
    turquoise
    teal cyan magenta maroon navy cream crimson reddish greenish bluish yellowish"""
)

MATERIALS = _words("wood metal glass plastic paper stone brick clay leather steel iron concrete cotton wool cardboard")

GENERIC_THINGS = _words(
    "object objects item items thing things shape shapes animal animals vehicle vehicles element elements"
)
"""Nouns that stand for whatever their adjective names: `metal objects` may be cubes and spheres."""

PEOPLE = _words(
    """person people man men woman women boy boys girl girls child children kid kids passenger passengers
    athlete athletes player players runner runners adult adults baby babies worker workers student students lady
    ladies guy guys human humans dancer dancers friend friends pedestrian pedestrians customer customers teacher
    individual individuals"""
)
"""Who is counted where people are."""

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen
eighteen nineteen twenty"""
CARDINALS = {word: value for value, word in enumerate(_ONES.split())} | {
    word: 10 * value
    for value, word in enumerate(["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=3)
}
ORDINALS = {
    word: value
    for value, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=1
    )
}

_IRREGULAR = {
    form: base
    for line in """be: is are was were been|become: became|begin: began begun|bend: bent|bite: bit bitten|blow:
    blew blown
    break: broke broken|bring: brought|build: built|buy: bought|catch: caught|choose: chose chosen|come: came
    cut: cutting|dig: dug digging|draw: drew drawn|drink: drank drunk|drive: drove driven|eat: ate eaten
    fall: fell fallen|feed: fed|feel: felt|fight: fought|find: found|fly: flew flown flies
    get: got gotten getting|give: gave given|go: went gone goes|grow: grew grown|hang: hung|hear: heard
    hide: hid hidden|hit: hitting|hold: held|keep: kept|kneel: knelt|know: knew known|lay: laid|lead: led
    leave: left_behind|lie: lay lain lying|light: lit|lose: lost|make: made|meet: met|pay: paid|put: putting
    read: reads|ride: rode ridden|ring: rang rung|rise: rose risen|run: ran running|say: said|see: saw seen
    sell: sold|send: sent|shake: shook shaken|shine: shone|shoot: shot|sing: sang sung|sit: sat sitting
    sleep: slept|slide: slid|speak: spoke spoken|spin: spun spinning|stand: stood|steal: stole stolen
    stick: stuck|sweep: swept|swim: swam swum swimming|swing: swung|take: took taken|teach: taught
    tear: tore torn|tell: told|think: thought|throw: threw thrown|tie: tied tying ties|wear: wore worn|win: won
    write: wrote written|man: men|woman: women|child: children|foot: feet|tooth: teeth|mouse: mice
    person: people persons|knife: knives|shelf: shelves|leaf: leaves|half: halves|loaf: loaves|wolf: wolves
    high: higher highest height|tall: taller tallest|long: longer longest length|wide: wider widest width
    big: bigger biggest|small: smaller smallest|low: lower lowest|near: nearer nearest|close: closer closest
    far: farther farthest further|old: older oldest|young: younger youngest|fast: faster fastest
    slow: slower slowest|excite: excitement excited|frown: frowning|happy: happiness happily
    angry: anger angrily|sad: sadness sadly|maintain: maintenance|decide: decision|explode: explosion
    heavy: heavily|high: highly|wood: wooden|gold: golden|wool: woolen woollen|silk: silken|silver: silvery
    rain: rainy raining|sun: sunny|cloud: cloudy|snow: snowy snowing|wind: windy|fog: foggy""".replace("\n", "|").split(
        "|"
    )
    for base, _, forms in [line.strip().partition(": ")]
    for form in forms.split()
}

for _adjective in [
    "short",
    "light",
    "thick",
    "thin",
    "bright",
    "dark",
    "deep",
    "strong",
    "weak",
    "early",
    "late",
    "large",
    "narrow",
    "soft",
    "loud",
    "quiet",
    "cheap",
    "warm",
    "cool",
    "cold",
    "hot",
    "new",
    "fresh",
    "great",
    "heavy",
    "few",
    "calm",
    "busy",
    "hard",
    "steep",
    "round",
    "clean",
    "dirty",
    "rough",
    "smooth",
    "tight",
    "loose",
    "safe",
    "rich",
    "poor",
]:
    _stem = _adjective[:-1] + "i" if _adjective.endswith("y") else _adjective.removesuffix("e")
    for _ending in ("er", "est"):
        _IRREGULAR[_stem + _ending] = _IRREGULAR[_stem + _stem[-1] + _ending] = _adjective

# Words that say the same of what is seen; the first stands for all. No hypernyms: a dog is not any animal.
_SAME = """high tall|large big huge giant enormous|small little tiny|child kid|picture photo image photograph
    couch sofa settee
begin start commence|end finish conclude conclusion|close shut closed|grab grasp grip seize|hold carry clutch|put place
set lay|rise climb ascend upward|fall drop descend|speak talk|say state|gray grey|car automobile|bike bicycle
beat whisk|under below beneath underneath|above over|behind|beside adjacent alongside|front infront
    rotate turn spin twist
quick fast rapid swift|auto automatic|trash garbage rubbish waste|phone telephone smartphone cellphone|television tv
jump leap hop|throw toss hurl|cut slice chop|pour tip|stir mix blend|angry furious mad|happy joyful cheerful glad
excite thrill enthusiastic|sad unhappy|scare afraid frighten fear fearful|tired exhaust exhausted weary
steady stable stabilize balance|increase grow rise|decrease decline shrink reduce|attach fasten fix secure
remove detach|repair mend|assemble construct build|show display exhibit|wave waving|shore beach|road street
purchase buy|gift present|infant baby|plane airplane aircraft|ship boat vessel|rock stone|stumble trip
shoe sneaker|shirt tshirt|glasses spectacles eyeglasses|wash rinse clean|cook fry
male man|female woman|ill sick|wealthy rich|silent quiet|pupil student|physician doctor|supper dinner
near nearby close_by|reach arrive|tidy neat|damp wet|label caption|depart leave|help assist|smile grin""".replace(
    "\n", "|"
)

# Of each group one holds at a time.
_EXCLUSIVE = """open close|left right|above under|front behind|increase decrease|on off|empty full|hot cold|wet dry
day night|clockwise counterclockwise|up down|inside outside|indoor outdoor|forward backward|day night
    happy sad angry scare
stand sit lie|summer winter spring autumn|male female|before after|high low|fast slow|young old|horizontal vertical"""


def _base(word: str) -> str:
    bare = _IRREGULAR.get(word, word)
    if not bare.isascii() or len(bare) > 40:
        return bare[:40]
    stemmed = stem(bare)
    if len(stemmed) > 4 and stemmed.endswith("i"):
        stemmed = stemmed[:-1]
    if len(stemmed) > 3 and stemmed[-1] == stemmed[-2] and stemmed[-1] not in "seo":
        stemmed = stemmed[:-1]
    return stemmed


_CANONICAL: dict[str, str] = {}
for _group in _SAME.split("|"):
    _first = _base(_group.split()[0])
    for _word in _group.split():
        _CANONICAL.setdefault(_base(_word), _first)


@lru_cache(maxsize=16_384)
def key(word: str) -> str:
    """What a lower-case word stands for: its stem, that of its usual synonym, or the digits of a number word.

    Example:
        >>> key("whisked") == key("beating"), key("three"), key("rainy") == key("rain")
        (True, '3', True)
    """
    number = CARDINALS.get(word)
    if number is not None:
        return str(number)
    base = _base(word)
    return _CANONICAL.get(base, base)


def keys(words: str) -> frozenset[str]:
    """The keys of the words of a text, split at blanks."""
    return frozenset(key(word) for word in words.split())


COLOUR_KEYS = frozenset(map(key, COLOURS))
MATERIAL_KEYS = frozenset(map(key, MATERIALS))
GENERIC_KEYS = frozenset(map(key, GENERIC))
GENERIC_THING_KEYS = frozenset(map(key, GENERIC_THINGS))
META_KEYS = frozenset(map(key, META))
ORDINAL_KEYS = frozenset(map(key, ORDINALS))
PEOPLE_KEYS = frozenset(map(key, PEOPLE))
EXCLUSIVE: dict[str, int] = {
    key(word): number for number, group in enumerate(_EXCLUSIVE.replace("\n", "|").split("|")) for word in group.split()
}
"""From a key to its group: two keys of a group contradict each other."""
