"""Journal of a backfill: what earlier runs have read, and what they could not."""

from pathlib import Path

from billing_exporter.history.journal import Entry, Journal


def test_what_earlier_runs_could_not_read_is_known(tmp_path: Path) -> None:
    """A later run knows whom it need not read, and what of them is missing for good."""
    file = tmp_path / "partial"
    whole = Entry("a", "acme", ())
    lacking = Entry("b", "acme", (), skipped=("billing period 1 of b: 404",))
    refused = Entry("c", "acme", (), forbidden=("Customer",))
    first = Journal(file, "all", 7)
    for entry in (whole, lacking, refused):
        first.add(entry)
    assert first.before == []
    again = Journal(file, "all", 8)
    assert (again.known, again.until) == ({"a", "b", "c"}, 7)
    assert again.before == [lacking, refused]
    assert Journal(file, "other", 8).before == []


def test_a_file_of_a_version_before_is_read(tmp_path: Path) -> None:
    """Entries without what is missing are whole."""
    file = tmp_path / "partial"
    file.write_text('{"purpose":"all","until":7}\n["a","acme",[]]\n')
    journal = Journal(file, "all", 8)
    assert (journal.known, journal.before) == ({"a"}, [])
