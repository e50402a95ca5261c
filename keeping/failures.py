"""How a procedure says that it will not, or could not."""


class Refusal(Exception):
    """Nothing was done, or the next run takes up what was; the message says why, and what helps."""
