"""Every page, and who looks at it: the table that tests/test_matrix_browser.py goes through."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.urls import resolve


@dataclass(frozen=True)
class Sight:
    """A page as somebody sees it; `username` "" has no log-in. `{draft}` and the like: see the test's `keys`.

    press: a selector of what is pressed on it; awaited: what has to be there then.
    fill: fields by their names, filled in before.
    """

    username: str
    path: str
    status: int = 200
    fill: tuple[tuple[str, str], ...] = ()
    press: str = ""
    awaited: str = ""
    language: str = ""  # of the page, whoever looks

    def view_name(self) -> str:
        """The name of its address, as tests/test_access.py has it."""
        return resolve(self.path.split("?")[0].format_map(defaultdict(lambda: "1"))).view_name


def _looked_up(inn: str) -> Sight:
    fields = (("inn", inn), ("name", "Другое имя"))
    return Sight("manager", "/companies/new/", 200, fields, "[data-lookup]", "#lookup > *")


SUBMIT = 'button[name=action]:not([aria-hidden])[value="submit"]'

SIGHTS = {
    "login": Sight("", "/login/"),
    "password-forgotten": Sight("", "/password/forgotten/"),
    "password-sent": Sight("", "/password/forgotten/sent/"),
    "password-new": Sight("", "/password/new/{password}/"),
    "invitation": Sight("", "/invite/{invitation}/"),
    "invitation-unknown": Sight("", "/invite/none/", 404),
    "offline": Sight("", "/offline/"),
    "dashboard": Sight("accountant", "/"),
    "dashboard-manager": Sight("manager", "/"),
    "registry": Sight("director", "/requests/"),
    "registry-filtered": Sight("director", "/requests/?status=paid&q=аренду"),
    "registry-preview": Sight("accountant", "/requests/?status=approved&show={approved}"),
    "registry-totals": Sight("director", "/requests/totals/?status=paid"),
    "registry-nothing": Sight("director", "/requests/?q=ничего-такого"),
    "exports": Sight("accountant", "/exports/"),
    "search": Sight("director", "/search/?q=счёт"),
    "search-nothing": Sight("director", "/search/?q=ничего-такого"),
    "search-bare": Sight("manager", "/search/"),
    "board": Sight("accountant", "/board/"),
    "board-mine": Sight("manager2", "/board/?mine=on"),
    "board-move": Sight("supervisor", "/board/{on_approval}/move/"),
    "calendar": Sight("accountant", "/calendar/"),
    "calendar-day": Sight("accountant", "/calendar/?week={today}&day={today}"),
    "form": Sight("manager", "/requests/new/"),
    "form-back": Sight("manager", "/requests/new/", 200, (), SUBMIT, "[aria-invalid=true]"),
    "form-several": Sight("manager", "/requests/several/"),
    "form-edit": Sight("manager2", "/requests/{draft}/edit/"),
    "card-draft": Sight("manager2", "/requests/{draft}/"),
    "card-task": Sight("supervisor", "/requests/{on_approval}/"),
    "card-to-pay": Sight("accountant", "/requests/{approved}/"),
    "order-form": Sight("accountant", "/requests/{approved}/orders/new/"),
    "order-edit": Sight("accountant", "/orders/{order}/edit/"),
    "card-paid": Sight("accountant", "/requests/{paid}/"),
    "card-refused": Sight("director", "/requests/{refused}/"),
    "tasks": Sight("supervisor", "/tasks/"),
    "tasks-chosen": Sight("supervisor", "/tasks/?task={task}"),
    "tasks-decided": Sight("supervisor", "/tasks/?tab=decided"),
    "tasks-none": Sight("accountant", "/tasks/"),
    "companies": Sight("manager", "/companies/"),
    "company": Sight("accountant", "/companies/{company}/"),
    "company-contacts": Sight("accountant", "/companies/{company}/?tab=contacts"),
    "company-requests": Sight("accountant", "/companies/{company}/?tab=requests"),
    "company-documents": Sight("accountant", "/companies/{company}/?tab=documents"),
    "company-letters": Sight("accountant", "/companies/{company}/?tab=letters"),
    "company-history": Sight("accountant", "/companies/{company}/?tab=history"),
    "company-form": Sight("manager", "/companies/new/"),
    # Of the demo's register: somebody in trouble, one with branches, a number with a mistake.
    "company-in-trouble": _looked_up("6699504046"),
    "company-with-branches": _looked_up("7799501019"),
    "company-mistaken": _looked_up("7799301011"),
    "company-edit": Sight("manager", "/companies/{company}/edit/"),
    "account-form": Sight("manager", "/companies/{company}/accounts/new/"),
    "contact-form": Sight("manager", "/companies/{company}/contacts/new/"),
    "contact-edit": Sight("manager", "/contacts/{contact}/edit/"),
    "contact": Sight("accountant", "/contacts/{contact}/"),
    "registers": Sight("accountant", "/registers/"),
    "register": Sight("accountant", "/registers/{register}/"),
    "notices": Sight("manager", "/notices/"),
    "letter": Sight("accountant", "/letters/{letter}/"),
    "me": Sight("auditor", "/me/"),
    "settings": Sight("admin", "/settings/"),
    "how-we-work": Sight("admin", "/settings/organisation/"),
    "organisations": Sight("admin", "/settings/organisations/"),
    "organisation-new": Sight("admin", "/settings/organisations/new/"),
    "import": Sight("admin", "/settings/import/"),
    "checks": Sight("admin", "/settings/checks/"),
    "categories": Sight("admin", "/settings/categories/"),
    "category": Sight("admin", "/settings/categories/1/"),
    "people": Sight("admin", "/settings/people/?state=all"),
    "person-invite": Sight("admin", "/settings/people/invite/"),
    "person": Sight("admin", "/settings/people/{supervisor}/"),
    "person-close": Sight("admin", "/settings/people/{supervisor}/close/"),
    "departments": Sight("admin", "/settings/departments/"),
    "department-new": Sight("admin", "/settings/departments/new/"),
    "department": Sight("admin", "/settings/departments/{department}/"),
    "templates": Sight("admin", "/settings/templates/"),
    "template": Sight("admin", "/settings/templates/approval_sheet/"),
    "template-version": Sight("admin", "/settings/templates/register/versions/1/"),
    "second-factor": Sight("auditor", "/me/second-factor/"),
    "second-factor-application": Sight("auditor", "/me/second-factor/application/"),
    "second-factor-passkey": Sight("auditor", "/me/second-factor/passkeys/add/"),
    "second-factor-reset": Sight("admin", "/people/1/second-factor/reset/"),
    "confirm-it-is-you": Sight("auditor", "/login/again/"),
    "not-there": Sight("manager", "/requests/987654/", 404),
    "forbidden": Sight("auditor", "/requests/new/", 403),
    "public": Sight("", "/s/{token}/", language="ru"),
    "public-unknown": Sight("", "/s/none/", 404),
    "sheet": Sight("", "/sheets/{sheet}/", language="ru"),
    "sheet-unknown": Sight("", "/sheets/none/", 404),
}

# Addresses that take GET and are in no row of the table above: why not.
FOR_MACHINES, FRAGMENT, FILE = "for machines", "a part of a page", "a file"
LEADS_ON, FACTOR = "leads on", "for who has a second factor: tests/test_passkeys_browser.py"
ELSEWHERE = {
    "approvals:test_letter": FRAGMENT,
    "approvals:import_plan": "of a table that was uploaded: approvals/tests/test_import.py",
    "approvals:import_template": FILE,
    "healthz": FOR_MACHINES,
    "readyz": FOR_MACHINES,
    "metrics": FOR_MACHINES,
    "approvals:start": "while nobody exists",
    "approvals:manifest": FOR_MACHINES,
    "approvals:service_worker": FOR_MACHINES,
    "approvals:bank": FOR_MACHINES,
    "admin:index": "Django's own",
    "admin_login": LEADS_ON,
    "admin_password": LEADS_ON,
    "approvals:login": "account_login under another name",
    "openid_connect_login": LEADS_ON,
    "openid_connect_callback": LEADS_ON,
    "mfa_authenticate": FACTOR,
    "mfa_login_webauthn": FACTOR,
    "mfa_reauthenticate": FACTOR,
    "mfa_reauthenticate_webauthn": FACTOR,
    "mfa_deactivate_totp": FACTOR,
    "mfa_edit_webauthn": FACTOR,
    "mfa_remove_webauthn": FACTOR,
    "mfa_view_recovery_codes": FACTOR,
    "mfa_generate_recovery_codes": FACTOR,
    "approvals:export": FRAGMENT,
    "approvals:export_file": FILE,
    "approvals:registry_filter": LEADS_ON,
    "approvals:request_preview": FRAGMENT,
    "approvals:amount_words": FRAGMENT,
    "approvals:company_options": FRAGMENT,
    "approvals:board_column": FRAGMENT,
    "approvals:document": FILE,
    "approvals:public_document": FILE,
    "approvals:picture": FILE,
    "approvals:template_preview": FILE,
    "approvals:template_docx": FILE,
    "approvals:template_docx_trial": FILE,
}
