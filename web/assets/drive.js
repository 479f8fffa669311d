// Pages of drivers: everything works without this script. With it pages keep themselves fresh, count down, and go to
// the provider by themselves.
"use strict";

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const content = one("#content");

// The server says how many seconds are left; the page counts from when it heard that, whatever its clock says.
let heard = performance.now();
let asked = 0;

function tick() {
  const passed = (performance.now() - heard) / 1000;
  for (const timer of all("[data-left]")) {
    const left = Math.max(0, Math.ceil(timer.dataset.left - passed));
    const text = one("b", timer);
    const hours = Math.floor(left / 3600);
    const clock = [Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0")).join(":");
    if (text) text.textContent = hours ? `${hours}:${clock}` : clock.replace(/^0/, "");
    timer.classList.toggle("soon", left <= 30);
    if (left === 0) over();
  }
}

// Time is up: what may no longer be sent says so; a page that knows more asks the server.
function over() {
  const gone = one(".gone");
  if (gone) {
    gone.hidden = false;
    all("form[data-once] button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  } else if (performance.now() - asked > 5000) {
    asked = performance.now();
    refresh();
  }
}

// One click is one order, however nervous the finger.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent !== undefined || one("button[aria-disabled=true]", form)) return event.preventDefault();
  form.dataset.sent = "";
  // After the browser has read which button it was.
  setTimeout(() => all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true")));
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Goes on to the provider once for each attempt: whoever comes back by the back button is not sent off again.
function once(attempt) {
  try {
    const key = "went:" + attempt;
    if (sessionStorage.getItem(key)) return false;
    sessionStorage.setItem(key, "1");
    return true;
  } catch {
    return false;
  }
}

function goOn() {
  // The answer to a form is not what a reload or the way back should send again.
  const home = one("#state[data-home]");
  if (home && location.pathname !== home.dataset.home) history.replaceState(null, "", home.dataset.home);
  const link = one("a[data-go]");
  if (link && once(link.dataset.go)) location.assign(link.href);
  const form = one("form[data-auto]");
  if (form && once("id:" + form.dataset.auto)) form.requestSubmit(one("button", form));
  const button = one("#bridge");
  if (button && button.dataset.ready === undefined) {
    button.dataset.ready = "";
    if (walletBridge(button)) {
      if (once(button.dataset.attempt)) bridge(button);
    } else {
      for (const ready of ["WeixinJSBridgeReady", "AlipayJSBridgeReady"]) {
        document.addEventListener(ready, () => once(button.dataset.attempt) && bridge(button), { once: true });
      }
    }
  }
}

// The call that the wallet's own browser takes, if this is one.
function walletBridge(button) {
  const { app, call, with: parameters } = JSON.parse(button.dataset.bridge);
  const [wechat, alipay] = [window.WeixinJSBridge, window.AlipayJSBridge];
  if (app === "wechat" && wechat) return (done) => wechat.invoke(call, parameters, done);
  if (app === "alipay" && alipay) return (done) => alipay.call(call, parameters, done);
  return null;
}

function bridge(button) {
  const pay = walletBridge(button);
  if (!pay) {
    one("#no-bridge").hidden = false;
    return;
  }
  // What the wallet says here is only a reason to look: whether money moved is asked of the provider by the server.
  pay(() => refresh());
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("#bridge");
  if (button) bridge(button);
});

let busy = false;
let stale = false;

async function refresh() {
  if (busy || document.hidden) {
    stale = true;
    return;
  }
  busy = true;
  stale = false;
  try {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "content" }, cache: "no-store" });
    if (answer.ok) {
      const fresh = content.cloneNode(false);
      fresh.innerHTML = await answer.text();
      morph(content, fresh);
      heard = performance.now();
      dress();
    }
  } catch {
    // No network: the next hint or the next round tries again.
  }
  setTimeout(() => {
    busy = false;
    if (stale) refresh();
  }, 900);
}

let source = null;
let rounds = 0;

// Hints by the server; where they cannot be had, or are lost, the page asks by itself now and then.
function listen() {
  const state = one("#state[data-live]");
  if (!state || !window.EventSource || source) return;
  source = new EventSource(state.dataset.live);
  let seen = false;
  source.addEventListener("open", () => {
    if (seen) refresh();
    seen = true;
  });
  source.addEventListener("hint", refresh);
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(listen, 5000 + Math.random() * 5000);
  });
}
addEventListener("pagehide", () => source && source.close());

function round() {
  if (!one("#state[data-live]")) return;
  rounds += 1;
  const heardOf = source && source.readyState === EventSource.OPEN;
  if (!heardOf || rounds % 3 === 0) refresh();
}

// "Tell me on this phone": the browser subscribes itself, and the server keeps its address. Where that cannot work the
// button stays hidden.
const worker = { url: "/o/worker.js", scope: "/o/" };
let told = null;
let word = "";

async function subscription() {
  const known = await navigator.serviceWorker.getRegistration(worker.scope);
  return known ? known.pushManager.getSubscription() : null;
}

async function pushButton() {
  const button = one("#push");
  if (!button || !("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
  if (told === null) told = Boolean(await subscription().catch(() => null));
  button.hidden = false;
  button.setAttribute("aria-pressed", String(told));
  button.textContent = button.dataset[word || (told ? "on" : "off")];
}

async function sendPush(button, known, off) {
  const keys = known.toJSON().keys;
  const form = { token: button.dataset.token, endpoint: known.endpoint, p256dh: keys.p256dh, auth: keys.auth, off };
  const answer = await fetch(button.dataset.push, { method: "POST", body: new URLSearchParams(form) });
  if (!answer.ok) throw new Error(answer.statusText);
}

async function push(button) {
  const known = await subscription();
  if (known) {
    await sendPush(button, known, "yes");
    await known.unsubscribe();
    return false;
  }
  if ((await Notification.requestPermission()) !== "granted") {
    word = "denied";
    return false;
  }
  await navigator.serviceWorker.register(worker.url, { scope: worker.scope });
  const ready = await navigator.serviceWorker.ready;
  const key = Uint8Array.from(atob(button.dataset.key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const fresh = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  try {
    await sendPush(button, fresh, "");
  } catch (error) {
    await fresh.unsubscribe();
    throw error;
  }
  return true;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#push");
  if (!button || button.disabled) return;
  button.disabled = true;
  word = "";
  try {
    told = await push(button);
  } catch {
    word = "failed";
  }
  button.disabled = false;
  pushButton();
});

function dress() {
  const state = one("#state");
  if (state && state.dataset.title) document.title = state.dataset.title;
  if (state && state.dataset.live) listen();
  else if (source) {
    source.close();
    source = null;
  }
  tick();
  goOn();
  pushButton();
}

document.addEventListener("visibilitychange", () => stale && refresh());
setInterval(tick, 1000);
setInterval(round, 10000);
dress();
