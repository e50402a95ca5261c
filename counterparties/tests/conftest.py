"""People and companies that the tests here start from."""

from __future__ import annotations

from typing import Any

import pytest

from counterparties import services
from counterparties.models import Company
from people.models import User

ROMASHKA: dict[str, Any] = {
    "kind": "organisation",
    "name": "ООО «Ромашка»",
    "inn": "7707083893",
    "kpp": "773601001",
    "ogrn": "1027700132195",
    "legal_address": "117312, Москва, ул. Вавилова, д. 19",
}
ACCOUNT: dict[str, Any] = {
    "bik": "044525225",
    "bank_name": "ПАО Сбербанк, г. Москва",
    "correspondent_account": "30101810400000000225",
    "number": "40702810938120061991",
    "currency": "RUB",
}
TREASURY_ACCOUNT: dict[str, Any] = {
    "bik": "017003983",
    "bank_name": "Казначейство России",
    "correspondent_account": "40102810445370000059",
    "number": "03100643000000018500",
    "currency": "RUB",
}
CONTACT: dict[str, Any] = {
    "full_name": "Орлова Мария Сергеевна",
    "position": "главный бухгалтер",
    "email": "orlova@example.org",
    "phone": "+7 495 000-00-00",
    "language": "ru",
}


@pytest.fixture
def manager(db) -> User:
    return User.objects.create_user("manager", full_name="Кравцова Анна", is_manager=True)


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_user("admin", full_name="Админ", is_administrator=True)


@pytest.fixture
def company(manager) -> Company:
    return services.create_company(actor=manager, **ROMASHKA)


@pytest.fixture
def own(administrator) -> Company:
    return services.create_company(
        actor=administrator,
        is_own=True,
        kind="organisation",
        name="АО «Плательщик»",
        inn="7736207543",
        kpp="770401001",
    )
