"""A copy of everything on this machine says what is not in it."""

from django.core.management import call_command


def test_a_copy_says_that_the_files_in_a_bucket_are_not_in_it(transactional_db, bucket, tmp_path, capsys):
    call_command("backup", tmp_path / "copies-of-all")
    said = capsys.readouterr().out
    assert said.startswith("Copied to ")
    assert "The bucket's files are not in it" in said
