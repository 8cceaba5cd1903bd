"""Prompt templates: text files with named fields, filled in one pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from p2r_rewards.errors import ConfigError

BUILT_IN = (
    "answer-extraction",
    "observation-sufficiency",
    "perception-examination",
    "perception-examination-observed",
    "process-aware-cot",
)
"""The templates that come with the library (arXiv 2511.11113, Fig. 7, 8, 13, 14), in this project's own words."""

MAX_CHARS = 100_000

_KEYS = ("name", "version", "fields")
_FIELD = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}|\{([a-z][a-z0-9_]*)\}")
_NAME = re.compile("[a-z][a-z0-9_]*")
_PART = re.compile(r"^# (System|User)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A prompt with fields to fill in.

    Attributes:
        name: Its name.
        version: Its version, which changes with every change of its words.
        fields: The fields that it needs.
        parts: Role ("system" or "user") and text of each message.
        digest: The first 12 hexadecimal digits of the file's SHA-256.
    """

    name: str
    version: str
    fields: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    digest: str

    @property
    def identity(self) -> str:
        """Name, version and content hash: two prompts with the same identity are the same."""
        return f"{self.name}@{self.version}#{self.digest}"

    def render(self, values: Mapping[str, str]) -> list[dict[str, str]]:
        r"""The messages, with every field replaced in one pass: a `{gold}` inside a value stays text.

        Raises:
            ConfigError: A field of the template has no value, or a value no field.

        Example:
            >>> parse_template("---\nname: greeting\nversion: 1\nfields: who\n---\nHello {who}!").render(
            ...     {"who": "{who}"}
            ... )
            [{'role': 'user', 'content': 'Hello {who}!'}]
        """
        missing = [field for field in self.fields if field not in values]
        unknown = sorted(set(values) - set(self.fields))
        if missing:
            message = f"template {self.name!r} needs a value for {', '.join(missing)}"
            raise ConfigError(message)
        if unknown:
            message = f"template {self.name!r} has no field {', '.join(unknown)}; it has {', '.join(self.fields)}"
            raise ConfigError(message)

        def fill(match: re.Match[str]) -> str:
            return "{" + match[1] + "}" if match[1] else values[match[2]]

        return [{"role": role, "content": _FIELD.sub(fill, text)} for role, text in self.parts]


def load_template(source: str | Path) -> PromptTemplate:
    """A template by its built-in name, or from a file of yours in the same form.

    The file opens with `---`, `name: …`, `version: …`, `fields: a, b` and `---`; then comes the prompt with its
    fields as `{a}`. The lines `# System` and `# User` head its parts; without them all is the user's message.
    `{{a}}` stands for the text `{a}`, and all other braces for themselves.

    Raises:
        ConfigError: There is no such template, or the file is not of that form.

    Example:
        >>> load_template("observation-sufficiency").fields
        ('data_type', 'question', 'gold', 'fence', 'observation')
    """
    if isinstance(source, str) and source in BUILT_IN:
        return _built_in(source)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        message = f"template {str(source)!r:.200} is neither built in ({', '.join(BUILT_IN)}) nor a readable UTF-8 file"
        raise ConfigError(message) from error
    return parse_template(text, origin=str(path))


@lru_cache(maxsize=len(BUILT_IN))
def _built_in(name: str) -> PromptTemplate:
    text = files("p2r_rewards.templates").joinpath(f"{name}.md").read_text(encoding="utf-8")
    return parse_template(text, origin=name)


def parse_template(text: str, *, origin: str = "template") -> PromptTemplate:
    """The template that a file's text holds; `origin` names it in errors.

    Raises:
        ConfigError: The text is not of the form that `load_template` describes; the message says where.
    """
    if len(text) > MAX_CHARS:
        message = f"{origin}: a template of {len(text):,} characters is over the limit of {MAX_CHARS:,}"
        raise ConfigError(message)
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    head, body = _split_front_matter(text, origin)
    settings = _read_settings(head, origin)
    fields = tuple(field.strip() for field in settings["fields"].split(",") if field.strip())
    for field in fields:
        if _NAME.fullmatch(field) is None or fields.count(field) > 1:
            message = f"{origin}: field {field!r:.80} must be named once, in lower-case letters, digits and '_'"
            raise ConfigError(message)
    used = {match[2] for match in _FIELD.finditer(body) if match[2]}
    if stray := sorted(used - set(fields)):
        message = (
            f"{origin}: uses {{{stray[0]}}}, which 'fields' does not name; write {{{{{stray[0]}}}}} for plain text"
        )
        raise ConfigError(message)
    if idle := [field for field in fields if field not in used]:
        message = f"{origin}: 'fields' names {idle[0]!r}, but the text does not use {{{idle[0]}}}"
        raise ConfigError(message)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return PromptTemplate(settings["name"], settings["version"], fields, _split_parts(body, origin), digest)


def _split_front_matter(text: str, origin: str) -> tuple[str, str]:
    opening, _, rest = text.partition("\n")
    head, closing, body = rest.partition("\n---\n")
    if opening.strip() != "---" or not closing:
        message = f"{origin}: a template opens with front matter: '---', {', '.join(_KEYS)}, '---'"
        raise ConfigError(message)
    return head, body


def _read_settings(head: str, origin: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        key = key.strip()
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not colon or key not in _KEYS or key in settings:
            message = f"{origin}: front matter has each of {', '.join(_KEYS)} once, as 'key: value', not {line!r:.80}"
            raise ConfigError(message)
        settings[key] = value.strip()
    if lacking := [key for key in _KEYS if not settings.get(key) and not (key == "fields" and key in settings)]:
        message = f"{origin}: front matter lacks {lacking[0]!r}"
        raise ConfigError(message)
    return settings


def _split_parts(body: str, origin: str) -> tuple[tuple[str, str], ...]:
    pieces = _PART.split(body)
    heads, texts = pieces[1::2], pieces[2::2]
    parts = list(zip((head.lower() for head in heads), map(str.strip, texts), strict=True))
    if not heads:
        parts = [("user", body.strip())]
    elif pieces[0].strip():
        message = f"{origin}: text stands before the first of '# System' and '# User'"
        raise ConfigError(message)
    if [role for role, _ in parts] not in (["user"], ["system", "user"]) or not all(text for _, text in parts):
        message = f"{origin}: a template has one non-empty part '# User', and at most one '# System' before it"
        raise ConfigError(message)
    return tuple(parts)
