"""Single sign-on against a provider that is a process of its own: who comes in, as whom, with which roles."""

from __future__ import annotations

import uuid
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from pytest_django import Settings

from approvals.selectors import organisation_settings
from approvals.tests.builders import PASSWORD, World
from audit import services as audit
from config.identity import SingleSignOn
from people.models import PersonEvent, User
from people.single_sign_on import roles_of
from tests.authenticator import code, log_in, set_up
from tests.stack.provider import Provider, path_of

pytestmark = pytest.mark.once

START = "/login/sso/company/"


@pytest.fixture
def sso(oidc_provider: Provider, settings: Settings) -> SingleSignOn:
    """Switched on, with nothing mapped."""
    return switch_on(
        settings,
        SingleSignOn(issuer=oidc_provider.url, name="Лист", client_id="signoff", secret="s"),
    )


def switch_on(settings: Settings, sso: SingleSignOn, **changes: object) -> SingleSignOn:
    sso = replace(sso, **changes)  # type: ignore[arg-type]
    settings.OIDC = sso
    settings.OIDC_SECOND_FACTOR = sso.has_second_factor
    settings.SOCIALACCOUNT_PROVIDERS = sso.providers()
    return sso


def come(
    provider: Provider,
    username: str,
    *,
    sub: str = "",
    client: Client | None = None,
    **claims: object,
) -> tuple[Client, str]:
    """Press the button, log in at the provider, come back: the browser, and where it was sent."""
    client, sub = client or Client(), sub or f"sub-{username}"
    provider.knows(sub, preferred_username=username, **claims)
    away = client.get(START)
    assert away.status_code == 302, away.content
    back = client.get(path_of(provider.log_in(away["Location"], sub)))
    return client, back.get("Location", "")


def is_in(client: Client) -> bool:
    return client.get("/tasks/").status_code == 200


def said(client: Client) -> str:
    return client.get("/login/").content.decode()


def told(user: User) -> list[tuple[str, object]]:
    events = PersonEvent.objects.filter(subject_id=user.pk).order_by("seq")
    return [(event.kind, event.data) for event in events]


def test_it_is_off_by_default(world: World) -> None:
    assert Client().get(START).status_code == 404
    assert "single-sign-on" not in said(Client())


def test_the_button_leads_there_with_proof_against_forgery(world: World, sso: SingleSignOn) -> None:
    client = Client()
    assert f'href="{START}?next=/"' in said(client)

    away = client.get(START)

    asked = parse_qs(urlsplit(away["Location"]).query)
    assert away["Location"].startswith(sso.issuer)
    assert asked["redirect_uri"] == ["http://testserver/login/sso/company/callback/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"][0]
    assert "openid" in asked["scope"][0].split()


def test_somebody_whom_we_know_comes_in(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    client, place = come(oidc_provider, "manager")

    assert place == "/"
    assert is_in(client)
    assert client.get("/me/").context["user"] == world.manager
    assert told(world.manager) == [("person.sso_linked", {})]
    assert not SocialToken.objects.exists()


def test_where_the_person_was_going_is_where_they_arrive(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    client = Client()
    oidc_provider.knows("sub-manager", preferred_username="manager")
    for wanted, reached in (("/companies/", "/companies/"), ("https://evil.example/", "/")):
        away = client.get(START, {"next": wanted})
        back = client.get(path_of(oidc_provider.log_in(away["Location"], "sub-manager")))
        assert back["Location"] == reached
        client.post("/logout/")


def test_the_providers_own_mark_counts_from_then_on(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    come(oidc_provider, "manager", sub="mark-1")

    renamed, _place = come(oidc_provider, "accountant", sub="mark-1")
    imposter, place = come(oidc_provider, "manager", sub="mark-2")

    assert renamed.get("/me/").context["user"] == world.manager
    assert place == "/login/"
    assert not is_in(imposter)


def test_an_administrator_lets_the_name_count_once_more(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    come(oidc_provider, "manager", sub="mark-1")
    action = {"action": "forget_single_sign_on", "_selected_action": [world.manager.pk]}

    assert log_in("admin").post("/admin/people/user/", action).status_code == 302
    client, _place = come(oidc_provider, "manager", sub="mark-2")

    assert is_in(client)
    kinds = [kind for kind, _data in told(world.manager)]
    assert kinds == ["person.sso_linked", "person.sso_forgotten", "person.sso_linked"]


def test_an_e_mail_address_finds_nobody(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    """People write their own: it is no proof of who they are."""
    client, place = come(oidc_provider, "stranger", email=world.director.email, email_verified=True)

    assert place == "/login/"
    assert not is_in(client)


def test_strangers_stay_out(world: World, sso: SingleSignOn, oidc_provider: Provider) -> None:
    before = User.objects.count()

    client, place = come(oidc_provider, "stranger")

    assert place == "/login/"
    assert "Здесь никого нет с таким именем" in said(client)
    assert User.objects.count() == before
    assert not SocialAccount.objects.exists()


def test_strangers_come_in_where_the_setting_says_so(
    world: World, sso: SingleSignOn, oidc_provider: Provider, settings: Settings
) -> None:
    switch_on(settings, sso, may_sign_up=True, roles=(("buyers", "manager"),))

    client, _place = come(
        oidc_provider, "new.person", name="Новая Анна", email="not an address", groups=["buyers"]
    )

    person = User.objects.get(username="new.person")
    assert is_in(client)
    assert (person.full_name, person.email, person.is_manager) == ("Новая Анна", "", True)
    assert not person.has_usable_password()
    assert [kind for kind, _data in told(person)] == [
        "person.created",
        "person.sso_linked",
        "person.changed",
    ]


@pytest.mark.parametrize("username", ["", "two words", "x" * 151, "semi;colon"])
def test_names_that_are_none_make_nobody(
    world: World, sso: SingleSignOn, oidc_provider: Provider, settings: Settings, username: str
) -> None:
    switch_on(settings, sso, may_sign_up=True)
    before = User.objects.count()

    _client, place = come(oidc_provider, username, sub=uuid.uuid4().hex)

    assert place == "/login/"
    assert User.objects.count() == before


def test_a_disabled_person_stays_out(
    world: World, sso: SingleSignOn, oidc_provider: Provider, settings: Settings
) -> None:
    switch_on(settings, sso, roles=(("finance", "accountant"),))
    come(oidc_provider, "manager")
    for username in ("manager", "manager2"):
        User.objects.filter(username=username).update(is_active=False)

        client, place = come(oidc_provider, username, groups=["finance"])

        assert place == "/login/"
        assert not is_in(client)
        assert not User.objects.get(username=username).is_accountant
    assert SocialAccount.objects.count() == 1


def test_roles_follow_the_claims(
    world: World, sso: SingleSignOn, oidc_provider: Provider, settings: Settings
) -> None:
    switch_on(settings, sso, roles=(("finance", "accountant"), ("управление", "administrator")))

    come(oidc_provider, "manager", groups=["finance", "something else"])
    world.manager.refresh_from_db()
    given = (world.manager.is_accountant, world.manager.is_administrator, world.manager.is_manager)
    come(oidc_provider, "manager", groups=["управление"])
    world.manager.refresh_from_db()
    taken = (world.manager.is_accountant, world.manager.is_administrator, world.manager.is_manager)

    assert given == (True, False, True)  # the last one is not the provider's to decide
    assert taken == (False, True, True)
    assert told(world.manager)[1:] == [
        ("person.changed", {"changes": {"is_accountant": [False, True]}}),
        (
            "person.changed",
            {"changes": {"is_accountant": [True, False], "is_administrator": [False, True]}},
        ),
    ]
    assert audit.verify() == []


@pytest.mark.parametrize(
    ("said", "held"),
    [
        (["finance"], True),
        (["finance", 7, None], True),
        ("finance", True),
        ("buyers, finance", True),
        ("buyers finance", True),
        ([], False),
        (None, False),
        ("financeers", False),
        ({"finance": 1}, False),
        (["Finance"], False),
    ],
)
def test_a_claim_is_a_list_or_a_text(said: object, held: bool, settings: Settings) -> None:
    settings.OIDC = SingleSignOn(roles=(("finance", "accountant"), ("chiefs", "accountant")))

    assert roles_of({"groups": said}) == {"is_accountant": held}


def test_our_second_factor_is_asked_after_the_providers_log_in(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    phone = set_up(log_in("manager"))

    client, place = come(oidc_provider, "manager")

    assert place == "/login/second-factor/"
    assert not is_in(client)
    client.post(place, {"code": code(phone.secret)})
    assert is_in(client)


def test_a_provider_that_is_trusted_with_it_is_not_asked_twice(
    world: World, sso: SingleSignOn, oidc_provider: Provider, settings: Settings
) -> None:
    row = organisation_settings()
    row.second_factor_managers = True
    row.save()
    phone = set_up(log_in("manager"))
    not_trusted, place = come(oidc_provider, "manager2")
    assert not_trusted.get("/tasks/")["Location"] == "/me/second-factor/"

    switch_on(settings, sso, has_second_factor=True)

    for username in ("manager", "manager2"):
        client, place = come(oidc_provider, username)
        assert (place, is_in(client)) == ("/", True), username
    # By password it is asked as ever.
    by_password = Client()
    answer = by_password.post("/login/", {"username": "manager", "password": PASSWORD})
    assert answer["Location"] == "/login/second-factor/"
    assert phone.secret


# --- What does not fit ----------------------------------------------------------------------------------


def test_an_answer_that_nobody_asked_for_opens_nothing(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    """Another browser's answer, an invented one, one that was used."""
    oidc_provider.knows("sub-manager", preferred_username="manager")
    mine, thief = Client(), Client()
    answer = path_of(oidc_provider.log_in(mine.get(START)["Location"], "sub-manager"))

    assert thief.get(answer)["Location"] == "/login/"
    assert not is_in(thief)
    mine.get(answer)
    assert is_in(mine)
    mine.post("/logout/")
    assert mine.get(answer)["Location"] == "/login/"
    for query in ("", "?code=1", "?state=1", "?code=1&state=1", "?error=access_denied"):
        assert Client().get(f"{START}callback/{query}").status_code in (302, 303), query


def test_whoever_says_no_there_is_told_so(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    client = Client()
    answer = oidc_provider.refuse(client.get(START)["Location"])

    assert client.get(path_of(answer))["Location"] == "/login/"
    assert "не получилось" in said(client)


def test_a_provider_that_is_away_is_told_so(
    world: World, sso: SingleSignOn, settings: Settings
) -> None:
    switch_on(settings, sso, issuer="http://127.0.0.1:9")
    client = Client()

    assert client.get(START)["Location"] == "/login/"
    assert "не отвечает" in said(client)


def test_another_page_logs_nobody_in(world: World, sso: SingleSignOn) -> None:
    for site in ("cross-site", "same-site"):
        answer = Client(headers={"Sec-Fetch-Site": site}).get(START)
        assert (answer.status_code, answer["Location"]) == (303, "/login/")
    assert Client(headers={"Sec-Fetch-Site": "same-origin"}).get(START).status_code == 302


def test_nobody_ties_an_account_of_the_provider_to_somebody_else(
    world: World, sso: SingleSignOn, oidc_provider: Provider
) -> None:
    """The library's 'connect' of a session that is open already."""
    client = log_in("manager")
    oidc_provider.knows("sub-stranger", preferred_username="stranger")
    away = client.get(START, {"process": "connect"})

    back = client.get(path_of(oidc_provider.log_in(away["Location"], "sub-stranger")))

    assert back["Location"] == "/login/"
    assert not SocialAccount.objects.exists()
