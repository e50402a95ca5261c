"""What the environment says of single sign-on."""

from __future__ import annotations

import pytest

from config.env import Environment
from config.identity import SingleSignOn, single_sign_on

ON = {
    "OIDC_ISSUER": "https://sso.example.com/realms/company",
    "OIDC_CLIENT_ID": "signoff",
    "OIDC_CLIENT_SECRET": "only-for-tests",
}


def test_without_an_issuer_there_is_none() -> None:
    env = Environment({"OIDC_CLIENT_ID": "signoff"})

    sso = single_sign_on(env)

    assert (sso, sso.providers(), env.problems) == (SingleSignOn(), {}, [])


def test_with_one_nothing_is_believed_that_is_not_said() -> None:
    sso = single_sign_on(Environment(ON))

    assert (sso.may_sign_up, sso.has_second_factor, sso.roles) == (False, False, ())
    [app] = sso.providers()["openid_connect"]["APPS"]
    assert app["settings"] == {
        "server_url": "https://sso.example.com/realms/company",
        "oauth_pkce_enabled": True,
    }
    assert "only-for-tests" not in repr(sso)


def test_groups_give_roles() -> None:
    said = {**ON, "OIDC_ROLES": "buyers=manager, Отдел финансов = accountant ,chiefs=manager"}

    assert single_sign_on(Environment(said)).roles == (
        ("buyers", "manager"),
        ("Отдел финансов", "accountant"),
        ("chiefs", "manager"),
    )


@pytest.mark.parametrize("roles", ["buyers", "buyers=", "=manager", "buyers=chief", "a=manager,b"])
def test_a_role_that_is_none_is_named(roles: str) -> None:
    env = Environment({**ON, "OIDC_ROLES": roles})

    single_sign_on(env)

    assert env.problems == [
        "OIDC_ROLES must look like group=role, role one of: manager, accountant, auditor, administrator"
    ]


def test_what_is_missing_is_named() -> None:
    env = Environment({"OIDC_ISSUER": ON["OIDC_ISSUER"]})

    single_sign_on(env)

    assert env.problems == ["OIDC_CLIENT_ID is not set", "OIDC_CLIENT_SECRET is not set"]
