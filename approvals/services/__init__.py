"""What people do with payment requests.

Each use case is one transaction: lock, policy, transition, event, intents.
"""

from approvals.services.bulk import Outcome, approve_together
from approvals.services.comments import add_comment, unwatch, watch
from approvals.services.companies import follow_name, update_company
from approvals.services.decisions import (
    accept,
    approve,
    cancel,
    refuse,
    return_for_changes,
    return_to_author,
    withdraw,
)
from approvals.services.drafts import (
    DraftFields,
    create_request,
    missing_for_approval,
    submit,
    update_draft,
)
from approvals.services.exports import request_export
from approvals.services.filing import add_document
from approvals.services.letters import retry_letter, revoke_letter_link
from approvals.services.orders import correct_order, draw_up_order, withdraw_order
from approvals.services.papers import retry_paper, without_papers
from approvals.services.payments import record_payment
from approvals.services.planning import plan_day
from approvals.services.registers import draw_up_register, retry_register
from approvals.services.registry import delete_view, keep_columns, keep_sort, save_view
from approvals.services.several import FaultyDraft, NewDraft, create_requests
from approvals.services.templates import (
    restore_original,
    restore_template,
    save_docx_template,
    save_picture,
    save_template,
    take_picture_away,
)
from approvals.services.undo import undo

__all__ = [
    "DraftFields",
    "FaultyDraft",
    "NewDraft",
    "Outcome",
    "accept",
    "add_comment",
    "add_document",
    "approve",
    "approve_together",
    "cancel",
    "correct_order",
    "create_request",
    "create_requests",
    "delete_view",
    "draw_up_order",
    "draw_up_register",
    "follow_name",
    "keep_columns",
    "keep_sort",
    "missing_for_approval",
    "plan_day",
    "record_payment",
    "refuse",
    "request_export",
    "restore_original",
    "restore_template",
    "retry_letter",
    "retry_paper",
    "retry_register",
    "return_for_changes",
    "return_to_author",
    "revoke_letter_link",
    "save_docx_template",
    "save_picture",
    "save_template",
    "save_view",
    "submit",
    "take_picture_away",
    "undo",
    "unwatch",
    "update_company",
    "update_draft",
    "watch",
    "withdraw",
    "withdraw_order",
    "without_papers",
]
