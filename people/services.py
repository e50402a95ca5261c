"""What people change about themselves; everything else about them is set in Django's admin."""

from __future__ import annotations

from people.models import User


def update_own_settings(*, actor: User, language: str, email: str, phone: str) -> User:
    """Save the person's own language, e-mail and phone; the form has checked them."""
    actor.language = language
    actor.email = email
    actor.phone = phone
    actor.save(update_fields=["language", "email", "phone"])
    return actor
