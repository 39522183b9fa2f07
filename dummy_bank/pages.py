"""The bank's pages as answers; their text and shape stand in `templates/`, their colours in `style.css`."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dummy_bank.brands import BRANDS, Brand
from dummy_bank.customers import DEMO_CUSTOMERS, DEMO_PASSWORD, Customer
from dummy_bank.desk import brand_of
from dummy_bank.payment import Payment
from money.rupees import format_rupees

PAYEE = "Batua"

_FOLDER = Path(__file__).resolve().parent / "templates"
_templates = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_style = (_FOLDER / "style.css").read_text()


def routes() -> list[Route]:
    return [
        Route("/", start),
        Route("/style.css", style),
        Route("/{bank}", bank_start),
    ]


async def start(_: Request) -> Response:
    return _page("start.html", None, 200, banks=list(BRANDS.values()))


async def bank_start(request: Request) -> Response:
    return _page("bank.html", brand_of(request), 200)


async def style(_: Request) -> Response:
    return Response(_style, media_type="text/css")


def login(
    brand: Brand, payment: Payment, *, fault: str = "", customer_id: str = "", status_code: int = 200
) -> Response:
    return _page(
        "login.html",
        brand,
        status_code,
        payment=payment,
        amount=format_rupees(payment.amount_paise),
        fault=fault,
        customer_id=customer_id,
        demo_customers=DEMO_CUSTOMERS,
        demo_password=DEMO_PASSWORD,
    )


def confirm(
    brand: Brand, payment: Payment, known: Customer, *, ticket: str, fault: str, status_code: int
) -> Response:
    return _page(
        "confirm.html",
        brand,
        status_code,
        payment=payment,
        amount=format_rupees(payment.amount_paise),
        customer=known,
        balance=format_rupees(known.balance_paise),
        ticket=ticket,
        fault=fault,
    )


def outcome(brand: Brand, payment: Payment, *, status_code: int = 200) -> Response:
    """How a decided or expired payment stands."""
    return _page(
        "outcome.html", brand, status_code, payment=payment, amount=format_rupees(payment.amount_paise)
    )


def control(brand: Brand, status_code: int, **shown: object) -> Response:
    """The faults and what was paid last; `control_page.py` knows what is shown."""
    return _page("control.html", brand, status_code, **shown)


def notice(brand: Brand | None, sentence: str, status_code: int, *, back: str = "") -> Response:
    return _page("notice.html", brand, status_code, sentence=sentence, back=back)


def _page(template: str, brand: Brand | None, status_code: int, **shown: object) -> Response:
    html = _templates.get_template(template).render(brand=brand, payee=PAYEE, **shown)
    return HTMLResponse(html, status_code)
