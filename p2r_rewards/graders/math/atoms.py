"""The smallest parts of an expression: numbers, names, groups, commands, functions, brackets, matrices."""

from __future__ import annotations

from abc import ABC, abstractmethod

from p2r_rewards.graders.math import words
from p2r_rewards.graders.math.brackets import bracketed
from p2r_rewards.graders.math.builders import HALF, proper_fraction, reciprocal
from p2r_rewards.graders.math.cursor import Cursor, fail
from p2r_rewards.graders.math.limits import UnreadableError
from p2r_rewards.graders.math.numbers import decimal, repeating, scientific
from p2r_rewards.graders.math.tree import MINUS_ONE, Node, fun, num, sym

_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix"})


class Atoms(Cursor, ABC):
    """Reads atoms; what stands inside of them is read by the subclass."""

    __slots__ = ()

    @abstractmethod
    def statement(self) -> Node:
        """Relations joined by commas, `and`, `or`."""

    @abstractmethod
    def relation(self) -> Node:
        """Members joined by `=`, `<` and their like."""

    @abstractmethod
    def accept_separator(self) -> bool:
        """Takes commas and the words that join lists."""

    @abstractmethod
    def sum(self) -> Node:
        """Terms joined by `+` and `-`."""

    @abstractmethod
    def factor(self) -> Node:
        """An atom with its powers and marks."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands behind `^`."""

    def atom(self) -> Node:
        """One atom, whatever it is."""
        kind, value = self.peek()
        self.position += 1
        if kind == "num":
            return self.number(value)
        if kind == "sym":
            return sym(value)
        if kind == "lbrace":
            self.position -= 1
            return self.group()
        if kind == "open":
            return self.bracket(value)
        if kind == "cmd":
            return self.command(value)
        if kind == "fun":
            return self.function(value)
        if kind == "repeat":
            return num(repeating(value))
        if kind == "sci":
            return num(scientific(value))
        if kind == "bar":
            return self.absolute(value)
        if kind == "begin":
            return self.matrix(value)
        if kind == "mark":
            return self.marked(value)
        if kind == "word":
            return self.word(value)
        fail(f"something is missing before {value!a:.20}")
        raise AssertionError

    def number(self, text: str) -> Node:
        """A number, with the fraction of a mixed number behind it."""
        value = decimal(text)
        kind, following = self.peek()
        if kind == "cmd" and following == "frac" and isinstance(value, int):
            mark = self.position
            self.position += 1
            fraction = self.command("frac")
            part = proper_fraction(fraction)
            if part is not None:
                return num(decimal(text) + part)
            self.position = mark
        elif kind == "num" and self.peek(1) == ("op", "/") and self.peek(2)[0] == "num" and isinstance(value, int):
            part = proper_fraction(Node("div", (num(decimal(following)), num(decimal(self.peek(2)[1])))))
            if part is not None:
                self.position += 3
                return num(value + part)
        return num(value)

    def word(self, text: str) -> Node:
        """A word where a value stands: a letter, a currency, a number word."""
        if len(text) == 1 and text.isalpha():
            return sym(text)
        if text in ("$", "€", "£"):
            self.units.append(text)
            self.enter()
            node = self.factor()
            self.depth -= 1
            return node
        if text.lower() in words.NUMBER_WORDS and self.peek()[0] in ("end of text", "sep", "rbrace"):
            return num(words.NUMBER_WORDS[text.lower()])
        message = f"the word {text!a:.40}"
        raise UnreadableError(message)

    def group(self) -> Node:
        """A brace group: one value, or with commas a set."""
        self.expect("lbrace")
        self.enter()
        bars, self.bars = self.bars, 0
        if self.accept("rbrace"):
            self.depth -= 1
            self.bars = bars
            return fail("an empty group")
        node = self.statement()
        self.expect("rbrace")
        self.bars = bars
        self.depth -= 1
        return Node("set", node.args) if node.head == "list" else node

    def argument(self) -> Node:
        """A command's argument: a group, or one digit, symbol or command."""
        kind, value = self.peek()
        if kind == "lbrace":
            return self.group()
        self.enter()
        if kind == "num":
            first, rest = value[0], value[1:]
            if not first.isdigit() or "." in value:
                fail("a fraction without braces around its parts")
            if rest:
                self.tokens[self.position] = ("num", rest)
            else:
                self.position += 1
            node = num(int(first))
        else:
            node = self.atom()
        self.depth -= 1
        return node

    def command(self, name: str) -> Node:
        """A fraction, a binomial or a root."""
        self.enter()
        if name == "frac":
            top = self.argument()
            node = Node("div", (top, self.argument()))
        elif name == "binom":
            top = self.argument()
            node = fun("binom", top, self.argument())
        else:
            index = None
            if self.accept("open", "["):
                index = self.sum()
                self.expect("close", "]")
            radicand = self.group() if self.peek()[0] == "lbrace" else self.atom()
            node = Node("pow", (radicand, HALF if index is None else reciprocal(index)))
        self.depth -= 1
        return node

    def function(self, name: str) -> Node:
        r"""A function's power, base and argument: `\sin^2 x`, `\log_2 8`, `\ln(x+1)`."""
        self.enter()
        power: Node | None = None
        base: Node | None = None
        while self.peek() in (("op", "^"), ("op", "_")):
            operator = self.peek()[1]
            self.position += 1
            if operator == "^":
                power = self.exponent()
            else:
                base = self.argument_of_base()
        if power == MINUS_ONE and name in words.INVERSES:
            name, power = words.INVERSES[name], None
        self.in_function += 1
        arguments = self.function_arguments()
        self.in_function -= 1
        self.depth -= 1
        if name == "lg":
            name, base = "ln", num(10)
        if base is not None and name == "ln":
            node = Node("div", (fun("ln", *arguments), fun("ln", base)))
        elif base is not None:
            node = fun(f"{name}_{base}", *arguments)
        elif name == "exp":
            node = Node("pow", (sym("e"), arguments[0]))
        else:
            node = fun(name, *arguments)
        return node if power is None else Node("pow", (node, power))

    def argument_of_base(self) -> Node:
        """A logarithm's base."""
        return self.group() if self.peek()[0] == "lbrace" else self.atom()

    def function_arguments(self) -> tuple[Node, ...]:
        """A function's arguments: one bracket, or the factors that follow."""
        if self.accept("open", "("):
            inner = self.bracket("(")
            return inner.args if inner.head == "tuple" else (inner,)
        factors: list[Node] = []
        if self.accept("op", "-"):
            factors.append(MINUS_ONE)
        while self.peek()[0] in ("num", "sym", "cmd", "lbrace", "mark", "repeat") or (
            not factors and self.peek()[0] in ("fun", "bar", "open") and not (self.peek()[0] == "bar" and self.bars)
        ):
            factors.append(self.factor())
        if not factors or factors == [MINUS_ONE]:
            fail("a function without an argument")
        return (factors[0] if len(factors) == 1 else Node("mul", tuple(factors)),)

    def absolute(self, bar: str) -> Node:
        """An absolute value between bars."""
        self.enter()
        bars, self.bars = self.bars, 1
        node = self.sum()
        self.bars = bars
        self.expect("bar", bar)
        self.depth -= 1
        return fun("abs", node)

    def marked(self, mark: str) -> Node:
        """A name under a mark, such as a vector's arrow."""
        node = self.argument()
        if node.head == "sym":
            return sym(f"{mark} {node.value}")
        return fun(mark, node)

    def bracket(self, opener: str) -> Node:
        """What an opening bracket begins: a group, a tuple, an interval, a set, a floor."""
        self.enter()
        bars, self.bars = self.bars, 0
        items: list[Node] = []
        if self.peek()[0] != "close":
            items.append(self.relation())
            while self.accept_separator():
                items.append(self.relation())
        kind, closer = self.peek()
        if kind != "close":
            fail(f"a bracket {opener!a} is not closed")
        self.position += 1
        self.bars = bars
        self.depth -= 1
        return bracketed(opener, items, closer)

    def matrix(self, name: str) -> Node:
        """The rows of a matrix."""
        if name not in _MATRICES:
            fail(f"the environment {name!a:.20}")
        self.enter()
        rows: list[Node] = []
        cells: list[Node] = []
        while True:
            if self.accept("end", name):
                break
            cells.append(self.sum())
            if self.accept("amp"):
                continue
            if self.accept("row") or self.peek() == ("end", name):
                rows.append(Node("list", tuple(cells)))
                cells = []
            else:
                fail("a matrix is not closed")
        self.depth -= 1
        if cells or not rows or len({len(row.args) for row in rows}) > 1:
            fail("the rows of a matrix differ in length")
        node = Node("matrix", tuple(rows))
        return fun("det", node) if name == "vmatrix" else node
