"""Phones with a real browser, that do what they are told: one JSON object a line in, one a line out.

    python phone.py CHROMIUM [FOLDER]

CHROMIUM is the browser's executable, FOLDER where screenshots go (without it none are taken). Commands, by `do`:

  new   phone, app, bridge?  a phone whose browser is `browser`, `wechat` or `alipay`; `bridge`: the address that WeChat's
                             own part of the browser speaks to
  desk  phone, width, dark, lang  a browser of somebody at work, so wide, by night or by day, in that language
  open  phone, url           goes there; answers the status
  see   phone, at, text?     waits until the element is visible (and has the text in it); answers its text
  tap   phones, at           taps it, on all of these at the same time
  tick  phone, at            ticks a box
  fill  phone, at, text      writes into a field, or chooses the option of this value
  file  phone, at, path      chooses a file
  press phone, at, key       presses a key there
  over  phone                what sticks out of the page to the right: its tags and classes; nothing if all fits
  read  phone, at            an attribute's or the text's value now: all that match; `name` names the attribute
  away  phone, prefix        waits until the address begins so
  get   phone, url           asks without showing: status, type and body (a character a byte)
  shot  phone, name          a picture of the whole page
  moans phone                what went wrong in its pages: errors of scripts, what the content policy has stopped

The answer is {"ok": …} or {"no": "why"}.
"""

import asyncio
import json
import sys
import urllib.request
from pathlib import Path

from playwright.async_api import async_playwright

PHONE = ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
         "Mobile Safari/537.36")
AGENTS = {
    "browser": PHONE,
    "wechat": f"{PHONE} MicroMessenger/8.0.50.2701 Language/zh_CN",
    "alipay": f"{PHONE} AliApp(AP/10.5.80.8000) AlipayClient/10.5.80.8000",
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"]
# WeChat brings its bridge along when the page is there already.
BRIDGE = """addEventListener("load", () => {
  window.WeixinJSBridge = { invoke: (method, parameters, done) => window.toWechat({ method, parameters }).then(done) };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
});"""
PATIENCE_MS = 60_000
# Boxes that scroll by themselves may hold more than they show.
OVER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > room + 1);
  return out.slice(0, 9).map((one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") || ""}`);
}"""


def asked(url, what):
    request = urllib.request.Request(url, json.dumps(what).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


class Phones:
    def __init__(self, browser, folder):
        self.browser, self.folder = browser, folder
        self.pages, self.moans = {}, {}

    async def new(self, phone, app, bridge=None):
        context = await self.browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True,
            user_agent=AGENTS[app], locale="zh-CN" if app == "wechat" else "en-GB", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        if bridge:
            to = lambda _, what: asyncio.get_running_loop().run_in_executor(None, asked, bridge, what)
            await context.expose_binding("toWechat", to)
            await context.add_init_script(BRIDGE)
        await self.watch(phone, context)

    async def desk(self, phone, width, dark, lang):
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900}, locale=lang, color_scheme="dark" if dark else "light",
            reduced_motion="reduce", timezone_id="Europe/Berlin")
        context.set_default_timeout(PATIENCE_MS)
        await self.watch(phone, context)

    async def watch(self, phone, context):
        moans = self.moans[phone] = []
        page = self.pages[phone] = await context.new_page()
        page.on("pageerror", lambda error: moans.append(str(error)))
        page.on("console", lambda said: moans.append(said.text) if said.type == "error" else None)

    async def open(self, phone, url):
        answer = await self.pages[phone].goto(url, wait_until="domcontentloaded")
        return answer.status

    async def see(self, phone, at, text=""):
        found = self.pages[phone].locator(at)
        found = (found.filter(has_text=text) if text else found).first
        await found.wait_for(state="visible")
        return await found.inner_text()

    async def tap(self, phones, at):
        if len(phones) == 1:
            return await self.pages[phones[0]].locator(at).first.tap()
        # What one of them does may take the element away from another: all have it in hand before the first taps.
        found = [await self.pages[phone].locator(at).first.element_handle() for phone in phones]
        await asyncio.gather(*(one.evaluate("one => { setTimeout(() => one.click()); }") for one in found))

    async def tick(self, phone, at):
        await self.pages[phone].locator(at).first.check()

    async def fill(self, phone, at, text):
        field = self.pages[phone].locator(at).first
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(text)
        else:
            await field.fill(text)

    async def file(self, phone, at, path):
        await self.pages[phone].locator(at).first.set_input_files(path)

    async def press(self, phone, at, key):
        await self.pages[phone].locator(at).first.press(key)

    async def over(self, phone):
        return await self.pages[phone].evaluate(OVER)

    async def read(self, phone, at, name=""):
        found = await self.pages[phone].locator(at).all()
        return [await (one.get_attribute(name) if name else one.inner_text()) for one in found]

    async def away(self, phone, prefix):
        await self.pages[phone].wait_for_url(lambda url: url.startswith(prefix), wait_until="domcontentloaded")
        return self.pages[phone].url

    async def get(self, phone, url):
        answer = await self.pages[phone].context.request.get(url)
        body = (await answer.body()).decode("latin-1")
        return {"status": answer.status, "type": answer.headers.get("content-type", ""), "body": body}

    async def shot(self, phone, name):
        if self.folder:
            await self.pages[phone].screenshot(path=self.folder / f"{name}.png", full_page=True, animations="disabled")

    async def moaned(self, phone):
        return self.moans[phone]


async def main():
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=sys.argv[1], args=FLAGS)
        phones = Phones(browser, folder)
        print(json.dumps({"ok": browser.version}), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command = json.loads(line)
            do = {"moans": "moaned"}.get(command["do"], command["do"])
            try:
                answer = {"ok": await getattr(phones, do)(**{key: value for key, value in command.items() if key != "do"})}
            except Exception as error:  # whatever it is, whoever asked wants to know
                shown = ""
                if page := phones.pages.get(command.get("phone", "")):
                    shown = f"\n{page.url}\n{(await page.locator('body').inner_text())[:2000]}"
                answer = {"no": repr(error) + shown}
            print(json.dumps(answer), flush=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
