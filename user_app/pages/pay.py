"""A shop's page: anybody may look at it, and whoever is signed in pays there."""

from __future__ import annotations

import reflex as rx

from shared_ui.balance import balance_card
from shared_ui.elements import PlainLink
from shared_ui.frame import columns, form_page
from shared_ui.parts import CARD, MAIN, initials, main_link
from shared_ui.shell import public_page
from shared_ui.states import empty_state, loading, skeleton_card
from shared_ui.turned_back import LINK
from user_app.frame import wallet_page
from user_app.pay_card import pay_card, suggestion
from user_app.pay_state import Paying
from user_app.scan_words import PAGE as SCAN
from user_app.wallet_state import Wallet


def _for_person() -> rx.Component:
    return wallet_page(
        columns(
            5,
            # On a phone it makes room for the one thing to do; what there is stands below the amount.
            rx.el.div(
                balance_card(Wallet.balance, Wallet.on_hold, is_ready=Wallet.is_ready),
                class_name="hidden wide:block",
            ),
        ),
        columns(7, pay_card()),
        title="Pay a shop",
        active="/p2ptransfer",
        on_focus=Paying.come_back,
    )


def _for_stranger() -> rx.Component:
    shop = Paying.to
    return form_page(
        "Pay this shop",
        "With Batua, a wallet that pays once, however often you press.",
        rx.el.div(
            initials(rx.cond(shop.initials != "", shop.initials, shop.name[:1]), _LARGE),
            rx.el.div(
                rx.el.h2(shop.name, class_name="text-title font-strong [overflow-wrap:anywhere]"),
                rx.el.p(shop.contact, class_name="text-quiet [overflow-wrap:anywhere]"),
                class_name="min-w-0",
            ),
            class_name=f"flex items-center gap-4 p-4 {CARD}",
        ),
        suggestion(),
        PlainLink.create("Log in to pay", href=Paying.log_in, class_name=MAIN),
        PlainLink.create("New here? Open a wallet", href="/signup", class_name=LINK),
        name="Batua",
    )


def _nowhere() -> rx.Component:
    return _in_the_middle(
        rx.el.h1("There is no such shop", class_name="sr-only"),
        empty_state(
            "There is no such shop",
            "Its address may be mistyped, or it takes no payments any more. Nothing was paid.",
            main_link("Scan or type another", SCAN),
        ),
    )


def _not_yet() -> rx.Component:
    return _in_the_middle(
        rx.el.h1("Pay this shop", class_name="sr-only"),
        loading(skeleton_card()),
    )


def _in_the_middle(*content: rx.Component) -> rx.Component:
    return public_page(
        rx.el.div(*content, class_name="mx-auto w-full max-w-form px-4 py-6 tablet:py-12"), name="Batua"
    )


_LARGE = "size-16 text-title bg-accent-soft text-accent"


def pay() -> rx.Component:
    return rx.fragment(
        rx.match(
            Paying.who,
            ("person", _for_person()),
            ("stranger", _for_stranger()),
            ("nowhere", _nowhere()),
            _not_yet(),
        )
    )
