"""How people log in: the settings of Django's auth, django-axes and django-allauth, and of single sign-on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from config.env import Environment

__all__ = [
    "ACCOUNT_ADAPTER",
    "ACCOUNT_EMAIL_VERIFICATION",
    "ACCOUNT_LOGIN_METHODS",
    "ACCOUNT_REAUTHENTICATION_TIMEOUT",
    "ACCOUNT_SIGNUP_FIELDS",
    "AUTHENTICATION_BACKENDS",
    "AUTH_PASSWORD_VALIDATORS",
    "AUTH_USER_MODEL",
    "AXES_CLIENT_IP_CALLABLE",
    "AXES_COOLOFF_TIME",
    "AXES_DISABLE_ACCESS_LOG",
    "AXES_ENABLE_ADMIN",
    "AXES_FAILURE_LIMIT",
    "AXES_HTTP_RESPONSE_CODE",
    "AXES_LOCKOUT_CALLABLE",
    "AXES_LOCKOUT_PARAMETERS",
    "AXES_RESET_ON_SUCCESS",
    "AXES_VERBOSE",
    "CSRF_FAILURE_VIEW",
    "LOGIN_REDIRECT_URL",
    "LOGIN_URL",
    "LOGOUT_REDIRECT_URL",
    "MFA_ADAPTER",
    "MFA_ALLOW_UNVERIFIED_EMAIL",
    "MFA_FORMS",
    "MFA_PASSKEY_LOGIN_ENABLED",
    "MFA_RECOVERY_CODES_SHOW_ONCE",
    "MFA_SUPPORTED_TYPES",
    "MFA_TOTP_TOLERANCE",
    "PASSWORD_HASHERS",
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_AUTO_SIGNUP",
    "SOCIALACCOUNT_EMAIL_VERIFICATION",
    "SOCIALACCOUNT_LOGIN_ON_GET",
    "SOCIALACCOUNT_REQUESTS_TIMEOUT",
]

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "people.auth.PeopleBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "people.passwords.PredictableWordsValidator"},
]
CSRF_FAILURE_VIEW = "approvals.views.errors.csrf_failure"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

# --- Passwords: throttled in the database --------------------------------------------------------------

# Ten wrong passwords for one name from one address: 429, and a quarter of an hour to wait. What comes from
# one address or for one name altogether is counted in approvals.views.account.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "approvals.views.errors.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The proxy's headers are dealt with in config/wsgi.py, so REMOTE_ADDR is already the visitor.
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_address"

# --- Second factor -------------------------------------------------------------------------------------

ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
# Addresses are what administrators and people say they are: nobody logs in by one.
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
MFA_ADAPTER = "people.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A code is good for half a minute before and after its own; people.factor_forms takes it once.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "activate_totp": "people.factor_forms.ActivateApplicationForm",
    "authenticate": "people.factor_forms.CodeForm",
    "reauthenticate": "people.factor_forms.CodeAgainForm",
    "add_webauthn": "people.factor_forms.PasskeyForm",
    "edit_webauthn": "people.factor_forms.PasskeyNameForm",
}

# --- Single sign-on by OpenID Connect, off by default --------------------------------------------------

SOCIALACCOUNT_ADAPTER = "people.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = True
# The policy forbids a form to lead elsewhere; approvals.views.single_sign_on guards the link instead.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

ROLES = ("manager", "accountant", "auditor", "administrator")


@dataclass(frozen=True)
class SingleSignOn:
    """The company's provider, and what is believed of what it says. Without an issuer there is none."""

    issuer: str = ""
    # Part of the address that the provider sends people back to.
    provider_id: str = "company"
    name: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    username_claim: str = "preferred_username"
    roles_claim: str = "groups"
    # What the claim holds -> our role; roles that are named here are the provider's to give and to take.
    roles: tuple[tuple[str, str], ...] = ()
    may_sign_up: bool = False
    has_second_factor: bool = False

    def providers(self) -> dict[str, Any]:
        """allauth's SOCIALACCOUNT_PROVIDERS."""
        if not self.issuer:
            return {}
        app = {
            "provider_id": self.provider_id,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.secret,
            "settings": {"server_url": self.issuer, "oauth_pkce_enabled": True},
        }
        return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


def single_sign_on(env: Environment) -> SingleSignOn:
    """What OIDC_ISSUER and its like say; all of the others are optional but for the client's name and key."""
    if not env.text("OIDC_ISSUER", ""):
        return SingleSignOn()
    return SingleSignOn(
        issuer=env.service_address("OIDC_ISSUER", ""),
        name=env.text("OIDC_NAME", "SSO"),
        client_id=env.text("OIDC_CLIENT_ID"),
        secret=env.text("OIDC_CLIENT_SECRET"),
        username_claim=env.text("OIDC_USERNAME_CLAIM", "preferred_username"),
        roles_claim=env.text("OIDC_ROLES_CLAIM", "groups"),
        roles=_roles(env),
        may_sign_up=env.flag("OIDC_SIGN_UP", default=False),
        has_second_factor=env.flag("OIDC_SECOND_FACTOR", default=False),
    )


def _roles(env: Environment) -> tuple[tuple[str, str], ...]:
    """'finance=accountant, buyers=manager' -> pairs; the claim's values may hold anything but = and comma."""
    pairs = []
    for word in env.words("OIDC_ROLES", ""):
        group, _equals, role = (part.strip() for part in word.partition("="))
        if not group or role not in ROLES:
            env.problems.append(
                f"OIDC_ROLES must look like group=role, role one of: {', '.join(ROLES)}"
            )
            return ()
        pairs.append((group, role))
    return tuple(pairs)
