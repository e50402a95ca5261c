"""Doors for people without a log-in."""

from datetime import timedelta

import pytest

from documents import selectors, services
from documents.models import LinkVisit, ShareLink
from documents.tests import builders as b

pytestmark = pytest.mark.django_db


def test_a_token_opens_its_link_and_is_kept_nowhere() -> None:
    link, token = services.create_share_link(now=b.NOW, days=90)
    other, other_token = services.create_share_link(now=b.NOW, days=90)

    assert services.find_link(token) == link
    assert services.find_link(other_token) == other
    assert len(token) == 43
    row = ShareLink.objects.filter(pk=link.pk).values().get()
    assert token not in map(str, row.values())


def test_a_token_can_be_made_again() -> None:
    link, token = services.create_share_link(now=b.NOW, days=90)

    assert services.token_for(ShareLink.objects.get(pk=link.pk)) == token


def test_a_link_keeps_its_token_when_the_key_is_changed(settings) -> None:
    old, old_token = services.create_share_link(now=b.NOW, days=90)
    settings.SHARE_LINK_KEY_FALLBACKS = [settings.SHARE_LINK_KEY]
    settings.SHARE_LINK_KEY = "another"
    new, new_token = services.create_share_link(now=b.NOW, days=90)

    assert (services.token_for(old), services.token_for(new)) == (old_token, new_token)
    assert services.find_link(old_token) == old

    settings.SHARE_LINK_KEY_FALLBACKS = []
    assert services.find_link(old_token) == old  # whoever has it already comes in all the same
    assert services.token_for(new) == new_token
    with pytest.raises(services.KeyLost):
        services.token_for(old)


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "A" * 5000, "\ud800"])
def test_a_guess_opens_nothing(token: str) -> None:
    services.create_share_link(now=b.NOW, days=90)

    assert services.find_link(token) is None


def test_a_link_ends_with_its_days_or_when_it_is_revoked() -> None:
    link, token = services.create_share_link(now=b.NOW, days=90)
    end = b.NOW + timedelta(days=90)
    assert selectors.link_state(link, now=end - timedelta(seconds=1)) == "live"
    assert selectors.link_state(link, now=end) == "expired"

    services.revoke_link(link=link, actor=b.person(), now=b.NOW)
    services.revoke_link(link=link, actor=b.person("another"), now=end)

    found = services.find_link(token)
    assert found is not None
    assert selectors.link_state(found, now=b.NOW) == "revoked"
    assert (found.revoked_at, found.revoked_by) == (b.NOW, b.person())


def test_visits_by_people_who_are_logged_in_do_not_count() -> None:
    link, _token = services.create_share_link(now=b.NOW, days=90)
    document = b.promised()

    services.record_visit(link=link, what=LinkVisit.What.PAGE, by_staff=True, now=b.NOW)
    services.record_visit(link=link, what=LinkVisit.What.PAGE, now=b.NOW)
    services.record_visit(
        link=link, what=LinkVisit.What.DOWNLOAD, document=document, now=b.NOW + timedelta(hours=1)
    )

    visits = list(selectors.visits_of(link))
    assert [(visit.what, visit.document) for visit in visits] == [
        ("page", None),
        ("download", document),
    ]


def test_a_visit_is_one_insert(django_assert_num_queries) -> None:
    link, _token = services.create_share_link(now=b.NOW, days=90)

    with django_assert_num_queries(1):
        services.record_visit(link=link, what=LinkVisit.What.PAGE)
