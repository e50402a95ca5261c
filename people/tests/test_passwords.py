"""Which passwords are refused, and which are nobody's business."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from people.models import User
from people.passwords import predictable

OLGA = User(username="olga.kim", full_name="Ольга Ким", email="olga@listbereg.example")


@pytest.mark.parametrize(
    "password",
    [
        "short one 7",
        "password1234",
        "Signoff20262026",
        "Пароль123456",
        "gfhjkm123456",
        "qwerty123456",
        "йцукен123456",
        "бухгалтерия2026",
        "listbereg2026!",
        "olga.kim.2026",
        "111111111111",
        "121212121212",
        "aaaaaaaaaaaaa",
    ],
)
def test_what_anybody_here_could_guess_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, OLGA)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "дождь в понедельник утром",
        "wTq8-zPm4-Lk2v",
        "739150284612",
        "\u00e9t\u00e9 \U0001f341 на даче",
        "x" * 20 + "длинная фраза " * 20,
    ],
)
def test_any_other_composition_and_length_is_good(password: str) -> None:
    validate_password(password, OLGA)


def test_words_of_the_firm_may_be_part_of_a_phrase() -> None:
    assert not predictable("бухгалтерия закрывает квартал под гитару")


def test_passwords_are_kept_by_argon2(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

    assert make_password("correct horse battery staple").startswith("argon2$argon2id$")
