"""The second step of a log-in, for whoever has set one up."""

from __future__ import annotations

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest


class SecondFactorStage(AuthenticateStage):
    """The library's, left out where the company's own provider is trusted to have asked for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        methods = [r["method"] for r in get_authentication_records(request, self.login.user)]
        if settings.OIDC_SECOND_FACTOR and methods == ["socialaccount"]:
            return False
        return bool(super()._should_handle(request))
