"""After the first start: where and by which code to begin; after the others that is known."""

import io

import pytest
from django.core.management import call_command

from people import start
from people.models import User


def welcome(**options: str) -> str:
    out = io.StringIO()
    call_command("welcome", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_it_says_how_to_make_the_first_administrator_until_there_is_one() -> None:
    said = welcome()
    assert f" {start.setup_code()}\n" in said
    assert "/start/" in said
    assert "createsuperuser" not in said

    gone = User.objects.create_superuser("gone", "a pass phrase", full_name="A", is_active=False)
    said = welcome(command="docker compose exec web python manage.py")
    assert "docker compose exec web python manage.py createsuperuser" in said
    assert start.setup_code() not in said

    User.objects.filter(pk=gone.pk).update(is_active=True)
    assert "createsuperuser" not in welcome()
    assert "manage.py doctor" in welcome()
