"""Headless Chromium, driven over a pipe by its DevTools protocol; what a page takes to load, filter and paint."""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def find_browser():
    """Return the path of Chromium, or `None`."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page in a browser of its own; a context manager."""

    def __init__(self, width=1280, height=900):
        self.width, self.height = width, height
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._events = []

    def __enter__(self):
        self._profile = tempfile.mkdtemp()
        theirs, self._write = os.pipe()
        self._read, answers = os.pipe()
        path = find_browser()
        options = [*OPTIONS, f"--user-data-dir={self._profile}", "--remote-debugging-pipe", "about:blank"]
        # Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        shell = f'exec "$0" "$@" 3<&{theirs} 4>&{answers}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, path, *options], pass_fds=(theirs, answers), stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(answers)
        target = self._call("Target.getTargets", session=None)["targetInfos"]
        page = next(one["targetId"] for one in target if one["type"] == "page")
        attached = self._call("Target.attachToTarget", session=None, targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self.resize(self.width, self.height)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def resize(self, width, height, *, mobile=False):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def media(self, *, kind="", dark=False):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media=kind, features=[scheme])

    def scripts(self, *, on):
        self._call("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, path):
        """Open a file, wait until it is loaded, and return what the browser complained of or asked the network for."""
        self._events.clear()
        address = Path(path).resolve().as_uri()
        self._call("Page.navigate", url=address)
        self._until(lambda event: event["method"] == "Page.loadEventFired")
        time.sleep(0.2)
        self._call("Runtime.evaluate", expression="1")
        return [*_complaints(self._events), *_requests(self._events, address)]

    def run(self, expression):
        """Return the value of a JavaScript expression, a promise's once it is there."""
        found = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"])[:2000])
        return found["result"].get("value")

    def picture(self, path, *, selector="", full=False):
        """Write a picture of what is in view, of the whole page, or of the page from an element on."""
        if full:
            self.resize(self.width, self.run("document.documentElement.scrollHeight"))
        elif selector:
            self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView()")
        shot = self._call("Page.captureScreenshot", format="png")
        Path(path).write_bytes(base64.b64decode(shot["data"]))
        if full:
            self.resize(self.width, self.height)

    def _call(self, method, *, session="own", **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda event: event.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _until(self, wanted, seconds=120):
        end = time.monotonic() + seconds
        while True:
            while b"\0" not in self._buffer:
                if not select.select([self._read], [], [], max(0, end - time.monotonic()))[0]:
                    raise TimeoutError(f"the browser did not answer within {seconds} s")
                part = os.read(self._read, 1 << 20)
                if not part:
                    raise RuntimeError("the browser has gone")
                self._buffer += part
            text, _, self._buffer = self._buffer.partition(b"\0")
            event = json.loads(text)
            if "method" in event:
                self._events.append(event)
            if wanted({"method": "", **event}):
                return event


def _complaints(events):
    for event in events:
        if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown"):
            yield json.dumps(event["params"])[:500]


def _requests(events, address):
    for event in events:
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if url.partition("#")[0] != address:
                yield f"asked for {url}"


KEY_STROKE = """
new Promise(resolve => {
  const input = document.getElementById("text");
  const start = performance.now();
  input.value = %s;
  input.dispatchEvent(new Event("input", {bubbles: true}));
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve(performance.now() - start);
    channel.port2.postMessage(0);
  });
})
"""


def measure(path, strokes=("s", "s0", "s09", "s099", "s0999", "")):
    """Return seconds until a class page is loaded, and milliseconds from each key stroke until it is painted."""
    with Browser() as browser:
        browser.open(path)
        loads = []
        for _ in range(5):
            browser.open(path)
            loads.append(browser.run("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
        paints = [browser.run(KEY_STROKE % json.dumps(text)) for text in strokes]
    return sorted(loads)[2], paints
