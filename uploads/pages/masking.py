"""Values of rows for eyes that need their shape only: what kind of value it is, not whose."""

MASK = "•"
#: Characters; what follows tells a reader nothing more.
LONGEST = 40


def masked(value: str) -> str:
    """The value with its beginning in clear and every other letter and digit masked; signs between them stay.

    In clear is a quarter of it, two characters at the most.
    """
    clear = min(2, len(value) // 4)
    shown = value[:LONGEST]
    hidden = "".join(MASK if character.isalnum() else character for character in shown[clear:])
    return shown[:clear] + hidden + ("…" if len(value) > LONGEST else "")
