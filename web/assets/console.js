// Wattline console: works without this script; with it, pages stay fresh and the curve can be read.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// The server writes instants in the reader's time zone, which it knows from this cookie.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
if (!document.cookie.split("; ").includes("wattline_zone=" + encodeURIComponent(zone))) {
  document.cookie = "wattline_zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; samesite=lax";
}

// Makes `from` look like `to` while keeping the nodes: focus, scroll, selection and open details survive.
function morph(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !(name === "open" && from.localName === "details")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  let old = from.firstChild;
  for (const fresh of [...to.childNodes]) {
    const match = fresh.id ? [...from.children].find((child) => child.id === fresh.id) : old;
    if (match && match.nodeType === fresh.nodeType && match.nodeName === fresh.nodeName && (match.id || "") === (fresh.id || "")) {
      if (match === old) old = old.nextSibling;
      else from.insertBefore(match, old);
      if (fresh.nodeType === Node.ELEMENT_NODE) morph(match, fresh);
      else if (match.data !== fresh.data) match.data = fresh.data;
    } else {
      from.insertBefore(fresh, old);
    }
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
}

// Small comforts inside the content; run again after every refresh.
function dress(root) {
  if (navigator.clipboard) $$(".copy[hidden]", root).forEach((button) => (button.hidden = false));
}

const content = $("#content");
const light = $("#live");
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
    if (answer.redirected) return location.reload();
    if (answer.ok) {
      const fresh = content.cloneNode(false);
      fresh.innerHTML = await answer.text();
      morph(content, fresh);
      dress(content);
    }
  } catch {
    // No network: the connection light says so, and the next hint tries again.
  }
  setTimeout(() => {
    busy = false;
    if (stale) refresh();
  }, 900);
}

function listen() {
  const about = content.dataset.live.trim();
  const source = new EventSource(about === "*" || !about ? "/live" : "/live?station=" + encodeURIComponent(about));
  const show = (on) => {
    light.dataset.state = on ? "on" : "off";
    $(".live-text", light).textContent = on ? light.dataset.on : light.dataset.off;
  };
  let seen = false;
  source.addEventListener("open", () => {
    show(true);
    // What happened while there was no connection is fetched once.
    if (seen && about) refresh();
    seen = true;
  });
  source.addEventListener("error", () => {
    show(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000 + Math.random() * 5000);
  });
  source.addEventListener("hint", () => about && refresh());
  addEventListener("pagehide", () => source.close(), { once: true });
}

document.addEventListener("visibilitychange", () => stale && refresh());
addEventListener("pageshow", (event) => event.persisted && location.reload());

document.addEventListener("click", (event) => {
  $$("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  const copy = event.target.closest("[data-copy]");
  if (copy && navigator.clipboard) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.textContent = "✓";
    });
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") $$("details.menu[open]").forEach((menu) => (menu.open = false));
  const typing = event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey;
  const wanted = !typing && $$("[data-key]").find((element) => element.dataset.key === event.key);
  if (wanted) {
    wanted.focus();
    event.preventDefault();
  }
});

// The pointer (or finger) on the curve reads the nearest point.
document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest && event.target.closest(".plot");
  $$(".chart").forEach((chart) => {
    if (!svg || !chart.contains(svg)) {
      $$(".cross", chart).forEach((line) => line.setAttribute("d", ""));
      $(".chart-read", chart).textContent = "";
      return;
    }
    const { left, right, top, bottom } = svg.dataset;
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const place = ((x - left) / (right - left)) * 1000;
    const points = JSON.parse(chart.dataset.hover);
    const near = points.reduce((best, point) => (Math.abs(point[0] - place) < Math.abs(best[0] - place) ? point : best));
    const [power, energy, charge] = chart.dataset.words.split("|");
    $(".cross", svg).setAttribute("d", `M${+left + (near[0] / 1000) * (right - left)} ${top}V${bottom}`);
    $(".chart-read", chart).textContent = [
      near[1],
      near[2] !== null && `${power} ${near[2]} kW`,
      near[3] !== null && `${energy} ${near[3]} kWh`,
      near[4] !== null && `${charge} ${near[4]} %`,
    ].filter(Boolean).join(" · ");
  });
});

dress(document);
if (light && window.EventSource) listen();
