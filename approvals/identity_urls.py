"""Pages of log-in and second factors, under the names that django-allauth itself asks for."""

from django.urls import path

from approvals.views import account, second_factor, single_sign_on

FACTORS = "me/second-factor"

urlpatterns = [
    path("admin/login/", account.admin_log_in, name="admin_login"),
    path("admin/password_change/", account.admin_password, name="admin_password"),
    path("login/", account.log_in, name="account_login"),
    path("login/second-factor/", second_factor.second_step, name="mfa_authenticate"),
    path("login/passkey/", second_factor.passkey_login, name="mfa_login_webauthn"),
    path("login/again/", second_factor.password_again, name="account_reauthenticate"),
    path("login/again/code/", second_factor.code_again, name="mfa_reauthenticate"),
    path("login/again/passkey/", second_factor.passkey_again, name="mfa_reauthenticate_webauthn"),
    path(
        "login/sso/<slug:provider_id>/",
        single_sign_on.start,
        name="openid_connect_login",
    ),
    path(
        "login/sso/<slug:provider_id>/callback/",
        single_sign_on.callback,
        name="openid_connect_callback",
    ),
    path(f"{FACTORS}/", second_factor.index, name="mfa_index"),
    path(f"{FACTORS}/application/", second_factor.application_add, name="mfa_activate_totp"),
    path(
        f"{FACTORS}/application/remove/",
        second_factor.application_remove,
        name="mfa_deactivate_totp",
    ),
    path(f"{FACTORS}/passkeys/add/", second_factor.passkey_add, name="mfa_add_webauthn"),
    path(f"{FACTORS}/passkeys/<int:pk>/", second_factor.passkey_name, name="mfa_edit_webauthn"),
    path(
        f"{FACTORS}/passkeys/<int:pk>/remove/",
        second_factor.passkey_remove,
        name="mfa_remove_webauthn",
    ),
    path(
        f"{FACTORS}/recovery-codes/", second_factor.recovery_codes, name="mfa_view_recovery_codes"
    ),
    path(
        f"{FACTORS}/recovery-codes/new/",
        second_factor.recovery_codes_new,
        name="mfa_generate_recovery_codes",
    ),
]
