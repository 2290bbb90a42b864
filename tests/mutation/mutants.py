"""The mutants of a module: mutmut's changes, also in decorated functions and nested classes.

``mutmut run`` leaves out every function with a decorator, which are all handlers, and methods of
nested classes, which are all events. It needs to copy functions; here a mutant is a whole file.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_PROTOCOL: Final = m.Arg(m.Name("Protocol") | m.Subscript(m.Name("Protocol")))
_LEFT_OUT: Final[dict[type[cst.CSTNode], m.BaseMatcherNode]] = {
    cst.Annotation: m.Annotation(),
    cst.AnnAssign: m.AnnAssign(annotation=m.Annotation(m.Name("TypeAlias"))),
    cst.Assign: m.Assign(value=m.Call(m.Name("TypeVar")))
    | m.Assign([m.AssignTarget(m.Name("message") | m.Name("TOPIC"))]),
    cst.Call: m.Call(m.Attribute(m.Name("_log") | m.Name("_faults"))),
    cst.ClassDef: m.ClassDef(bases=[m.ZeroOrMore(), _PROTOCOL, m.ZeroOrMore()]),
    cst.Decorator: m.Decorator(m.Call(m.Name("dataclass"))),
    cst.Expr: m.Expr(m.SimpleString() | m.Ellipsis()),
    cst.If: m.If(test=m.Name("TYPE_CHECKING")),
    cst.Import: m.Import(),
    cst.ImportFrom: m.ImportFrom(),
}
"""What no test should pin: types, docstrings, imports, log lines and messages, dataclasses.

Golden files pin the topics, in the tests of the event store.
"""
_TEXT: Final = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)
_SPACE: Final = (cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Comma, cst.AssignEqual)
_STATEMENTS: Final = (cst.BaseCompoundStatement, cst.SimpleStatementLine)


@dataclass(frozen=True, slots=True)
class Mutant:
    """``number`` counts the mutants of the file; ``lines`` are those of the changed statement."""

    path: str
    number: int
    lines: range
    before: str
    after: str

    @property
    def id(self) -> str:
        return f"{self.path}:{self.lines.start} #{self.number}"


class MutatedModule:
    """``mutants`` are all mutants of a file; ``source_of`` returns the changed file."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self._source = (root / path).read_text("utf-8")
        wrapper = MetadataWrapper(cst.parse_module(self._source), unsafe_skip_copy=True)
        self._module = wrapper.module
        self._changes = list(_Changes.of(wrapper))

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self._source.encode()).hexdigest()[:16]

    @cached_property
    def mutants(self) -> list[Mutant]:
        return [
            Mutant(self.path, number, change.lines, _code(change.node), _code(change.mutated))
            for number, change in enumerate(self._changes)
        ]

    def source_of(self, mutant: Mutant) -> str:
        change = self._changes[mutant.number]
        changed = self._module.deep_replace(change.node, change.mutated)
        assert isinstance(changed, cst.Module)
        return changed.code


@dataclass(frozen=True, slots=True)
class _Change:
    node: cst.CSTNode
    mutated: cst.CSTNode
    lines: range


class _Changes(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Change] = []
        self._statements: list[cst.CSTNode] = []
        self._raising = 0

    @classmethod
    def of(cls, wrapper: MetadataWrapper) -> Iterator[_Change]:
        visitor = cls()
        wrapper.visit(visitor)
        yield from visitor.found

    def on_visit(self, node: cst.CSTNode) -> bool:
        left_out = _LEFT_OUT.get(type(node))
        if isinstance(node, _SPACE) or (left_out is not None and m.matches(node, left_out)):
            return False
        if self._raising and isinstance(node, _TEXT):
            return False  # the words of a message
        self._raising += isinstance(node, cst.Raise)
        if isinstance(node, _STATEMENTS):
            self._statements.append(node)
        for kind, operator in mutation_operators:
            if isinstance(node, kind) and not (self._raising and isinstance(node, cst.Call)):
                self.found += [_Change(node, mutated, self._lines(node)) for mutated in operator(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._raising -= isinstance(original_node, cst.Raise)
        if self._statements and original_node is self._statements[-1]:
            self._statements.pop()

    def _lines(self, node: cst.CSTNode) -> range:
        """Return the lines from the start of the statement to the end of the node."""
        places = [self.get_metadata(PositionProvider, each, None) for each in (*self._statements[-1:], node)]
        known = [place for place in places if place is not None]
        return range(min(place.start.line for place in known), known[-1].end.line + 1)


def _code(node: cst.CSTNode) -> str:
    return " ".join(cst.Module([]).code_for_node(node).split())
