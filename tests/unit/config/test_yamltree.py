"""YAML text in, a tree with lines or reported flaws out."""

import pytest

from billing_exporter.config.yamltree import Mapping, Node, Scalar, Sequence, parse


def read(text: str) -> tuple[Node | None, list[tuple[int, str, str]]]:
    """Return the tree of a text and what was reported."""
    reported: list[tuple[int, str, str]] = []
    tree = parse(text, lambda *report: reported.append(report))
    return tree, reported


def only_message(text: str) -> str:
    """Return the message of a text that cannot be read and has one flaw."""
    tree, [(_, _, message)] = read(text)
    assert tree is None
    return message


def test_every_node_knows_its_line() -> None:
    """Mappings, keys, lists and values carry the line where they begin."""
    tree, reported = read("a: 1\nb:\n  - x\n  - {c: 'no'}\n")
    assert reported == []
    assert tree == Mapping(
        1,
        {"a": 1, "b": 2},
        {
            "a": Scalar(1, "a number", "1"),
            "b": Sequence(
                3,
                (
                    Scalar(3, "text", "x"),
                    Mapping(4, {"c": 4}, {"c": Scalar(4, "text", "no")}),
                ),
            ),
        },
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("no", "true/false"),
        ("0x1F", "a number"),
        ("1:30", "a number"),
        ("1.5", "a number"),
        ("2026-01-01", "a date"),
        ("~", "nothing"),
        ("", "nothing"),
        ("=", "text"),
        ("'123'", "text"),
        ("a b", "text"),
    ],
)
def test_scalars_are_what_yaml_takes_them_for(text: str, what: str) -> None:
    """A plain value is what YAML 1.1 makes of it, and a quoted one is text."""
    tree, _ = read(f"a: {text}")
    assert isinstance(tree, Mapping)
    assert tree.entries["a"].what == what


def test_an_alias_is_its_anchor() -> None:
    """An alias stands for the same node, with the lines of the anchor."""
    tree, reported = read("a: &x [1]\nb: *x\n")
    assert reported == []
    assert isinstance(tree, Mapping)
    assert tree.entries["b"] is tree.entries["a"]


def test_aliases_cannot_multiply_without_bound() -> None:
    """A file of nine lines that would grow to a billion values is refused at once."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        aliases = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    assert only_message("\n".join(lines)).startswith("more than 200000 values")


def test_an_alias_within_its_own_anchor_is_refused() -> None:
    """A tree cannot contain itself."""
    assert "none is defined before" in only_message("&a [*a]")


@pytest.mark.parametrize("text", ["[" * 100, "{a: " * 100, "- " * 100, "[" * 100_000])
def test_depth_is_bounded(text: str) -> None:
    """Nesting beyond twenty levels is refused before it can exhaust the stack."""
    assert only_message(text) == "nested deeper than 20 levels"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"\\UFFFFFFFF"', "not valid YAML: a number in an escape or directive is out of range"),
        ("a: \x00", "a character that YAML does not allow"),
        ("? [a]\n: b", "a mapping: a key must be a word"),
        ("a: [1, 2", "column 4: the comma or the closing bracket is missing"),
        ("- a\nb: c", "column 1: this does not line up with what stands before: check indentation"),
        (
            "a\nb: c",
            "column 2: a `key: value` cannot stand here: check the indentation, or use quotes",
        ),
        (
            "%YAML 9.9\n---\na",
            "column 1: not valid YAML here: check indentation, quotes and colons",
        ),
        ("a: @b", "column 4: no value can begin with this character: use quotes, and no tabs"),
        ("a: b\nc\nd: e", "column 1: expected `key: value`, with a space after the colon"),
        ("# only a comment", "the file is empty: see the reference for an example"),
    ],
)
def test_flaws_are_named_in_plain_words(text: str, message: str) -> None:
    """What the parser cannot read is said in own words, which quote nothing of the text."""
    assert only_message(text) == message
