"""Every address, asked by every role and by somebody who has not logged in: the answers written down.

The request of the table is `manager`'s, of the purchasing department. A new address without a row fails.
"""

from __future__ import annotations

import datetime
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from approvals.models import ApprovalTask, Category, PaymentRequest
from approvals.services import imports
from approvals.tests import builders
from approvals.tests.builders import PASSWORD, PDF, World
from documents import pictures, templates
from documents.models import Document
from documents.printing import token_for as sheet_token
from documents.services import token_for
from documents.tests.docx_files import docx
from notifications.models import Letter
from notifications.services import queue_test_letter
from people import entry
from people.models import Department, EntryLink, User
from tests.neighbour import body_of, file
from tests.worker import work

pytestmark = pytest.mark.once

ROLES = {
    "anon": "somebody who has not logged in",
    "author": "the manager whose request it is",
    "coll": "another manager of the same department",
    "mgr2": "a manager of another department",
    "sup": "the author's supervisor, who has the task; a manager too",
    "sup2": "the supervisor of the other department; a manager too",
    "head": "head of the department above; no other role",
    "dir": "auditor, and somebody's supervisor and default approver",
    "aud": "auditor and nothing else",
    "acc": "accountant",
    "adm": "administrator",
}

# 302 leads to the log-in page, 303 to the card of what was made or changed. 403 may see and not do, 404 may
# not see, 409 it is too late. What follows a name tells apart things of one kind.
TABLE = """
name                      what       method  anon author coll mgr2 sup sup2 head dir aud acc adm

healthz                   -          GET     200  200    200  200  200 200  200  200 200 200 200
readyz                    -          GET     200  200    200  200  200 200  200  200 200 200 200
metrics                   -          GET     404  404    404  404  404 404  404  404 404 404 404
set_language              -          POST    302  302    302  302  302 302  302  302 403 302 302
admin:index               -          GET     302  302    302  302  302 302  302  302 302 302 200
admin_login               -          GET     303  403    403  403  403 403  403  403 403 403 303
admin_password            -          GET     302  303    303  303  303 303  303  303 303 303 303

approvals:manifest        -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:service_worker  -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:offline         -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:start           -          GET     303  303    303  303  303 303  303  303 303 303 303
approvals:start           -          POST    303  303    303  303  303 303  303  303 403 303 303
approvals:login           -          GET     200  303    303  303  303 303  303  303 303 303 303
approvals:login           -          POST    303  303    303  303  303 303  303  303 303 303 303
approvals:logout          -          POST    303  303    303  303  303 303  303  303 303 303 303
approvals:invitation      -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:invitation      -          POST    303  303    303  303  303 303  303  303 303 303 303
approvals:invitation      used       GET     410  410    410  410  410 410  410  410 410 410 410
approvals:invitation      unknown    GET     404  404    404  404  404 404  404  404 404 404 404
approvals:password_forgotten -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:password_forgotten -          POST    303  303    303  303  303 303  303  303 303 303 303
approvals:password_sent   -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:password_new    -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:password_new    -          POST    303  303    303  303  303 303  303  303 303 303 303
approvals:password_new    unknown    GET     404  404    404  404  404 404  404  404 404 404 404
approvals:me              -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:me              -          POST    302  303    303  303  303 303  303  303 303 303 303

account_login             -          GET     200  303    303  303  303 303  303  303 303 303 303
account_login             -          POST    303  303    303  303  303 303  303  303 303 303 303
mfa_authenticate          -          GET     302  302    302  302  302 302  302  302 302 302 302
mfa_authenticate          -          POST    303  303    303  303  303 303  303  303 303 303 303
mfa_login_webauthn        -          GET     302  302    302  302  302 302  302  302 302 302 302
mfa_login_webauthn        -          POST    303  303    303  303  303 303  303  303 303 303 303
openid_connect_login      off        GET     404  404    404  404  404 404  404  404 404 404 404
openid_connect_callback   off        GET     404  404    404  404  404 404  404  404 404 404 404
account_reauthenticate    -          GET     302  200    200  200  200 200  200  200 200 200 200
account_reauthenticate    -          POST    302  303    303  303  303 303  303  303 303 303 303
mfa_reauthenticate        none       GET     302  302    302  302  302 302  302  302 302 302 302
mfa_reauthenticate        none       POST    302  303    303  303  303 303  303  303 303 303 303
mfa_reauthenticate_webauthn none       GET     302  302    302  302  302 302  302  302 302 302 302
mfa_reauthenticate_webauthn none       POST    302  303    303  303  303 303  303  303 303 303 303
mfa_index                 -          GET     302  200    200  200  200 200  200  200 200 200 200
mfa_activate_totp         -          GET     302  200    200  200  200 200  200  200 200 200 200
mfa_activate_totp         -          POST    302  422    422  422  422 422  422  422 422 422 422
mfa_deactivate_totp       none       GET     302  404    404  404  404 404  404  404 404 404 404
mfa_deactivate_totp       none       POST    302  404    404  404  404 404  404  404 404 404 404
mfa_add_webauthn          -          GET     302  200    200  200  200 200  200  200 200 200 200
mfa_add_webauthn          -          POST    302  422    422  422  422 422  422  422 422 422 422
mfa_edit_webauthn         others     GET     302  404    404  404  404 404  404  404 404 404 404
mfa_edit_webauthn         others     POST    302  404    404  404  404 404  404  404 404 404 404
mfa_remove_webauthn       others     GET     302  404    404  404  404 404  404  404 404 404 404
mfa_remove_webauthn       others     POST    302  404    404  404  404 404  404  404 404 404 404
mfa_view_recovery_codes   none       GET     302  404    404  404  404 404  404  404 404 404 404
mfa_generate_recovery_codes none       GET     302  200    200  200  200 200  200  200 200 200 200
mfa_generate_recovery_codes none       POST    302  422    422  422  422 422  422  422 422 422 422
approvals:session_end     others     POST    302  303    303  303  303 303  303  303 303 303 303
approvals:sessions_end    -          POST    302  303    303  303  303 303  303  303 303 303 303
approvals:second_factor_reset -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:second_factor_reset -          POST    302  403    403  403  403 403  403  403 403 403 303

approvals:dashboard       -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:notices         -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:notices_read    -          POST    302  303    303  303  303 303  303  303 403 303 303

approvals:companies       -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:company_new     -          GET     302  200    200  200  200 200  403  403 403 200 200
approvals:company_new     -          POST    302  303    303  303  303 303  403  403 403 303 303
approvals:company_lookup  -          POST    302  200    200  200  200 200  403  403 403 200 200
approvals:company_lookup  theirs     POST    302  200    200  200  200 200  403  403 403 200 200
approvals:company_lookup  ours       POST    302  403    403  403  403 403  403  403 403 403 200
approvals:company         theirs     GET     302  200    200  200  200 200  200  200 200 200 200
approvals:company         ours       GET     302  200    200  200  200 200  200  200 200 200 200
approvals:company_edit    theirs     GET     302  200    200  200  200 200  403  403 403 200 200
approvals:company_edit    theirs     POST    302  303    303  303  303 303  403  403 403 303 303
approvals:company_edit    ours       GET     302  403    403  403  403 403  403  403 403 403 200
approvals:company_edit    ours       POST    302  403    403  403  403 403  403  403 403 403 303
approvals:account_new     theirs     GET     302  200    200  200  200 200  403  403 403 200 200
approvals:account_new     theirs     POST    302  303    303  303  303 303  403  403 403 303 303
approvals:account_new     ours       POST    302  403    403  403  403 403  403  403 403 403 303
approvals:bank            -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:contact_new     theirs     GET     302  200    200  200  200 200  403  403 403 200 200
approvals:contact_new     theirs     POST    302  303    303  303  303 303  403  403 403 303 303
approvals:folder_check    theirs     POST    302  303    303  303  303 303  403  403 403 303 303
approvals:contact         -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:contact_edit    -          GET     302  200    200  200  200 200  403  403 403 200 200
approvals:contact_edit    -          POST    302  303    303  303  303 303  403  403 403 303 303

approvals:exports         -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:export_new      -          POST    302  303    303  303  303 303  303  303 303 303 303
approvals:export          theirs     GET     302  200    404  404  404 404  404  404 404 404 404
approvals:export_file     theirs     GET     302  200    404  404  404 404  404  404 404 404 404
approvals:search          -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:requests        -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:registry_filter -          GET     302  302    302  302  302 302  302  302 302 302 302
approvals:registry_totals -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:registry_look   -          POST    302  303    303  303  303 303  303  303 303 303 303
approvals:view_save       -          POST    302  303    303  303  303 303  303  303 303 303 303
approvals:view_delete     own        POST    302  303    404  404  404 404  404  404 404 404 404
approvals:view_delete     shared     POST    302  303    403  403  403 403  403  403 403 403 303
approvals:request_several -          GET     302  200    200  200  200 200  403  403 403 403 403
approvals:request_several -          POST    302  200    200  200  200 200  403  403 403 403 403
approvals:amount_words    -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:request_new     -          GET     302  200    200  200  200 200  403  403 403 403 403
approvals:request_new     -          POST    302  303    303  303  303 303  403  403 403 403 403
approvals:company_options -          GET     302  302    302  302  302 302  403  403 403 403 403
approvals:request         draft      GET     302  200    200  404  200 404  200  200 200 200 200
approvals:request         sent       GET     302  200    200  404  200 404  200  200 200 200 200
approvals:request         paid       GET     302  200    200  404  200 404  200  200 200 200 200
approvals:request_preview sent       GET     302  200    200  404  200 404  200  200 200 200 200
approvals:request_edit    draft      GET     302  200    403  404  403 404  403  403 403 403 403
approvals:request_edit    draft      POST    302  303    403  404  403 404  403  403 403 403 403
approvals:request_edit    sent       GET     302  409    403  404  403 404  403  403 403 403 403
approvals:request_edit    sent       POST    302  409    403  404  403 404  403  403 403 403 403
approvals:submit          draft      POST    302  303    403  404  403 404  403  403 403 403 403
approvals:submit          sent       POST    302  409    403  404  403 404  403  403 403 403 403
approvals:withdraw        sent       POST    302  303    403  404  403 404  403  403 403 403 403
approvals:withdraw        paid       POST    302  409    403  404  403 404  403  403 403 403 403
approvals:cancel          sent       POST    302  303    403  404  403 404  403  403 403 403 303
approvals:cancel          paid       POST    302  409    403  404  403 404  403  403 403 403 409
approvals:return_request  approved   POST    302  403    403  404  403 404  403  403 403 303 403
approvals:return_request  sent       POST    302  403    403  404  403 404  403  403 403 409 403
approvals:payment_add     approved   POST    302  403    403  404  403 404  403  403 403 303 403
approvals:payment_add     accepting  POST    302  403    403  404  403 404  403  403 403 409 403
approvals:order_new       approved   GET     302  403    403  404  403 404  403  403 403 200 403
approvals:order_new       approved   POST    302  403    403  404  403 404  403  403 403 303 403
approvals:order_new       accepting  GET     302  403    403  404  403 404  403  403 403 409 403
approvals:order_new       accepting  POST    302  403    403  404  403 404  403  403 403 409 403
approvals:order_edit      open       GET     302  403    403  404  403 404  403  403 403 200 403
approvals:order_edit      open       POST    302  403    403  404  403 404  403  403 403 303 403
approvals:order_withdraw  open       POST    302  403    403  404  403 404  403  403 403 303 403
approvals:document        ordered    GET     302  200    200  404  200 404  200  200 200 200 200
approvals:plan            approved   POST    302  403    403  404  403 404  403  403 403 303 403
approvals:plan            sent       POST    302  403    403  404  403 404  403  403 403 303 403
approvals:plan            paid       POST    302  403    403  404  403 404  403  403 403 409 403
approvals:comment_add     sent       POST    302  303    303  404  303 404  303  303 403 303 303
approvals:watch           sent       POST    302  303    303  404  303 404  303  303 403 303 303
approvals:unwatch         sent       POST    302  303    303  404  303 404  303  303 403 303 303
approvals:document_add    sent       POST    302  303    403  404  303 404  403  403 403 303 403
approvals:document_add    order      POST    302  403    403  404  403 404  403  403 403 303 403
approvals:document        -          GET     302  200    200  404  200 404  200  200 200 200 200
approvals:paper_retry     -          POST    302  303    403  404  403 404  403  403 403 303 303

approvals:board           -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:board_column    draft      GET     302  302    302  302  302 302  302  302 302 302 302
approvals:board_move      draft      GET     302  200    200  404  200 404  200  200 200 200 200
approvals:board_move      sent       GET     302  200    200  404  200 404  200  200 200 200 200
approvals:calendar        -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:registers       -          GET     302  403    403  403  403 403  403  200 200 200 200
approvals:register        -          GET     302  403    403  403  403 403  403  200 200 200 200
approvals:register_new    -          POST    302  403    403  403  403 403  403  403 403 303 403
approvals:document        register   GET     302  404    404  404  404 404  404  200 200 200 200
approvals:paper_retry     register   POST    302  404    404  404  404 404  404  403 403 303 303

approvals:tasks           -          GET     302  200    200  200  200 200  200  200 200 200 200
approvals:tasks_approve   sent       POST    302  403    403  422  303 422  403  403 403 403 403
approvals:tasks_approve   decided    POST    302  403    403  422  409 422  403  403 403 403 403
approvals:task_approve    sent       POST    302  403    403  404  303 404  403  403 403 403 403
approvals:task_return     sent       POST    302  403    403  404  303 404  403  403 403 403 403
approvals:task_refuse     sent       POST    302  403    403  404  303 404  403  403 403 403 403
approvals:task_accept     accepting  POST    302  303    403  404  303 404  403  403 403 303 403
approvals:task_approve    decided    POST    302  403    403  404  409 404  403  403 403 403 403
approvals:task_approve    accepting  POST    302  403    403  404  403 404  403  403 403 403 403
approvals:task_accept     accepted   POST    302  409    403  404  409 404  403  403 403 409 403
approvals:task_undo       undoable   POST    302  403    403  404  303 404  403  403 403 403 403
approvals:task_undo       decided    POST    302  403    403  404  409 404  403  403 403 403 403

approvals:letter          sent       GET     302  200    200  404  200 404  200  200 200 200 200
approvals:letter_retry    failed     POST    302  303    403  404  403 404  403  403 403 303 303
approvals:letter_retry    sent       POST    302  409    403  404  403 404  403  403 403 409 409
approvals:letter_revoke   sent       POST    302  303    403  404  403 404  403  403 403 303 303

approvals:settings        -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:how_we_work     -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:how_we_work     -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:checks          -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:test_letter_send -         POST    302  403    403  403  403 403  403  403 403 403 303
approvals:test_letter     -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:storage_check   -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:import          -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:import          -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:import_plan     own        GET     302  403    403  403  403 403  403  403 403 403 200
approvals:import_plan     own        POST    302  403    403  403  403 403  403  403 403 403 409
approvals:import_template -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:organisations   -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:organisation_new -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:organisation_new -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:categories      -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:categories      -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:category        -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:category        -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:category_open   -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:people          -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:person_invite   -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:person_invite   -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:invite_again    guest      POST    302  403    403  403  403 403  403  403 403 403 303
approvals:invite_again    -          POST    302  403    403  403  403 403  403  403 403 403 409
approvals:invitation_revoke guest      POST    302  403    403  403  403 403  403  403 403 403 303
approvals:invitation_revoke -          POST    302  403    403  403  403 403  403  403 403 403 409
approvals:person          -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:person          -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:person_close    -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:person_close    -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:person_close    own        POST    302  403    403  403  403 403  403  403 403 403 403
approvals:person_reopen   closed     POST    302  403    403  403  403 403  403  403 403 403 303
approvals:departments     -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:department_new  -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:department_new  -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:department      -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:department      -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:picture         -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:picture         -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:templates       -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:template        -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:template        -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:template_preview -         GET     302  403    403  403  403 403  403  403 403 403 200
approvals:template_preview -         POST    302  403    403  403  403 403  403  403 403 403 200
approvals:template_version -         GET     302  403    403  403  403 403  403  403 403 403 200
approvals:template_restore -         POST    302  403    403  403  403 403  403  403 403 403 303
approvals:template_docx   -          GET     302  403    403  403  403 403  403  403 403 403 200
approvals:template_docx   -          POST    302  403    403  403  403 403  403  403 403 403 303
approvals:template_docx_trial -      GET     302  403    403  403  403 403  403  403 403 403 200

approvals:sheet           -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:sheet           unknown    GET     404  404    404  404  404 404  404  404 404 404 404

approvals:public          -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:public          expired    GET     410  410    410  410  410 410  410  410 410 410 410
approvals:public          unknown    GET     404  404    404  404  404 404  404  404 404 404 404
approvals:public_document -          GET     200  200    200  200  200 200  200  200 200 200 200
approvals:public_document another    GET     404  404    404  404  404 404  404  404 404 404 404
"""

COMPANY = {"kind": "foreign", "name": "Paper Ltd"}
ACCOUNT = {
    "bik": "044525104",
    "bank_name": "ООО «Банк Точка»",
    "correspondent_account": "30101810745374525104",
    "number": "40702810799990000213",
}
OWN = "an own phrase of mine 7"
UPLOADED = "E-mail;ФИО\nnew@other.example;Новый".encode()
NAMES = {UPLOADED: "table.csv"}
CONTACT = {"full_name": "Иванова Мария", "language": "ru"}


@dataclass(frozen=True)
class Row:
    """An address with a thing, a method, and the answer to each role."""

    name: str
    what: str
    method: str
    expected: dict[str, int]


@dataclass
class Ask:
    """What goes into the address, and what is posted there."""

    args: list[Any] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def rows() -> list[Row]:
    head, *lines = [line.split() for line in TABLE.splitlines() if line.strip()]
    assert head[3:] == list(ROLES)
    return [
        Row(name, what, method, dict(zip(ROLES, map(int, codes), strict=True)))
        for name, what, method, *codes in lines
    ]


def names_of(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """The names of all addresses; of the admin, its first page alone."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            if namespace == "admin:":
                yield "admin:index"
            else:
                yield from names_of(pattern.url_patterns, prefix + namespace)
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"{pattern} has no name"
            yield prefix + pattern.name


@pytest.fixture
def people(world: World) -> dict[str, User | None]:
    """Who asks, by the table's roles."""
    head = builders._person("head", "Лебедев Олег Иванович", world.board)
    above = Department.objects.create(name="Коммерческая дирекция", head=head)
    world.purchasing.parent = above
    world.purchasing.save(update_fields=["parent"])
    colleague = builders._person(
        "colleague", "Рыбаков Семён Ильич", world.purchasing, world.supervisor, is_manager=True
    )
    return {
        "anon": None,
        "author": world.manager,
        "coll": colleague,
        "mgr2": world.manager2,
        "sup": world.supervisor,
        "sup2": world.supervisor2,
        "head": head,
        "dir": world.director,
        "aud": world.auditor,
        "acc": world.accountant,
        "adm": world.admin,
    }


@pytest.fixture
def asks(world: World, people: dict[str, User | None]) -> dict[tuple[str, str], Ask]:
    """What to ask for each name and thing of the table."""
    requests = {
        "draft": builders.draft(world),
        "sent": builders.on_approval(world),
        "accepting": builders.waiting_for_acceptance(world),
        "approved": builders.approved(world),
        "paid": builders.paid(world),
    }
    register = register_of_today(world)
    ordered = builders.ordered(world, requests["approved"], amount=Decimal("24525.00"))
    work()
    sent = letter_of(requests["paid"])
    failed = letter_of(builders.paid(world))
    Letter.objects.filter(pk=failed.pk).update(state="failed", next_try_at=None)
    expired = letter_of(builders.paid(world)).share_link
    expired.expires_at = timezone.now() - datetime.timedelta(days=1)
    expired.save(update_fields=["expires_at"])
    token = token_for(sent.share_link)
    tasks = {
        "sent": builders.open_task(requests["sent"]),
        "accepting": builders.open_task(requests["accepting"]),
        "decided": ApprovalTask.objects.get(payment_request=requests["accepting"], kind="approve"),
        "undoable": decided_just_now(world),
        "accepted": ApprovalTask.objects.get(payment_request=requests["approved"], kind="accept"),
    }
    companies = {"theirs": world.company, "ours": world.payer}
    edited = {"action": "save", "purpose": "Оплата по договору 5", "amount": "12.00"}
    pay = {"number": "1", "payment_order": PDF}
    tomorrow = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
    document = requests["paid"].folder.documents.get(kind="invoice")
    paper = requests["paid"].folder.documents.get(kind="payment_request")
    sheet = requests["paid"].folder.documents.get(kind="approval_sheet")
    another = requests["sent"].folder.documents.get(kind="invoice")
    # Somebody's who is not in the table.
    passkey = Authenticator.objects.create(
        user=builders._person("other", "Чужой Иван Петрович", world.board),
        type="webauthn",
        data={"name": "Ключ", "credential": {}},
    )
    found = {
        ("approvals:login", "-"): Ask(data={"username": "manager", "password": PASSWORD}),
        ("approvals:me", "-"): Ask(data={"action": "settings", "language": "ru"}),
        ("account_login", "-"): Ask(data={"username": "manager", "password": PASSWORD}),
        ("account_reauthenticate", "-"): Ask(data={"password": PASSWORD}),
        ("openid_connect_login", "off"): Ask(["company"]),
        ("openid_connect_callback", "off"): Ask(["company"]),
        ("mfa_edit_webauthn", "others"): Ask([passkey.pk], {"name": "Мой ключ"}),
        ("mfa_remove_webauthn", "others"): Ask([passkey.pk]),
        ("approvals:session_end", "others"): Ask(data={"session": "0" * 64}),
        ("approvals:second_factor_reset", "-"): Ask([passkey.user_id]),
        ("set_language", "-"): Ask(data={"language": "en"}),
        ("approvals:company_new", "-"): Ask(data=COMPANY),
        ("approvals:bank", "-"): Ask(["044525225"]),
        ("approvals:board_column", "draft"): Ask(["draft"]),
        ("approvals:company_lookup", "-"): Ask(data={"inn": "7799301010"}),
        ("approvals:contact", "-"): Ask([world.contact.pk]),
        ("approvals:contact_edit", "-"): Ask([world.contact.pk], CONTACT),
        ("approvals:request_new", "-"): Ask(data=complete(world)),
        ("approvals:registry_look", "-"): Ask(data={"sort": "amount", "query": "status=paid"}),
        ("approvals:view_save", "-"): Ask(data={"name": "Мои", "query": "status=paid"}),
        ("approvals:view_delete", "own"): Ask([saved_view(world, is_shared=False)]),
        ("approvals:view_delete", "shared"): Ask([saved_view(world, is_shared=True)]),
        ("approvals:request_preview", "sent"): Ask([requests["sent"].pk]),
        ("approvals:export_new", "-"): Ask(data={"file_format": "csv", "query": "status=paid"}),
        ("approvals:export", "theirs"): Ask([made_file(world)]),
        ("approvals:export_file", "theirs"): Ask([made_file(world)]),
        ("approvals:document", "-"): Ask([document.pk]),
        ("approvals:paper_retry", "-"): Ask([paper.pk]),
        ("approvals:register", "-"): Ask([timezone.localdate()]),
        ("approvals:register_new", "-"): Ask([timezone.localdate()]),
        ("approvals:document", "register"): Ask([register.pk]),
        ("approvals:document", "ordered"): Ask([ordered.document_id]),
        ("approvals:order_edit", "open"): Ask([ordered.pk], an_order(world, number="7")),
        ("approvals:order_withdraw", "open"): Ask([ordered.pk]),
        ("approvals:paper_retry", "register"): Ask([register.pk]),
        ("approvals:document_add", "sent"): Ask(
            [requests["sent"].pk], {"kind": "contract", "file": PDF}
        ),
        ("approvals:document_add", "order"): Ask(
            [unproved(world).pk], {"kind": "payment_order", "file": PDF}
        ),
        ("approvals:letter", "sent"): Ask([sent.pk]),
        **templates_asked(world),
        **people_asked(world),
        **settings_asked(world),
        ("approvals:letter_retry", "sent"): Ask([sent.pk]),
        ("approvals:letter_retry", "failed"): Ask([failed.pk]),
        ("approvals:letter_revoke", "sent"): Ask([sent.pk]),
        ("approvals:public", "-"): Ask([token]),
        ("approvals:sheet", "-"): Ask([sheet_token(sheet.paper)]),
        ("approvals:sheet", "unknown"): Ask(["none"]),
        ("approvals:public", "expired"): Ask([token_for(expired)]),
        ("approvals:public", "unknown"): Ask([token[::-1]]),
        ("approvals:public_document", "-"): Ask([token, document.pk]),
        ("approvals:public_document", "another"): Ask([token, another.pk]),
    }
    for what, company in companies.items():
        kept = {"kind": company.kind, "name": "ООО «Новое имя»", "inn": company.inn}
        kept |= {"kpp": company.kpp, "ogrn": company.ogrn}
        found |= {
            ("approvals:company", what): Ask([company.pk]),
            ("approvals:company_edit", what): Ask([company.pk], kept),
            ("approvals:company_lookup", what): Ask(data={**kept, "company": company.pk}),
            ("approvals:account_new", what): Ask([company.pk], ACCOUNT),
            ("approvals:contact_new", what): Ask([company.pk], CONTACT),
            ("approvals:folder_check", what): Ask([company.pk]),
        }
    for what, row in requests.items():
        found |= {
            ("approvals:request", what): Ask([row.pk]),
            ("approvals:request_edit", what): Ask([row.pk], edited),
            ("approvals:submit", what): Ask([row.pk]),
            ("approvals:board_move", what): Ask([row.pk]),
            ("approvals:payment_add", what): Ask([row.pk], pay),
            ("approvals:plan", what): Ask([row.pk], {"day": tomorrow}),
            ("approvals:order_new", what): Ask([row.pk], an_order(world)),
        }
        found["approvals:comment_add", what] = Ask([row.pk], {"text": "Когда?"})
        found["approvals:watch", what] = found["approvals:unwatch", what] = Ask([row.pk])
        for verb in ("withdraw", "cancel", "return_request"):
            found[f"approvals:{verb}", what] = Ask([row.pk], {"reason": "Так надо"})
    for what, task in tasks.items():
        found["approvals:tasks_approve", what] = Ask(data={"task": task.pk})
        for verb in ("approve", "return", "refuse", "accept", "undo"):
            found[f"approvals:task_{verb}", what] = Ask([task.pk], {"reason": "Так надо"})
    return found


def people_asked(world: World) -> dict[tuple[str, str], Ask]:
    """A person, one whose log-in is closed, a department."""
    person = builders._person("clerk", "Клюева Анна Олеговна", world.board)
    closed = builders._person("closed", "Панов Лев Ильич", world.board, is_active=False)
    names = {"full_name": "Клюева Анна Олеговна", "username": "clerk", "language": "ru"}
    place = {"name": "Отдел", "parent": world.board.pk}
    guest = invited(world, "guest@other.example")
    used = invited(world, "used@other.example")
    entry.choose_password(link_id=used.pk, password="a password of nobody 7")
    forgotten = entry.password_link(person=world.manager2)
    own = {"full_name": "Гость", **dict.fromkeys(("new_password1", "new_password2"), OWN)}
    whom = {"email": "new@other.example", "full_name": "Новый", "language": "ru"}
    return {
        ("approvals:person_invite", "-"): Ask(data=whom),
        ("approvals:invite_again", "guest"): Ask([guest.person_id]),
        ("approvals:invite_again", "-"): Ask([world.manager.pk]),
        ("approvals:invitation_revoke", "guest"): Ask([guest.person_id]),
        ("approvals:invitation_revoke", "-"): Ask([world.manager.pk]),
        ("approvals:invitation", "-"): Ask([entry.token_of(guest)], own),
        ("approvals:invitation", "used"): Ask([entry.token_of(used)]),
        ("approvals:invitation", "unknown"): Ask(["none"]),
        ("approvals:password_forgotten", "-"): Ask(data={"typed": "manager"}),
        ("approvals:password_new", "-"): Ask([entry.token_of(forgotten)], own),
        ("approvals:password_new", "unknown"): Ask(["none"]),
        ("approvals:person", "-"): Ask([person.pk], names),
        ("approvals:person_close", "-"): Ask([person.pk]),
        ("approvals:person_close", "own"): Ask([world.admin.pk]),
        ("approvals:person_reopen", "closed"): Ask([closed.pk]),
        ("approvals:department_new", "-"): Ask(data=place),
        ("approvals:department", "-"): Ask([world.purchasing.pk], place),
    }


def settings_asked(world: World) -> dict[tuple[str, str], Ask]:
    """The settings as they are, one more organisation, a budget item."""
    item = Category.objects.create(name="Связь")
    labels = {"accept_label_ru": "Принять", "accept_label_en": "Accept"}
    return {
        ("approvals:how_we_work", "-"): Ask(
            data={**labels, "paper_language": "ru", "share_link_days": "30"}
        ),
        ("approvals:organisation_new", "-"): Ask(data={**COMPANY, "name": "Lark Ltd"}),
        ("approvals:test_letter_send", "-"): Ask(data={"to_email": "ops@other.example"}),
        ("approvals:test_letter", "-"): Ask(
            [queue_test_letter(actor=world.admin, to_email="ops@other.example").pk]
        ),
        ("approvals:import", "-"): Ask(data={"kind": "people", "file": UPLOADED}),
        ("approvals:import_plan", "own"): Ask([uploaded(world)]),
        ("approvals:import_template", "-"): Ask(["people", "csv"]),
        ("approvals:categories", "-"): Ask(data={"name": "Реклама"}),
        ("approvals:category", "-"): Ask([item.pk], {"name": "Связь и интернет"}),
        ("approvals:category_open", "-"): Ask([item.pk], {"is_open": "0"}),
    }


def uploaded(world: World) -> int:
    """A table that the administrator has had read."""
    made = imports.upload(
        actor=world.admin, kind="people", file=io.BytesIO(UPLOADED), file_name="table.csv"
    )
    return made.pk


def invited(world: World, email: str) -> EntryLink:
    """The link of somebody who was invited."""
    return entry.invite(
        actor=world.admin,
        email=email,
        full_name="Гость",
        roles=[],
        department=None,
        supervisor=None,
        language="ru",
    )


def templates_asked(world: World) -> dict[tuple[str, str], Ask]:
    """A template with a version of either format."""
    kind, word = "payment_request", docx("{{ number }}")
    made = {"kind": kind, "author": world.admin, "note": ""}
    templates.save_html(source="<p>{{ number }}</p>", css="", based_on=0, **made)
    templates.save_docx(content=word, name="Заявка.docx", **made)
    pictures.save(name="logo", content=b"x", content_type="image/png", author=world.admin)
    typed = {"source": "<p>{{ amount }}</p>", "css": "", "based_on": 1}
    return {
        ("approvals:picture", "-"): Ask(["logo"], {"action": "remove"}),
        ("approvals:template", "-"): Ask([kind], typed),
        ("approvals:template_preview", "-"): Ask([kind], typed),
        ("approvals:template_version", "-"): Ask([kind, 1]),
        ("approvals:template_restore", "-"): Ask([kind], {"number": 1}),
        ("approvals:template_docx", "-"): Ask([kind], {"file": word}),
        ("approvals:template_docx_trial", "-"): Ask([kind]),
    }


def decided_just_now(world: World) -> ApprovalTask:
    """A decision that may be undone for as long as this test takes."""
    task = builders.open_task(builders.on_approval(world))
    later = timezone.now() + datetime.timedelta(hours=1)
    builders.services.approve(task_id=task.pk, actor=task.assignee, now=later)
    return task


def letter_of(payment_request: PaymentRequest) -> Letter:
    return Letter.objects.get(request_letter__payment_request=payment_request)


def an_order(world: World, **more: str) -> dict[str, Any]:
    """A payment order for a half, as its form sends it."""
    half = {"amount": "24525.00", "purpose": "Оплата", "priority": "5"}
    day = timezone.localdate().isoformat()
    return {**half, "drawn_on": day, "payer_account": world.payer_account.pk, **more}


def register_of_today(world: World) -> Document:
    """A register that was drawn up."""
    made, _is_new = builders.services.draw_up_register(
        on=timezone.localdate(), actor=world.accountant
    )
    return made.document


def made_file(world: World) -> int:
    """A file of the registry that the author has asked for, ready."""
    export = builders.services.request_export(actor=world.manager, query="", file_format="csv")
    work()
    return export.pk


def saved_view(world: World, *, is_shared: bool) -> int:
    """A filter that the author has given a name."""
    name = "Для всех" if is_shared else "Для себя"
    return builders.services.save_view(
        actor=world.manager, name=name, query="status=paid", is_shared=is_shared
    ).pk


def unproved(world: World) -> PaymentRequest:
    """A request with a payment that lacks its order."""
    organisation = builders.organisation_settings()
    organisation.payment_order_required = False
    organisation.save()
    made = builders.approved(world)
    builders.services.record_payment(
        payment_request_id=made.pk,
        actor=world.accountant,
        amount=None,
        paid_on=timezone.localdate(),
        number="9",
        payment_order=None,
    )
    organisation.payment_order_required = True
    organisation.save()
    return made


def complete(world: World) -> dict[str, Any]:
    """The form of a request with everything that approval needs."""
    return {
        "action": "submit",
        "company": world.company.pk,
        "amount": "10.00",
        "purpose": "Оплата по счёту 1",
        "pay_by": timezone.localdate().isoformat(),
        "invoice": PDF,
    }


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="people.auth.PeopleBackend")
        session = client.session
        # As after a log-in by the form: nobody is asked again who they are.
        proof = {"method": "password", "at": time.time()}
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


def answer(client: Client, method: str, path: str, data: dict[str, Any]) -> tuple[int, str]:
    """Status and Location; whatever was changed, the log-in included, is taken back."""
    # Files are read once: each request gets its own.
    fields = {
        name: file(NAMES.get(value, "Файл.pdf"), value) if isinstance(value, bytes) else value
        for name, value in data.items()
    }
    cookies = client.cookies.copy()
    cache.clear()  # nobody is throttled for what the others tried
    with transaction.atomic():
        response = client.get(path) if method == "GET" else client.post(path, fields)
        body_of(response)  # to its end, so that no file stays open
        transaction.set_rollback(True)
    client.cookies = cookies
    return response.status_code, response.get("Location", "")


def test_every_address_has_a_row() -> None:
    """And no row is of an address that is gone."""
    names = set(names_of(get_resolver().url_patterns))

    assert names == {row.name for row in rows()}


def test_everybody_gets_the_answer_that_is_written_down(
    people: dict[str, User | None], asks: dict[tuple[str, str], Ask]
) -> None:
    clients = {role: client_of(user) for role, user in people.items()}
    faults = []
    for row in rows():
        ask = asks.get((row.name, row.what), Ask())
        path = reverse(row.name, args=ask.args)
        for role, expected in row.expected.items():
            status, location = answer(clients[role], row.method, path, ask.data)
            if status != expected:
                faults.append(f"{row.method} {row.name} {row.what} as {role}: {status}")
            elif status == 302 and role == "anon" and row.name.startswith("approvals:"):
                assert location.startswith("/login/?next="), (row.name, location)

    assert faults == []


def test_what_has_no_row_for_a_method_does_not_take_it(
    people: dict[str, User | None], asks: dict[tuple[str, str], Ask]
) -> None:
    """A page is not posted to, a decision is not fetched (a link in a mail would take it)."""
    client = client_of(people["author"])
    offered = {(row.name, row.method) for row in rows()}
    faults = []
    for row in rows():
        method = "POST" if row.method == "GET" else "GET"
        if (row.name, method) in offered or row.name == "admin:index":
            continue
        ask = asks.get((row.name, row.what), Ask())
        status, _location = answer(client, method, reverse(row.name, args=ask.args), ask.data)
        if status != 405:
            faults.append(f"{method} {row.name}: {status}")

    # Django's own view answers a GET by going back where one was.
    assert faults == ["GET set_language: 302"]
