"""What makes the product installable: a manifest, a service worker, and a page for no network."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from approvals.views.http import require_safe

# What the page for no network is made of.
KEPT = (
    "favicon.svg",
    "vendor/tabler.min.css",
    "tokens.css",
    "app.css",
    "theme.js",
)


@login_not_required
@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web application's manifest (W3C), in the visitor's language."""
    home = reverse("approvals:dashboard")
    sizes = (("icon-192.png", "192x192"), ("icon-512.png", "512x512"))
    shortcuts = (
        (_("My tasks"), reverse("approvals:tasks")),
        (_("New payment request"), reverse("approvals:request_new")),
        (_("Payment calendar"), reverse("approvals:calendar")),
    )
    return JsonResponse(
        {
            "id": home,
            "name": "Signoff",
            "short_name": "Signoff",
            "description": _("Approve and pay suppliers' invoices"),
            "lang": get_language() or "ru",
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "background_color": "#eef0f5",
            "theme_color": "#3f3a9e",
            "icons": [
                {"src": static(name), "sizes": size, "type": "image/png", "purpose": "any maskable"}
                for name, size in sizes
            ],
            "shortcuts": [{"name": name, "url": url} for name, url in shortcuts],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@login_not_required
@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may answer for every page; it keeps the offline page alone."""
    kept = [reverse("approvals:offline"), *map(static, KEPT)]
    version = hashlib.sha256("\n".join(kept).encode()).hexdigest()[:12]
    context = {"kept": kept, "version": version}
    return render(
        request, "service_worker.js", context, content_type="text/javascript; charset=utf-8"
    )


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the browser for when no answer comes."""
    return render(request, "offline.html")
