"""What counterparties need done from time to time."""

from __future__ import annotations

import logging

from celery import shared_task

from counterparties import bank_directory

logger = logging.getLogger(__name__)


@shared_task(name="counterparties.download_banks")
def download_banks() -> None:
    """The newest directory of banks; while none can be had, the one in force stays."""
    try:
        outcome = bank_directory.download()
    except bank_directory.NotLoaded as error:
        logger.warning("banks.not_loaded", extra={"error": str(error)})
        return
    logger.info(
        "banks.loaded",
        extra={
            "business_date": outcome.business_date.isoformat(),
            "added": outcome.added,
            "changed": outcome.changed,
            "closed": outcome.closed,
        },
    )
