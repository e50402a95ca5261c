"""The product as an installed application."""

from __future__ import annotations

import json
import re

from django.contrib.staticfiles import finders
from django.test import Client

from approvals.tests.builders import World
from approvals.tests.pages import logged_in


def test_the_manifest_leads_home_and_its_icons_are_there() -> None:
    response = Client().get("/manifest.webmanifest", headers={"accept-language": "ru"})

    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["display"], manifest["lang"]) == (
        "/",
        "standalone",
        "ru",
    )
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon


def test_what_is_kept_for_no_network_is_there_and_nobodys() -> None:
    worker = Client().get("/service-worker.js")
    kept = re.findall(r'"(/[^"]+)"', worker.content.decode().replace("\\u002D", "-"))

    assert worker["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker["Cache-Control"]
    assert kept[0] == "/offline/"
    for address in kept[1:]:
        assert finders.find(address.removeprefix("/static/")), address
    assert "Нет связи" in Client().get("/offline/").content.decode()


def test_every_page_names_both(world: World) -> None:
    page = logged_in(world.manager).get("/").content.decode()

    assert 'rel="manifest" href="/manifest.webmanifest"' in page
    assert 'data-service-worker="/service-worker.js"' in page
