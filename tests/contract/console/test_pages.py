"""Each page of the console in a real browser, in both colours and on a phone."""

import asyncio

import pytest

from tests.contract.console.conftest import TAG, Browser, Visitor, check_id_in, expect
from tests.contract.console.sites import HOSTILE, held_site
from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import System

PLACES = ("eu-west-1", "us-east-1")


async def test_signing_in_leads_to_where_one_wanted_to_go(visitor: Visitor) -> None:
    await visitor.go("/checks?status=failed")
    assert "/sign-in?next=" in visitor.page.url
    await visitor.looked_at("sign-in")
    await visitor.page.fill("input[name=api_key]", visitor.system.api_key)
    await visitor.page.click("main button.main")
    await visitor.page.wait_for_url("**/checks?status=failed")
    cookies = await visitor.page.context.cookies()
    assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Strict")]
    assert visitor.system.api_key not in str(cookies)
    assert await visitor.page.evaluate("document.cookie") == ""


async def test_a_check_is_asked_for_and_followed_to_its_report(member: Visitor) -> None:
    async with asyncio.timeout(60):
        # Probers tell it when they have begun.
        while (await member.text()).count(TAG) < len(PLACES):
            await asyncio.sleep(0.2)
            await member.page.reload()
    await member.looked_at("new-check")
    async with held_site() as site:
        await member.page.fill("input[name=fqdn]", "held.town.test")
        await member.page.fill("input[name=ports]", str(site.port))
        await member.page.click("main button.main")
        await expect(member.page.locator("#progress li.started")).to_be_visible()
        await expect(member.page.locator("#progress li.dns")).to_contain_text("Name: 127.0.0.1")
        await member.looked_at("progress")
        site.go_on.set()
        await expect(member.page.locator(".verdict")).to_contain_text("nalyzable")
    assert check_id_in(member.page.url)
    assert await member.page.locator("#progress").count() == 0


async def test_a_report_tells_the_verdict_then_why_then_what_was_seen(
    member: Visitor, town: Town
) -> None:
    check_id = await member.checked(
        "www.town.test",
        ports=[town.http, town.https],
        paths=["/", "/moved", "/private"],
        include_content_sample=True,
        max_redirects=2,
        dns_records=True,
    )
    await member.go(f"/checks/{check_id}")
    text = await member.text()
    headings = ("Why", "Name", "Ports", "Certificate chain", "Paths", "Timeline", "Redirects")
    places = [text.index(f"\n{heading}\n") for heading in headings]
    assert places == sorted(places)
    assert text.index("nalyzable") < places[0]
    assert f"/v1/check/{check_id}\n" in await member.page.inner_text("pre.curl")
    assert await member.page.locator(".bars svg rect").count() > 0
    await expect(member.page.locator("pre.sample").first).to_be_visible()
    await member.looked_at("report")


async def test_a_check_from_two_vantage_points_shows_a_lane_of_each_and_that_they_agree(
    member: Visitor,
) -> None:
    page = member.page
    async with held_site() as site:
        await page.fill("input[name=fqdn]", "several.town.test")
        await page.fill("input[name=ports]", str(site.port))
        for place in PLACES:
            await page.check(f"input[name='place:{place}']")
        await page.select_option("select[name=quorum]", "all")
        await page.click("main button.main")
        await expect(page.locator("#progress-state")).to_contain_text("until the last of them")
        await expect(page.locator("main")).to_contain_text(
            f"Awaited: {', '.join(PLACES)} (2 of 2)."
        )
        await member.looked_at("progress-several")
        site.go_on.set()
        await expect(page.locator(".verdict")).to_contain_text("nalyzable")
    lanes = page.locator(".lane")
    await expect(lanes).to_have_count(2)
    for number, place in enumerate(PLACES):
        await expect(lanes.nth(number).locator("strong")).to_have_text(place)
        await expect(lanes.nth(number)).to_contain_text("/ 200")
    await expect(page.locator(".agreement")).to_contain_text("All that are counted agree")
    assert '"vantage_points":["eu-west-1","us-east-1"],"quorum":"all"' in await member.text()
    await member.looked_at("report-several")
    check_id = check_id_in(page.url)
    await page.click("text=Check again")
    for place in PLACES:
        await expect(page.locator(f"input[name='place:{place}']")).to_be_checked()
    assert await page.input_value("select[name=quorum]") == "all"
    await member.go(f"/console/checks/{check_id}/report.html")
    text = await member.text()
    assert "All that are counted agree (agree)" in text
    assert "Seen from these as well" in text


async def test_several_vantage_points_can_be_chosen_without_scripts(
    browser: Browser, system: System, town: Town
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    visitor = Visitor(await context.new_page(), system)
    await visitor.sign_in()
    await visitor.page.fill("input[name=fqdn]", "plain.town.test")
    await visitor.page.fill("input[name=ports]", str(town.http))
    await visitor.page.check("input[name=everywhere]")
    await visitor.page.click("main button.main")
    await visitor.page.wait_for_url("**/checks/chk_*")
    async with asyncio.timeout(120):
        while "All that are counted agree" not in await visitor.text():
            await asyncio.sleep(0.2)
            await visitor.page.reload()
    await expect(visitor.page.locator(".lane")).to_have_count(2)
    await context.close()


async def test_checks_are_listed_filtered_and_compared(member: Visitor, town: Town) -> None:
    first = await member.checked("compared.town.test", ports=[town.http])
    second = await member.checked("compared.town.test", ports=[town.https])
    await member.go("/checks")
    await member.looked_at("checks")
    await member.page.fill("input[name=fqdn]", "compared.town.test")
    await member.page.click("form[role=search] button")
    await member.page.wait_for_url("**/checks?fqdn=compared.town.test*")
    boxes = member.page.locator("input[name=check]")
    await expect(boxes).to_have_count(2)
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await member.page.click("text=Compare two chosen checks")
    await member.page.wait_for_url("**/compare?*")
    text = await member.text()
    assert f"Port {town.http}" in text.partition("What is the same")[0]
    named = member.page.locator("input[name=check]")
    order = [await named.nth(place).input_value() for place in range(2)]
    assert order == [first, second]
    await member.looked_at("compare")


async def test_a_delivery_is_shown_and_sent_again(
    member: Visitor, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(member.system)
    check_id = await member.checked("hooked.town.test", ports=[town.http])
    await member.go("/webhooks")
    await expect(member.page.locator("table")).to_contain_text(receiver.url)
    await member.looked_at("webhooks")
    await member.page.click(f"text={receiver.url}")
    row = member.page.locator("tr", has=member.page.locator(f"a[href='/checks/{check_id}']"))
    async with asyncio.timeout(120):
        while "delivered" not in await member.text():
            await asyncio.sleep(0.2)
            await member.page.reload()
    await expect(row).to_contain_text("200")
    await member.looked_at("deliveries")
    await row.locator("text=Resend").click()
    await expect(member.page.locator("[role=status]")).to_contain_text("being sent again")
    async with asyncio.timeout(120):
        while [each.check_id for each in receiver.deliveries].count(check_id) < 2:
            await asyncio.sleep(0.05)


async def test_a_webhook_is_made_changed_and_deleted_by_form(
    member: Visitor, town: Town, receiver: Receiver
) -> None:
    page = member.page
    await member.go("/webhooks")
    await page.click("text=New webhook")
    await page.wait_for_url("**/webhooks/new")
    await member.looked_at("webhook-new")
    await page.fill("input[name=url]", receiver.url)
    await page.fill("input[name=description]", "The shop's deployment board")
    await page.get_by_role("button", name="Create webhook").click()
    secret = page.get_by_label("Signing secret")
    await expect(secret).to_contain_text("whsec_")
    receiver.secret = await secret.inner_text()
    # A picture is kept, and what signs is not for those who look at it.
    await secret.locator("code").evaluate(
        "code => { code.textContent = 'whsec_' + '•'.repeat(44) }"
    )
    await member.looked_at("webhook-created")
    check_id = await member.checked("made.town.test", ports=[town.http])
    async with asyncio.timeout(120):
        while check_id not in [event["data"]["id"] for event in receiver.events]:
            await asyncio.sleep(0.1)
    await page.click("text=Go on to the webhook")
    await page.get_by_role("link", name="Change", exact=True).click()
    await page.wait_for_url("**/edit")
    await member.looked_at("webhook-edit")
    assert await page.input_value("input[name=description]") == "The shop's deployment board"
    await page.fill("input[name=description]", HOSTILE)
    await page.uncheck("input[name=enabled]")
    await page.check("input[name='event:check.cancelled']")
    await page.click("text=Save")
    await expect(page.locator("[role=status]")).to_contain_text("was changed")
    assert "disabled: disabled_by_user" in await member.text()
    assert "check.cancelled" in await member.text()
    assert HOSTILE in await member.text()
    await page.click("summary:has-text('Delete')")
    await page.click("text=Delete for good")
    await expect(page.locator("[role=status]")).to_contain_text("was deleted")


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("/vantage-points", "vantage-points", TAG),
        ("/usage", "usage", "Checks created this minute"),
        ("/keys", "keys", "keys create"),
    ],
)
async def test_what_belongs_to_the_account_is_shown(
    member: Visitor, path: str, name: str, told: str
) -> None:
    assert await member.go(path) == 200
    text = await member.text()
    assert told in text
    assert member.system.api_key not in await member.page.content()
    assert "/v1/" in await member.page.inner_text("pre.curl")
    await member.looked_at(name)


async def test_every_page_has_an_address_and_says_the_same_with_curl(member: Visitor) -> None:
    links = member.page.locator("header nav a")
    paths = [await links.nth(place).get_attribute("href") for place in range(await links.count())]
    assert len(paths) == 7
    for path in [*paths, "/webhooks/new", "/checks?status=completed"]:
        assert await member.go(path) == 200
        assert member.page.url == member.system.rest + path
        assert f"{member.system.rest}/v1/" in await member.page.inner_text("pre.curl")
