"""docs/tour.md: all eight screens in their order, each with a picture that is there."""

import re

from tests.support.tour import PICTURES

TOUR = (PICTURES.parent / "tour.md").read_text(encoding="utf-8")
SCREENS = ["Home", "Upload", "Read back", "Check", "Review", "Confirm", "Delivery and result", "History"]
#: What a page with all of them may reasonably weigh.
MOST_BYTES = 150_000


def test_it_shows_the_eight_screens_in_order_and_each_with_a_picture():
    screens = re.split(r"^## ", TOUR, flags=re.MULTILINE)[1:]
    titles = [f"{number}. {screen}" for number, screen in enumerate(SCREENS, 1)]
    assert [screen.splitlines()[0] for screen in screens] == titles
    assert all(f"](tour/{number}-" in screen for number, screen in enumerate(screens, 1))


def test_it_names_every_picture_and_every_one_is_there_and_light():
    pictures = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert set(re.findall(r"\]\(tour/([^)]+)\)", TOUR)) == set(pictures)
    assert not {name: size for name, size in pictures.items() if size > MOST_BYTES}
