"""After the first start: how to make the administrator; after the others that is known."""

import io

import pytest
from django.core.management import call_command

from people.models import User


def welcome(**options: str) -> str:
    out = io.StringIO()
    call_command("welcome", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_it_says_how_to_make_the_first_administrator_until_there_is_one() -> None:
    said = welcome(command="docker compose exec web python manage.py")
    assert "docker compose exec web python manage.py createsuperuser" in said

    gone = User.objects.create_superuser("gone", "a pass phrase", full_name="A", is_active=False)
    assert "createsuperuser" in welcome()

    User.objects.filter(pk=gone.pk).update(is_active=True)
    assert "createsuperuser" not in welcome()
    assert "manage.py doctor" in welcome()
