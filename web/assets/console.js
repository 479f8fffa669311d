// Wattline console: works without this script; with it, pages stay fresh and the curve can be read.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// The server writes instants in the reader's time zone, which it knows from this cookie.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
if (!document.cookie.split("; ").includes("wattline_zone=" + encodeURIComponent(zone))) {
  document.cookie = "wattline_zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; samesite=lax";
}

// Small comforts inside the content; run again after every refresh.
function dress(root) {
  if (navigator.clipboard) $$(".copy[hidden]", root).forEach((button) => (button.hidden = false));
  $$("[data-print]", root).forEach((button) => (button.hidden = false));
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
  if (event.target.closest("[data-print]")) print();
  const copy = event.target.closest("[data-copy]");
  if (copy && navigator.clipboard) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.textContent = "✓";
    });
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) return event.preventDefault();
  remember(event.target);
});

// What is typed outlives a refusal: the page that says why has the form anew. What may be a secret (autocomplete="off"), files and what
// is hidden are not kept.
const typed = (form) =>
  [...form.elements].filter(
    (field) => field.name && field.autocomplete !== "off" && !["hidden", "password", "file", "submit"].includes(field.type),
  );

// Asked by attribute: a field may be called like one.
const path = (form) =>
  form.getAttribute("method") === "post" && new URL(form.getAttribute("action") || "", location.href).pathname;

function remember(form) {
  if (!path(form)) return;
  const fields = typed(form).map((field) => [field.name, field.value, !!field.checked]);
  sessionStorage.setItem("typed", JSON.stringify({ path: path(form), named: named(form), fields }));
}

// Of several forms to one place the one with the same fields is meant.
const named = (form) => typed(form).map((field) => field.name).join();

function restore() {
  const kept = JSON.parse(sessionStorage.getItem("typed") || "null");
  sessionStorage.removeItem("typed");
  if (!kept || kept.path !== location.pathname || !$('[role="alert"]')) return;
  const form = $$("form").find((form) => path(form) === kept.path && named(form) === kept.named);
  if (!form) return;
  for (const field of typed(form)) {
    const among = ["checkbox", "radio"].includes(field.type);
    const known = kept.fields.find(([name, value]) => name === field.name && (!among || value === field.value));
    if (known && among) field.checked = known[2];
    else if (known) field.value = known[1];
  }
  const box = form.closest("details");
  if (box) box.open = true;
}

// A choice that leads to another page needs no second click.
document.addEventListener("change", (event) => {
  if (event.target.closest("select[data-submit]")) event.target.form.requestSubmit();
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
restore();
if (light && window.EventSource) listen();
