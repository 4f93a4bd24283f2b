"""The playground, as a browser would load it."""

import re

from tests.support.twin import RunningTwin


def test_page_is_served_from_our_own_origin(twin: RunningTwin) -> None:
    page = twin.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert assets
    assert all(asset.startswith("/assets/") for asset in assets)


def test_assets_are_kept_by_browsers(twin: RunningTwin) -> None:
    page = twin.client.get("/").text
    for asset in re.findall(r'"(/assets/[^"]+)"', page):
        response = twin.client.get(asset)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_files_beside_the_assets_are_not_served(twin: RunningTwin) -> None:
    for path in ("/.stamp", "/assets/../.stamp", "/assets/%2e%2e/.stamp"):
        assert twin.client.get(path).status_code == 404


def test_outputs_name_whom_one_can_be(twin: RunningTwin) -> None:
    users = twin.client.get("/amplify_outputs.json").json()["custom"]["users"]
    assert {"name": "alice", "groups": []} in users
    assert {"name": "ada", "groups": ["admin"]} in users
    for user in users:
        answer = twin.client.post("/local/token", json={"user": user["name"]})
        assert answer.status_code == 200
