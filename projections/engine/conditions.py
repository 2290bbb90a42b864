"""Which rows are asked for, of all that a query could ask."""


def all_of(*tests: tuple[str, object]) -> tuple[str, list[object]]:
    """Return the condition that all tests hold, and its values: of those whose value is given, for None asks for nothing.

    Each test is SQL with one placeholder. ``>`` of a bookmark's two columns has two: there the value is a tuple.
    """
    given = [(test, value) for test, value in tests if value is not None]
    values: list[object] = []
    for _, value in given:
        values += value if isinstance(value, tuple) else (value,)
    return " and ".join(test for test, _ in given), values
