"""Walking the requests through their lives: every step by the service that the interface calls for it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.core.files.base import ContentFile

from approvals import services
from approvals.models import ApprovalTask
from demo import pdfs, texts
from demo.organisation import Cast
from demo.plan import Planned, Step, steps_of
from demo.story import Story
from documents.models import DocumentKind, Upload
from documents.services import receive_upload
from people.models import User


class Walk:
    """What was made so far: `pks` by the numbers that the story gives its requests."""

    def __init__(self, story: Story, cast: Cast) -> None:
        self.story = story
        self.cast = cast
        self.pks: dict[int, int] = {}
        self.planned: dict[int, Planned] = {}
        self.verbs: dict[str, Callable[[Step], object]] = {
            "create": self._create,
            "add": self._add,
            "submit": self._submit,
            "approve": self._approve,
            "accept": self._accept,
            "return": self._return,
            "refuse": self._refuse,
            "withdraw": self._withdraw,
            "cancel": self._cancel,
            "pay": self._pay,
            "comment": self._comment,
        }

    def all(self, requests: list[Planned]) -> None:
        """Everything that happens to these requests, in the order in which it happens."""
        self.planned.update({request.no: request for request in requests})
        for step in steps_of(requests):
            self.verbs[step.verb](step)

    def _create(self, step: Step) -> None:
        planned, cast = self.planned[step.no], self.cast
        fields: services.DraftFields = {
            "payer": cast.companies[planned.payer],
            "company": cast.companies[planned.company],
            "bank_account": cast.accounts[planned.account] if planned.account else None,
            "contact": cast.contacts[planned.contact] if planned.contact else None,
            "amount": planned.amount,
            "currency": "RUB",
            "vat_rate": planned.vat_rate,
            "vat_amount": planned.vat_amount,
            "purpose": planned.purpose,
            "category": cast.categories[planned.category],
            "payment_terms": planned.terms,
            "pay_by": planned.pay_by,
            "invoice_number": planned.invoice_number,
            "invoice_date": planned.invoice_date,
        }
        payment_request = services.create_request(
            actor=self._by(step), fields=fields, invoice=self._invoice(step), now=step.at
        )
        self.pks[step.no] = payment_request.pk

    def _add(self, step: Step) -> None:
        content = pdfs.agreement(
            title=step.text,
            day=step.day,
            seller=self._seller(step.no),
            buyer=self.story.companies[self.planned[step.no].payer],
            what=self.planned[step.no].what,
            to_pay=self._sum(step.no),
        )
        services.add_document(
            payment_request_id=self.pks[step.no],
            actor=self._by(step),
            upload=self._upload(step, f"{step.text}.pdf", content),
            kind=DocumentKind(step.kind),
            now=step.at,
        )

    def _submit(self, step: Step) -> None:
        services.submit(payment_request_id=self.pks[step.no], actor=self._by(step), now=step.at)

    def _approve(self, step: Step) -> None:
        services.approve(
            task_id=self._task(step), actor=self._by(step), comment=step.text, now=step.at
        )

    def _accept(self, step: Step) -> None:
        services.accept(task_id=self._task(step), actor=self._by(step), now=step.at)

    def _return(self, step: Step) -> None:
        services.return_for_changes(
            task_id=self._task(step), actor=self._by(step), reason=step.text, now=step.at
        )

    def _refuse(self, step: Step) -> None:
        services.refuse(
            task_id=self._task(step), actor=self._by(step), reason=step.text, now=step.at
        )

    def _withdraw(self, step: Step) -> None:
        services.withdraw(
            payment_request_id=self.pks[step.no],
            actor=self._by(step),
            reason=step.text,
            now=step.at,
        )

    def _cancel(self, step: Step) -> None:
        services.cancel(
            payment_request_id=self.pks[step.no],
            actor=self._by(step),
            reason=step.text,
            now=step.at,
        )

    def _pay(self, step: Step) -> None:
        services.record_payment(
            payment_request_id=self.pks[step.no],
            actor=self._by(step),
            paid_on=step.day,
            number=step.order_number,
            amount=Decimal(step.text),
            payment_order=self._payment_order(step),
            now=step.at,
        )

    def _comment(self, step: Step) -> None:
        services.add_comment(
            payment_request_id=self.pks[step.no], actor=self._by(step), text=step.text, now=step.at
        )

    def _by(self, step: Step) -> User:
        return self.cast.people[step.by]

    def _task(self, step: Step) -> int:
        """The request's open task."""
        task = ApprovalTask.objects.values_list("pk", flat=True)
        return task.get(payment_request_id=self.pks[step.no], decision="")

    def _invoice(self, step: Step) -> Upload | None:
        planned = self.planned[step.no]
        if planned.invoice_date is None:
            return None
        content = pdfs.invoice(
            number=planned.invoice_number,
            day=planned.invoice_date,
            seller=self._seller(step.no),
            buyer=self.story.companies[planned.payer],
            what=planned.what,
            to_pay=self._sum(step.no),
        )
        name = texts.invoice_file(planned.invoice_number, planned.invoice_date)
        return self._upload(step, name, content)

    def _payment_order(self, step: Step) -> Upload:
        planned = self.planned[step.no]
        payer = self.story.companies[planned.payer]
        content = pdfs.payment_order(
            number=step.order_number,
            day=step.day,
            payer=self._side(payer.key, payer.main_account.key),
            payee=self._seller(step.no),
            amount=Decimal(step.text),
            purpose=planned.purpose,
        )
        return self._upload(step, texts.payment_order_file(step.order_number, step.day), content)

    def _upload(self, step: Step, name: str, content: bytes) -> Upload:
        return receive_upload(
            file=ContentFile(content, name=name), user=self._by(step), now=step.at
        )

    def _seller(self, no: int) -> pdfs.Side:
        planned = self.planned[no]
        company = self.story.companies[planned.company]
        return self._side(company.key, planned.account or company.main_account.key)

    def _side(self, company_key: str, account_key: str) -> pdfs.Side:
        company = self.story.companies[company_key]
        account = company.account(account_key)
        return pdfs.Side(company, account, self.story.banks[account.bank])

    def _sum(self, no: int) -> pdfs.Sum:
        planned = self.planned[no]
        return pdfs.Sum(planned.amount, planned.vat_rate, planned.vat_amount)
