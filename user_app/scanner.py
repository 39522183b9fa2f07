"""Reads a shop's code in the browser: from the camera, or from a picture. Neither ever leaves the device.

Where the browser has a decoder of its own it is used; else ours is loaded, from our own port, when it is needed. What
was read goes to the server as text, through the form, and is judged there.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import EventType
from reflex_components_core.el.element import Element

from shared_ui.icons import icon
from shared_ui.labelled import BOX, labelled
from shared_ui.parts import MAIN, SECOND
from shared_ui.texts import Text

_SCANNING = """
const scanEveryMilliseconds = 150;
const picturesAreReadAt = [800, 1600, 3000];
const say = (scanner, word) => { if (scanner) scanner.dataset.scan = word; };
const drawn = (source, width, height, longest) => {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
};
const browsersDecoder = async () => {
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? "";
  } catch { return null; }
};
const ourDecoder = async () => {
  const found = await import("jsqr");
  const read = found.default?.default ?? found.default ?? found;
  return async (canvas) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return read(pixels.data, pixels.width, pixels.height)?.data ?? "";
  };
};
const tell = (scanner, text) => {
  const form = scanner.querySelector("form");
  form.elements.code.value = text;
  form.requestSubmit();
};
const stopCamera = (scanner, word) => {
  clearTimeout(scanner?.scanTimer);
  scanner?.scanStream?.getTracks().forEach((track) => track.stop());
  if (scanner) scanner.scanStream = null;
  say(scanner, word);
};
const whyNoCamera = (error) =>
  error.name === "NotAllowedError" || error.name === "SecurityError" ? "refused"
  : error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "missing" : "busy";
const startCamera = async (scanner) => {
  if (scanner.scanStream || scanner.dataset.scan === "asking") return;
  if (!navigator.mediaDevices?.getUserMedia) return say(scanner, "missing");
  say(scanner, "asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    if (!scanner.isConnected) return stream.getTracks().forEach((track) => track.stop());
    const video = scanner.querySelector("video");
    scanner.scanStream = stream;
    video.srcObject = stream;
    await video.play();
    const decode = (await browsersDecoder()) ?? (await ourDecoder());
    say(scanner, "looking");
    const look = async () => {
      if (scanner.scanStream !== stream) return;
      const text = video.videoWidth ? await decode(drawn(video, video.videoWidth, video.videoHeight, 800)) : "";
      if (scanner.scanStream !== stream) return;
      if (text) { stopCamera(scanner, "read"); tell(scanner, text); return; }
      scanner.scanTimer = setTimeout(look, scanEveryMilliseconds);
    };
    await look();
  } catch (error) { stopCamera(scanner, whyNoCamera(error)); }
};
const scannerOf = (event) => event.currentTarget.closest("[data-scan]");
const useCamera = (event) => startCamera(scannerOf(event));
const leaveCamera = (event) => stopCamera(scannerOf(event), "idle");
const readPicture = async (event) => {
  const field = event.currentTarget, scanner = scannerOf(event), file = field.files[0];
  if (!file) return;
  stopCamera(scanner, "reading");
  try {
    const picture = await createImageBitmap(file);
    for (const decoder of [browsersDecoder, ourDecoder]) {
      const decode = await decoder();
      for (const longest of decode ? picturesAreReadAt : []) {
        const text = await decode(drawn(picture, picture.width, picture.height, longest));
        if (text) { say(scanner, "read"); tell(scanner, text); return; }
        if (longest >= Math.max(picture.width, picture.height)) break;
      }
    }
    say(scanner, "none");
  } catch { say(scanner, "unreadable"); }
  finally { field.value = ""; }
};
const readyToScan = (scanner) => {
  if (!scanner) return;
  // Who has allowed it before is not asked to press a button for it.
  navigator.permissions?.query({ name: "camera" }).then(
    (asked) => { if (asked.state === "granted" && scanner.isConnected) startCamera(scanner); }, () => {});
  return () => stopCamera(scanner, "idle");
};
"""
_SENTENCES = {
    "asking": "Your browser asks whether the camera may be used here.",
    "looking": "Hold the shop's code in front of the camera.",
    "reading": "Looking for the code.",
    "read": "A code was read.",
    "refused": "The camera may not be used here. Allow it in your browser's settings, choose a picture of the code, "
    "or type the shop's handle.",
    "missing": "There is no camera to be used here. Choose a picture of the code, or type the shop's handle.",
    "busy": "The camera could not be started; another program may be using it. Choose a picture of the code, or type "
    "the shop's handle.",
    "none": "There is no code to be seen in this picture. Try a sharper one, or type the shop's handle.",
    "unreadable": "This file is no picture that can be read here. Choose another one, or type the shop's handle.",
}
_SHOWN = {word: f"hidden group-data-[scan={word}]:block" for word in _SENTENCES}


class _Scanner(Element):
    tag = "div"

    def add_custom_code(self) -> list[str]:
        return [_SCANNING]


class _Video(Element):
    tag = "video"


class _Button(Element):
    tag = "button"

    type: rx.Var[str]


class _Picture(Element):
    tag = "input"

    type: rx.Var[str]
    accept: rx.Var[str]


def scanner(*, problem: Text, on_read: EventType[dict[str, str]]) -> rx.Component:
    """`on_read` gets a form whose only field, `code`, is what was read; `problem` is what is wrong with it."""
    return _Scanner.create(
        _viewfinder(),
        rx.el.div(
            _pressed("Use the camera", "useCamera", f"{MAIN} w-full gap-2", sign="scan"),
            class_name="group-data-[scan=looking]:hidden",
        ),
        rx.el.div(
            _pressed("Stop the camera", "leaveCamera", f"{SECOND} w-full"),
            class_name="hidden group-data-[scan=looking]:block",
        ),
        labelled(
            _Picture.create(
                type="file",
                accept="image/*",
                custom_attrs={"onChange": rx.Var("readPicture"), "id": _PICTURE},
                class_name=f"{BOX} py-3 file:mr-3 file:border-0 file:bg-transparent file:font-medium file:text-accent",
            ),
            label="A picture of the code",
            field_id=_PICTURE,
            hint="It is read on this device, and goes nowhere.",
            problem="",
        ),
        rx.el.div(
            *(
                rx.el.p(sentence, class_name=f"text-label font-medium text-waiting {_SHOWN[word]}")
                for word, sentence in _SENTENCES.items()
            ),
            rx.el.p(problem, class_name=f"text-label font-medium text-bad {_SHOWN['read']}"),
            aria_live="polite",
        ),
        rx.el.form(rx.el.input(type="hidden", name="code"), on_submit=on_read, class_name="hidden"),
        custom_attrs={"data-scan": "idle", "ref": rx.Var("readyToScan")},
        class_name="group flex flex-col gap-4",
    )


_PICTURE = "field-picture"


def _viewfinder() -> rx.Component:
    return rx.el.div(
        _Video.create(
            custom_attrs={"muted": True, "playsInline": True, "aria-label": "What the camera sees"},
            class_name="aspect-square w-full rounded-card bg-line object-cover tablet:max-h-[420px]",
        ),
        rx.el.div(
            class_name="pointer-events-none absolute inset-[12%] rounded-card border-2 border-raised shadow-soft"
        ),
        class_name="relative hidden group-data-[scan=looking]:block",
    )


def _pressed(label: str, work: str, class_name: str, *, sign: str = "") -> Any:  # noqa: ANN401 # Reflex's own type
    return _Button.create(
        *([icon(sign)] if sign else []),
        label,
        type="button",
        custom_attrs={"onClick": rx.Var(work)},
        class_name=class_name,
    )
