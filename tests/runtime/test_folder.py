"""The state folder: whose it is, and for how long."""

import json
import stat

import pytest

from uploads.runtime.folder import STATE_FILE, AlreadyRunning, StateFolder


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o755, 0o700), (0o700, 0o700), (0o1777, 0o1777)],
    ids=["readable by others", "private", "shared by all, like /tmp"],
)
def test_a_folder_of_ours_is_closed_to_others_and_a_shared_one_is_left_alone(tmp_path, before, after):
    folder = StateFolder(tmp_path / "var")
    folder.path.mkdir()
    folder.path.chmod(before)

    folder.take()

    assert stat.S_IMODE(folder.path.stat().st_mode) == after
    folder.release()


def test_it_belongs_to_one_until_released(tmp_path):
    first, second = StateFolder(tmp_path), StateFolder(tmp_path)
    first.take()

    with pytest.raises(AlreadyRunning, match="Stop it first"):
        second.take()

    first.release()
    second.take()
    second.release()


def test_what_runs_is_published_until_released(tmp_path):
    folder = StateFolder(tmp_path)
    folder.take()

    folder.publish({"pid": 1})
    folder.publish({"pid": 2})

    assert json.loads((tmp_path / STATE_FILE).read_text()) == {"pid": 2}
    folder.release()
    assert not (tmp_path / STATE_FILE).exists()
