"""What the counter's page does in the browser: says each payment once, in order, and keeps the screen awake.

All of it begins with a button, for browsers make no sound before somebody has pressed one. The list of the newest
payments carries each payment's running number; what is above the highest number seen so far is new, however it came:
one by one, several at once, or all together after a time without a connection.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

_ANNOUNCING = r"""
// One for all: the parts of a page stand in files of their own, each with a copy of these lines.
const counter = globalThis.counter ??= {
  isOn: false, isBusy: false, shop: "", last: 0, waiting: [], audio: null, lock: null, spoken: null,
};
const TONES = [[880, 0], [1318.5, 0.14]];
const howToAnnounce = () => document.getElementById("field-announce")?.value ?? "en-IN";
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const chime = async () => {
  const audio = counter.audio;
  if (!audio) return;
  if (audio.state === "suspended") await Promise.race([audio.resume(), pause(200)]);
  for (const [pitch, after] of TONES) {
    const tone = audio.createOscillator(), loudness = audio.createGain(), begin = audio.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.4, begin);
    loudness.gain.exponentialRampToValueAtTime(0.001, begin + 0.3);
    tone.connect(loudness).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.3);
  }
  await pause(500);
};
const say = (text, language) => new Promise((done) => {
  if (!window.speechSynthesis) return done();
  // Kept: a browser forgets words that nobody holds, and never says that they have ended.
  const words = counter.spoken = new SpeechSynthesisUtterance(text);
  const voices = speechSynthesis.getVoices();
  const own = voices.find((one) => one.lang.replace("_", "-") === language)
    ?? voices.find((one) => one.lang.startsWith(language.slice(0, 2)));
  if (own) words.voice = own;
  words.lang = language;
  words.onend = words.onerror = done;
  speechSynthesis.speak(words);
  // Where there is no voice at all, nothing ever ends.
  setTimeout(done, 3_000 + 150 * text.length);
});
const announceWaiting = async () => {
  if (counter.isBusy) return;
  counter.isBusy = true;
  try {
    while (counter.isOn && counter.waiting.length) {
      const payment = counter.waiting.shift();
      await chime().catch(() => {});
      const language = howToAnnounce();
      if (language && counter.isOn) await say(language === "hi-IN" ? payment.hindi : payment.english, language);
    }
  } finally {
    counter.isBusy = false;
  }
};
const lookAtPayments = (list) => {
  const { shop, newest } = list.dataset;
  if (!newest) return;
  if (counter.shop !== shop) {
    // What stood there when the page came was there before it.
    counter.shop = shop;
    counter.last = Number(newest);
  }
  const fresh = [...list.children]
    .map((row) => ({ ...row.dataset, number: Number(row.dataset.number) }))
    .filter((one) => one.number > counter.last)
    .sort((one, other) => one.number - other.number);
  if (!fresh.length) return;
  counter.last = fresh.at(-1).number;
  if (!counter.isOn) return;
  counter.waiting.push(...fresh);
  announceWaiting();
};
const watchPayments = (list) => {
  if (!list || list.dataset.watched) return;
  list.dataset.watched = "yes";
  lookAtPayments(list);
  new MutationObserver(() => lookAtPayments(list)).observe(list, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-newest", "data-number", "data-shop"],
  });
};
const stayAwake = async () => {
  if (!counter.isOn || document.visibilityState !== "visible") return;
  try { counter.lock = await navigator.wakeLock?.request("screen"); } catch {}
};
const turnCounter = (isOn) => {
  counter.isOn = isOn;
  document.documentElement.dataset.counter = isOn ? "on" : "off";
};
const stopCounter = () => {
  turnCounter(false);
  counter.waiting.length = 0;
  if (window.speechSynthesis) speechSynthesis.cancel();
  counter.lock?.release().catch(() => {});
  counter.lock = null;
};
const switchCounter = () => {
  if (counter.isOn) return stopCounter();
  turnCounter(true);
  try {
    counter.audio ??= new AudioContext();
    counter.audio.resume().catch(() => {});
  } catch {}
  stayAwake();
};
const switchScreen = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
};
const rememberAnnounce = (event) => {
  try { localStorage.setItem("announce", event.currentTarget.value); } catch {}
};
const recallAnnounce = (field) => {
  try {
    const known = localStorage.getItem("announce");
    if (field && [...field.options].some((one) => one.value === known)) field.value = known;
  } catch {}
};
const counterComesAndGoes = (page) => {
  if (!page) stopCounter();
};
if (typeof document !== "undefined") document.addEventListener("visibilitychange", stayAwake);
"""


class _Part(Element):
    def add_custom_code(self) -> list[str]:
        return [_ANNOUNCING]


class CounterScreen(_Part):
    """The whole page; what was switched on ends with it."""

    tag = "div"

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # Reflex's own types
        return super().create(*children, custom_attrs={"ref": rx.Var("counterComesAndGoes")}, **props)


class PaymentList(_Part):
    """The newest payments, the newest first. `shop` and the highest running number, empty until they are known."""

    tag = "ol"

    @classmethod
    def create(cls, *children: Any, shop: str, newest: str, **props: Any) -> Element:  # noqa: ANN401 # the same
        watched = {"ref": rx.Var("watchPayments"), "data-shop": shop, "data-newest": newest}
        return super().create(*children, custom_attrs=watched, **props)


class _Button(_Part):
    tag = "button"

    type: rx.Var[str]


class SwitchButton(_Button):
    """Announces from now on, or no more."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # the same
        return super().create(
            *children, type="button", custom_attrs={"onClick": rx.Var("switchCounter")}, **props
        )


class ScreenButton(_Button):
    """Fills the screen, or no more."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # the same
        return super().create(
            *children, type="button", custom_attrs={"onClick": rx.Var("switchScreen")}, **props
        )


class AnnounceSelect(_Part):
    """How: remembered by this browser."""

    tag = "select"

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # the same
        attributes = {
            "id": "field-announce",
            "ref": rx.Var("recallAnnounce"),
            "onChange": rx.Var("rememberAnnounce"),
        }
        return super().create(*children, custom_attrs=attributes, **props)
