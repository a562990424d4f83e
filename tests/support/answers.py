"""What a page answered."""


def text_of(answer) -> str:
    """The page, which must have been found."""
    assert answer.status_code == 200
    return answer.content.decode()
