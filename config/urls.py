"""All addresses: the product's own pages are in approvals.urls."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from config.health import healthz, readyz
from config.metrics import metrics

handler400 = "config.trouble.bad_request"
handler500 = "config.trouble.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", login_not_required(set_language), name="set_language"),
    # Before the admin's own addresses: it has a log-in that knows no second factor.
    path("", include("approvals.identity_urls")),
    path("admin/", admin.site.urls),
    path("", include("approvals.urls")),
]

handler429 = "approvals.views.errors.too_many"
