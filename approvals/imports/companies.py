"""Rows of counterparties: judged by the forms of their cards, found again by INN and KPP."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from approvals.imports.fates import NEW, Fate, decided
from approvals.imports.reading import Row
from approvals.services.companies import update_company
from counterparties import services
from counterparties.forms import CompanyForm, ContactForm, FirstAccountForm, filled_in
from counterparties.models import Company, CompanyKind
from counterparties.selectors import accounts_of, company_with, contacts_of, look_up_bank
from people.models import User
from people.search import normalise

KIND_WORDS = {
    CompanyKind.ORGANISATION: ("организация", "юрлицо", "organisation", "organization"),
    CompanyKind.SOLE_PROPRIETOR: ("ип", "предприниматель", "sole proprietor"),
    CompanyKind.INDIVIDUAL: ("физлицо", "физическое лицо", "individual"),
    CompanyKind.STATE_BODY: ("госорган", "казначейство", "state body"),
    CompanyKind.FOREIGN: ("иностранная", "иностранная компания", "foreign", "foreign company"),
}
ACCOUNT = ("bik", "bank_name", "correspondent_account", "number")
# The contact's column -> the field of its form.
CONTACT = {
    "contact_name": "full_name",
    "contact_position": "position",
    "contact_email": "email",
    "contact_phone": "phone",
}


def judge(rows: list[Row], actor: User) -> list[Fate]:
    """The fate of each row, in the order of the file; a few queries a row."""
    companies: set[tuple[str, str, str]] = set()
    accounts: set[tuple[str, str]] = set()
    return [_fate(row, companies, accounts) for row in rows]


def _fate(row: Row, companies: set[tuple[str, str, str]], accounts: set[tuple[str, str]]) -> Fate:
    cells, faults = row.cells, dict(row.faults)
    fate = Fate(row.number, NEW, cells["name"] or cells["inn"] or "—", faults=faults)
    kind = _kind(cells, faults)
    bare = {name: "".join(cells.get(name, "").split()) for name in ("inn", "kpp")}
    fate.subtitle = " / ".join(filter(None, bare.values()))
    company = company_with(inn=bare["inn"], kpp=bare["kpp"])
    if company is None and not bare["inn"] and _same_name(cells["name"]):
        faults.setdefault("name", _("A counterparty of this name exists, and there is no INN."))
    wanted = {name: cells[name] for name in services.COMPANY_FIELDS if cells.get(name)}
    wanted["kind"] = company.kind if company and not cells.get("kind") else kind
    if company is not None:
        fate.pk = company.pk
        if company.is_own:
            faults.setdefault("inn", _("This is our own organisation: change it on its card."))
        before = {name: getattr(company, name) for name in services.COMPANY_FIELDS}
        if "name" in wanted and wanted["name"] != company.name and not cells.get("full_name"):
            before["full_name"] = company.full_name
        wanted = {**before, **wanted}
    form = CompanyForm(wanted, company=company)
    cleaned = _cleaned(form, faults, {})
    key = (bare["inn"], bare["kpp"], "" if bare["inn"] else normalise(cells["name"]))
    if key in companies:
        faults.setdefault("inn" if bare["inn"] else "name", _("Twice in this file."))
    companies.add(key)
    fate.fields["company"] = cleaned
    if company is not None and cleaned:
        fate.changes = {
            name: [str(before[name] or "—"), str(cleaned[name])]
            for name in services.COMPANY_FIELDS
            if cleaned[name] != before[name]
        }
    _account(cells, wanted["kind"], company, accounts, fate)
    _contact(cells, company, fate)
    return decided(fate)


def _account(
    cells: dict[str, str],
    kind: str,
    company: Company | None,
    accounts: set[tuple[str, str]],
    fate: Fate,
) -> None:
    typed = {name: cells.get(name, "") for name in ACCOUNT}
    if not any(typed.values()):
        return
    number, bik = ("".join(typed[name].split()) for name in ("number", "bik"))
    if company is not None and accounts_of(company).filter(bik=bik, number=number).exists():
        return
    # The bank of a BIK that the directory knows need not be typed.
    typed |= filled_in(typed, look_up_bank(typed["bik"]), before=None, overwrite=False)
    form = FirstAccountForm(typed, kind=kind)
    cleaned = _cleaned(form, fate.faults, {})
    if (bik, number) in accounts:
        fate.faults.setdefault("number", _("Twice in this file."))
    accounts.add((bik, number))
    if cleaned and company is not None:
        fate.changes["number"] = ["—", cleaned["number"]]
    fate.fields["account"] = cleaned


def _contact(cells: dict[str, str], company: Company | None, fate: Fate) -> None:
    typed = {field: cells.get(name, "") for name, field in CONTACT.items()}
    if not any(typed.values()):
        return
    form = ContactForm({**typed, "language": "ru"})
    columns = {field: name for name, field in CONTACT.items()}
    cleaned = _cleaned(form, fate.faults, columns)
    if cleaned and company is not None:
        theirs = contacts_of(company).values_list("email", "full_name")
        name = (cleaned["full_name"] or "").casefold()
        same = {
            True
            for email, full_name in theirs
            if (cleaned["email"] and email.casefold() == cleaned["email"].casefold())
            or full_name.casefold() == name
        }
        if same:
            return
        fate.changes["contact_name"] = ["—", cleaned["full_name"]]
    fate.fields["contact"] = cleaned


def _kind(cells: dict[str, str], faults: dict[str, str]) -> str:
    """As it is written, or as the INN says: twelve digits are a person's, most often a proprietor's."""
    if text := normalise(cells.get("kind", "")):
        for kind, words in KIND_WORDS.items():
            if text in (kind.value, *words, normalise(str(kind.label))):
                return kind.value
        faults.setdefault("kind", _("No such kind of counterparty."))
    is_person = len("".join(cells.get("inn", "").split())) == 12
    return (CompanyKind.SOLE_PROPRIETOR if is_person else CompanyKind.ORGANISATION).value


def _same_name(name: str) -> bool:
    return bool(name) and Company.objects.filter(inn="", name=name).exists()


def _cleaned(form: Any, faults: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    """What the form made of it; its reasons go to the columns."""
    if form.is_valid():
        fields = dict(form.cleaned_data)
        fields.pop("form_key", None)
        return fields
    for name, reasons in form.errors.items():
        text = " ".join(str(reason) for reason in reasons)
        faults.setdefault(columns.get(name, name), text)
    return {}


def apply(fates: list[Fate], *, actor: User, invite: bool) -> None:
    """Do what was shown, by the services of the cards. Within the caller's transaction."""
    for fate in fates:
        if fate.pk is None:
            pk = services.create_company(actor=actor, **fate.fields["company"]).pk
        else:
            pk = fate.pk
            if fate.changes.keys() & set(services.COMPANY_FIELDS):
                update_company(company_id=pk, actor=actor, **fate.fields["company"])
        if account := fate.fields.get("account"):
            services.add_account(company_id=pk, actor=actor, **account)
        if contact := fate.fields.get("contact"):
            services.add_contact(company_id=pk, actor=actor, **contact)
