"""A headless Chromium on a pipe: pages are opened, clicked and typed into as by a person."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

BROWSER = shutil.which("chromium")
PATIENCE_S = 90.0


class Browser:
    """One page of one browser, driven by its DevTools protocol (commands end with a NUL)."""

    def __init__(self, folder: Path):
        from_us, to_browser = os.pipe()
        from_browser, to_us = os.pipe()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        self.profile = tempfile.mkdtemp(dir=folder)
        pipes = f'exec 3<&{from_us} 4>&{to_us}; exec "$@"'
        words = [str(BROWSER), *flags, f"--user-data-dir={self.profile}", "--window-size=1250,900"]
        self.process = subprocess.Popen(
            ["bash", "-c", pipes, "bash", *words, "about:blank"],
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        self.out, self.into, self.number, self.left = to_browser, from_browser, 0, b""
        self.events: list[dict] = []
        self.session = None
        pages = self.ask("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in pages if one["type"] == "page")
        held = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = held["sessionId"]
        self.ask("Network.enable")
        self.ask("Page.enable")

    def ask(self, method: str, **params) -> dict:
        """The answer to one command; events that come before it are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = self._next()
            if found.get("id") == self.number:
                assert "error" not in found, found
                return found["result"]
            self.events.append(found)
        raise TimeoutError(method)

    def _next(self) -> dict:
        while b"\0" not in self.left:
            read = os.read(self.into, 1 << 16)
            assert read, "the browser ended"
            self.left += read
        text, _, self.left = self.left.partition(b"\0")
        return json.loads(text)

    def value(self, script: str):
        """What an expression of the page is."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, script: str):
        """The value of an expression once it is true."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := self.value(script):
                return found
            time.sleep(0.05)
        raise TimeoutError(script)

    def open(self, path: Path) -> None:
        self.ask("Page.navigate", url=path.as_uri())
        self.wait("document.readyState === 'complete'")

    def spot(self, selector: str) -> tuple[float, float]:
        """The middle of an element, scrolled into view."""
        self.value(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        box = f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()"
        held = self.value(box)
        return held["x"] + held["width"] / 2, held["y"] + held["height"] / 2

    def mouse(self, kind: str, x: float, y: float) -> None:
        button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def click(self, selector: str) -> None:
        x, y = self.spot(selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def press(self, key: str, times: int = 1) -> None:
        code = {
            "ArrowRight": 39,
            "ArrowLeft": 37,
            "ArrowDown": 40,
            "ArrowUp": 38,
            " ": 32,
            "Tab": 9,
        }
        held = {
            "key": key,
            "windowsVirtualKeyCode": code[key],
            "code": "Space" if key == " " else key,
        }
        for _ in range(times):
            text = {"text": " "} if key == " " else {}
            self.ask("Input.dispatchKeyEvent", type="keyDown", **held, **text)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **held)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.profile, ignore_errors=True)
