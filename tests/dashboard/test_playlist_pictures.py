"""A playlist as it is after some weeks: pictures, another playlist, a tag, and what is new in its draft.

With CLARION_PICTURES set to a folder, the picture of the guide is taken on the way (`make pictures`).
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_version
from tests.dashboard.houses import add, api_of
from tests.dashboard.published import approve_own, put_in
from tests.dashboard.test_content_pictures import POSTERS, approved, poster
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant


def test_a_playlist_of_all_kinds_opens_without_a_complaint(
    browser: Browser, dashboard_url: str, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    house = make_tenant(postgres.url("dashboard"), "St Anna programme")
    media: dict[str, str] = {}
    with api_of(hub, house.admin.email) as api:
        approve_own(api)
        for name, (colour, line, category, tags) in POSTERS.items():
            content_id = add(api, "/contents", name=name, category=category, tags=tags)
            media[name] = add_version(api, content_id, poster(tmp_path, name, line, colour))
            approved(api, api, media[name])
        evenings = add(api, "/playlists", name="Evenings")
        for name in ("Summer concert", "Donate blood"):
            put_in(api, evenings, media_id=media[name])
        api.post(f"/playlists/{evenings}/publish", json={"note": "First"}).raise_for_status()
        entrance = add(api, "/playlists", name="Entrance", description="What everybody sees who comes in")
        put_in(api, entrance, media_id=media["Welcome"], duration_s=12, transition="fade")
        put_in(api, entrance, media_id=media["Visiting hours"], duration_s=8)
        api.post(f"/playlists/{entrance}/publish", json={"note": "For the opening"}).raise_for_status()
        put_in(api, entrance, playlist_id=evenings)
        put_in(api, entrance, content_tag="wards", duration_s=6)
        put_in(api, entrance, media_id=media["Flu shots"], enabled=False)
    context = new_context(browser)
    visit = Visit(context.new_page(), dashboard_url)
    page = visit.page
    visit.enter(house.admin.email, f"/playlists/{entrance}")
    expect(page.get_by_test_id("item")).to_have_count(5)
    expect(page.get_by_test_id("draft-total")).to_have_text("5 items, 0:58")
    page.get_by_test_id("item-play").nth(2).click()
    expect(page.get_by_test_id("preview-name")).to_have_text("Summer concert")
    shown = page.locator(".preview-layer:not(.preview-still) img").last
    expect(shown).to_have_js_property("naturalWidth", 1280)
    picture(page, "playlist")
    page.get_by_test_id("preview-next").click()
    expect(page.get_by_test_id("preview-name")).to_have_text("Donate blood")
    page.get_by_test_id("playlist-publish").click()
    expect(page.get_by_test_id("publish-screens")).to_have_text("Entrance is on no screen now.")
    expect(page.get_by_test_id("diff-line")).to_have_count(5)
    assert visit.complaints == [] and visit.foreign == []
    context.close()
