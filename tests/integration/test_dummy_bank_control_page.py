"""The page on which a developer breaks the bank: it works without script, and for nobody else's pages."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from dummy_bank.app import create_app
from dummy_bank.faults import Faults
from tests.integration.dummy_bank_town import ACCOUNT, IFSC, Town, a_town, bank_settings, free_port, served


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


def fields(page: str) -> dict[str, str]:
    """What a browser would send if nobody changed anything."""
    sent: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name
        if 'type="checkbox"' not in tag:
            sent[name[1]] = html.unescape(value[1]) if value else ""
        elif " checked" in tag:
            sent[name[1]] = "on"
    return sent


async def send(town: Town, form: dict[str, str], action: str = "set", **headers: str) -> httpx.Response:
    return await town.browser.post(
        "/hdfc/control", data=form | {"action": action}, headers={"Origin": town.url} | headers
    )


async def in_force(town: Town) -> dict[str, object]:
    return (await town.browser.get("/hdfc/control/faults")).json()


EVERYTHING = {
    "seed": -3, "down": True, "latency_ms": [10, 20], "error_rate": 0.125, "drop_response_rate": 1e-05,
    "pending_rate": 1, "pending_ms": 5, "fail_rate": 0.1, "reversal_rate": 0.3333333333333333, "reversal_after_ms": 0,
    "idempotent_references": False, "webhook_delay_ms": 7, "webhook_duplicates": 20, "webhook_new_ids": True,
    "webhook_shuffle": True, "webhook_loss_rate": 0.9, "late_success_after_decline": True, "statement_errors": 1000,
}  # fmt: skip


async def test_what_is_in_force_is_shown_and_sending_it_back_changes_nothing(town: Town) -> None:
    for faults in ({}, EVERYTHING):
        await town.break_it(**faults)
        before = await in_force(town)
        page = await town.browser.get("/hdfc/control")

        answer = await send(town, fields(page.text))

        assert page.status_code == 200
        assert (answer.status_code, answer.headers["location"]) == (303, "/hdfc/control?set")
        assert await in_force(town) == before
    assert set(EVERYTHING) == set(Faults.model_fields)


async def test_every_field_has_a_label_and_the_page_no_script(town: Town) -> None:
    page = (await town.browser.get("/hdfc/control?set")).text

    ids = re.findall(r'<input id="([^"]+)"', page)
    assert sorted(ids) == sorted(re.findall(r'<label for="([^"]+)"', page))
    assert {re.sub("_(from|to)_ms", "_ms", name) if "latency" in name else name for name in ids} == set(
        Faults.model_fields
    )
    assert page.count("<form") == 1
    assert "<script" not in page
    assert "style=" not in page
    assert "The faults are set." in page


async def test_an_empty_field_is_as_in_a_bank_that_works(town: Town) -> None:
    await town.break_it(**EVERYTHING)

    await send(town, {"error_rate": " 0.5 ", "pending_ms": "", "down": "on"})

    assert await in_force(town) == Faults(error_rate=0.5, down=True, idempotent_references=False).model_dump(
        mode="json"
    )


async def test_the_second_button_clears_everything_whatever_is_typed(town: Town) -> None:
    await town.break_it(**EVERYTHING)

    answer = await send(town, {"error_rate": "nonsense"}, action="clear")

    assert answer.status_code == 303
    assert await in_force(town) == Faults().model_dump(mode="json")


async def test_what_is_no_fault_is_said_and_changes_nothing(town: Town) -> None:
    await town.break_it(error_rate=0.25)
    before = await in_force(town)
    for form, said in [
        ({"error_rate": "1.5"}, "Error rate"),
        ({"error_rate": "<b>half</b>"}, "Error rate"),
        ({"error_rate": "NaN"}, "Error rate"),
        ({"error_rate": "1e999"}, "Error rate"),
        ({"seed": "9" * 5_000}, "Seed"),
        ({"seed": "1.5"}, "Seed"),
        ({"pending_ms": "-1"}, "Pending for"),
        ({"pending_ms": "१०"}, "Pending for"),
        ({"latency_from_ms": "5"}, "Latency from"),
        ({"latency_to_ms": "x"}, "Latency to"),
        ({"down": "perhaps"}, "Down"),
    ]:
        answer = await send(town, form)
        [alert] = re.findall(r'role="alert".*?</div>', answer.text, re.DOTALL)
        assert (answer.status_code, said in alert) == (422, True)
        assert "<b>half" not in answer.text
        assert await in_force(town) == before

    for form in ({"latency_ms": "5"}, {"unknown": "1"}, {"": ""}):
        assert (await send(town, form)).status_code == 422
        assert await in_force(town) == before
    assert (await send(town, {f"f{number}": "" for number in range(60)})).status_code == 422
    assert (await send(town, {"seed": "1" * 20_000})).status_code == 413


async def test_a_page_of_somebody_elses_can_neither_see_nor_send_it(town: Town) -> None:
    for headers in [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]:
        assert (await town.browser.get("/hdfc/control", headers=headers)).status_code == 403
        assert (await send(town, {"down": "on"}, **headers)).status_code == 403
    assert (await send(town, {"down": "on"}, Origin="")).status_code == 403
    assert (await town.browser.get("/icici/control")).status_code == 404

    assert (await in_force(town))["down"] is False


async def test_the_last_payments_and_payouts_are_listed(town: Town) -> None:
    created = await town.pay_later("r-<1>")
    await town.control(created.token, "approve")
    await town.break_it(reversal_rate=1, reversal_after_ms=0)
    for number in range(25):
        await town.pay_out(f"w-{number}", amount_paise=1_00_000_00)
    await town.hdfc.payout_state("w-24")

    page = (await town.browser.get("/hdfc/control")).text
    other = (await town.browser.get("/axis/control")).text

    assert "r-&lt;1&gt;" in page
    assert "₹2,000.00" in page
    assert "paid" in page
    assert ">w-24<" in page
    assert ">w-4<" not in page  # the last twenty
    assert "₹1,00,000.00" in page
    assert f"{ACCOUNT} {IFSC}" in page
    assert "reversed" in page
    assert other.count("None yet.") == 2


async def test_outside_development_there_is_no_control(tmp_path: Path) -> None:
    port = free_port()
    settings = bank_settings(tmp_path, free_port(), port).model_copy(update={"batua_env": "prod"})
    async with (
        served(create_app(settings), port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser,
    ):
        for method, path in [
            ("GET", "/hdfc/control"),
            ("POST", "/hdfc/control"),
            ("GET", "/hdfc/control/faults"),
            ("PUT", "/hdfc/control/faults"),
            ("DELETE", "/hdfc/control/faults"),
            ("POST", "/hdfc/control/payments/pay_1"),
        ]:
            answer = await browser.request(method, path, json={}, headers={"Origin": str(browser.base_url)})
            assert answer.status_code == 404
