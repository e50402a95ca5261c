"""What a company, an account and a contact must be to be written: forms and services ask the same
questions.

Each takes what was typed and returns the cleaned values, or raises ValidationError by field.
Whether another row stands in the way is asked here too (`exclude`: the row that is being changed;
a row that the same form made, by its `form_key`, is no other: the service answers such a repeat).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.utils.html import format_html
from django.utils.translation import gettext as _

from counterparties import requisites, selectors
from counterparties.models import CURRENCIES, BankAccount, Company, CompanyKind

NAME_LENGTH = 160  # of field 8 or 16 of a payment order


def clean_company(fields: Mapping[str, Any], *, exclude: Company | None = None) -> dict[str, str]:
    """kind, name, full_name (the name when empty), inn, kpp, ogrn, legal_address."""
    errors = _Errors()
    kind = errors.value("kind", lambda: _one_of(fields.get("kind"), CompanyKind.values))
    cleaned = {
        "kind": kind,
        "name": errors.value("name", lambda: _text(fields.get("name"), NAME_LENGTH, required=True)),
        "full_name": errors.value("full_name", lambda: _text(fields.get("full_name"), 500)),
        "legal_address": errors.value(
            "legal_address", lambda: _text(fields.get("legal_address"), 500)
        ),
    }
    cleaned["full_name"] = cleaned["full_name"] or cleaned["name"]
    typed = {name: str(fields.get(name) or "") for name in ("inn", "kpp", "ogrn")}
    if kind:
        cleaned |= {
            "inn": errors.value("inn", lambda: requisites.clean_inn(typed["inn"], kind)),
            "kpp": errors.value("kpp", lambda: requisites.clean_kpp(typed["kpp"], kind)),
            "ogrn": errors.value("ogrn", lambda: requisites.clean_ogrn(typed["ogrn"], kind)),
        }
    if not errors and exclude is not None and kind != exclude.kind:
        refuse_misfit_accounts(exclude, kind)
    if not errors:
        refuse_same_company(
            cleaned["inn"],
            cleaned["kpp"],
            exclude=exclude,
            form_key=fields.get("form_key"),
        )
    errors.raise_if_any()
    return cleaned


def refuse_same_company(
    inn: str, kpp: str, *, exclude: Company | None = None, form_key: UUID | None = None
) -> None:
    """One company per INN + KPP; the error links the one that exists."""
    company = selectors.company_with(inn=inn, kpp=kpp, exclude=exclude)
    if company is None or (form_key is not None and company.form_key == form_key):
        return
    link = format_html('<a href="{}">{}</a>', company.get_absolute_url(), company.name)
    if kpp:
        # The Russian words name both numbers, the English ones need not.
        # xgettext: no-python-brace-format
        text = _("A counterparty with this INN and KPP exists: {link}.")
    else:
        # xgettext: no-python-brace-format
        text = _("A counterparty with this INN exists: {link}.")
    message = format_html(text, inn=inn, kpp=kpp, link=link)
    raise ValidationError({"inn": ValidationError(message, code="exists")})


def refuse_misfit_accounts(company: Company, kind: str) -> None:
    """A company does not become of another kind while an account in use would not pass there."""
    for account in selectors.accounts_of(company):
        try:
            _clean_bank_details(vars(account), kind)
        except ValidationError as error:
            message = _("Account {account} does not fit this kind: replace it first.").format(
                account=f"…{account.last4}"
            )
            raise ValidationError({"kind": ValidationError(message, code="accounts")}) from error


def clean_account(
    fields: Mapping[str, Any], *, company: Company, replaces: BankAccount | None = None
) -> dict[str, str]:
    """bik, bank_name, correspondent_account, number, currency, by the company's kind."""
    cleaned = _clean_bank_details(fields, company.kind)
    refuse_same_account(
        cleaned["bik"],
        cleaned["number"],
        company=company,
        replaces=replaces,
        form_key=fields.get("form_key"),
    )
    return cleaned


def _clean_bank_details(fields: Mapping[str, Any], kind: str) -> dict[str, str]:
    errors = _Errors()
    typed = {
        name: str(fields.get(name) or "") for name in ("bik", "correspondent_account", "number")
    }
    currency = errors.value(
        "currency",
        lambda: _one_of(fields.get("currency") or "RUB", [code for code, _name in CURRENCIES]),
    )
    bik = errors.value("bik", lambda: requisites.clean_bik(typed["bik"], kind))
    bank = selectors.active_bank(bik) if bik else None
    cleaned = {
        "bik": bik,
        "bank_name": errors.value(
            "bank_name", lambda: _text(fields.get("bank_name"), 200, required=True)
        ),
        "correspondent_account": errors.value(
            "correspondent_account",
            lambda: requisites.clean_correspondent_account(
                typed["correspondent_account"],
                bik,
                kind,
                listed=bank.correspondent_accounts if bank else None,
            ),
        ),
        "number": errors.value(
            "number",
            lambda: requisites.clean_account_number(
                typed["number"], bik, currency, kind, listed=bank.accounts if bank else ()
            ),
        ),
        "currency": currency,
    }
    errors.raise_if_any()
    return cleaned


def refuse_same_account(
    bik: str,
    number: str,
    *,
    company: Company,
    replaces: BankAccount | None = None,
    form_key: UUID | None = None,
) -> None:
    """A number in a bank stands once; the Treasury's are shared, so once under one company."""
    account = selectors.account_with(bik=bik, number=number, company=company, replaces=replaces)
    if account is not None and (form_key is None or account.form_key != form_key):
        message = _("This account already stands under {company}.").format(
            company=account.company.name
        )
        raise ValidationError({"number": ValidationError(message, code="exists")})


def clean_contact(fields: Mapping[str, Any]) -> dict[str, str]:
    """full_name, position, email (may be empty), phone, language."""
    errors = _Errors()
    languages = [code for code, _name in settings.LANGUAGES]
    cleaned = {
        "full_name": errors.value(
            "full_name", lambda: _text(fields.get("full_name"), 200, required=True)
        ),
        "position": errors.value("position", lambda: _text(fields.get("position"), 200)),
        "email": errors.value("email", lambda: _email(fields.get("email"))),
        "phone": errors.value("phone", lambda: _text(fields.get("phone"), 40)),
        "language": errors.value(
            "language", lambda: _one_of(fields.get("language") or "ru", languages)
        ),
    }
    errors.raise_if_any()
    return cleaned


class _Errors(dict[str, ValidationError]):
    """Collects what each field's check raises, so that all reasons are shown at once."""

    def value(self, field: str, clean: Callable[[], str]) -> str:
        try:
            return clean()
        except ValidationError as error:
            self[field] = error
            return ""

    def raise_if_any(self) -> None:
        if self:
            raise ValidationError(dict(self))


def _text(value: Any, max_length: int, *, required: bool = False) -> str:
    """One line: runs of white space become a space."""
    text = " ".join(str(value or "").split())
    if required and not text:
        raise ValidationError(_("This field is required."), code="required")
    MaxLengthValidator(max_length)(text)
    return text


def _email(value: Any) -> str:
    text = _text(value, 254)
    if text:
        validate_email(text)
    return text


def _one_of(value: Any, choices: list[str]) -> str:
    if value not in choices:
        raise ValidationError(
            _("Select a valid choice. %(value)s is not one of the available choices."),
            code="invalid_choice",
            params={"value": value},
        )
    return str(value)
