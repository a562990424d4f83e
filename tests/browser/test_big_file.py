"""A big file from the browser to the sandbox. It comes last: what others ask the sandbox for stays small."""

import psutil
import pytest

from tests.support.big_file import expected_profiles, write_big_file
from tests.support.sandbox import profiles_at
from tests.support.waiting import eventually
from tests.support.walking import send

pytestmark = [pytest.mark.browser, pytest.mark.processes]

#: What the web process may use at the most while a big file goes through it.
WEB_MEMORY = 200_000_000


def test_half_a_million_rows_arrive_byte_for_byte_in_little_memory(sign_in, upload, page, stack, tmp_path):
    path = tmp_path / "big.csv"
    write_big_file(path, rows=500_000)
    assert path.stat().st_size > 45_000_000
    web = psutil.Process(stack.pid("web"))
    most = [web.memory_info().rss]

    def look():
        most.append(web.memory_info().rss)
        return page.locator("#live").get_attribute("data-state")

    sign_in("uploader")
    page.on("request", lambda _request: most.append(web.memory_info().rss))
    number = upload(path)
    eventually(lambda: look() == "ready", "half a million rows are checked", seconds=180)
    send(page)
    eventually(lambda: look() == "complete", "half a million rows are delivered", seconds=240)
    assert max(most) < WEB_MEMORY
    arrived = profiles_at(stack.sandbox_url)
    assert all(arrived.pop(key) == values for key, values in expected_profiles(500_000))
    assert not [key for key in arrived if key.startswith("big-")]
    assert number
