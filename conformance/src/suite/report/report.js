"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const cases = [...document.querySelectorAll("details.case")];
  const verdicts = [...document.querySelectorAll(".totals button")];
  const [form, block, words, shown, fold] = [".filters", "#block", "#words", "#shown", "#fold"].map(one);
  const texts = cases.map((item) =>
    [item.querySelector("summary"), item.querySelector("dl")].map((part) => part.textContent).join(" ").toLowerCase());
  const visible = () => cases.filter((item) => !item.hidden);
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));

  function filter() {
    const wanted = verdicts.filter(pressed).map((button) => button.dataset.verdict);
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    cases.forEach((item, number) => {
      item.hidden = !((wanted.length === 0 || wanted.includes(item.dataset.verdict))
        && (block.value === "" || block.value === item.dataset.block)
        && asked.every((word) => texts[number].includes(word)));
    });
    const count = visible().length;
    shown.textContent = count === cases.length ? "" : `${count} of ${cases.length}`;
  }

  function step(by) {
    const failed = visible().filter((item) => item.dataset.verdict === "fail");
    if (failed.length === 0) return;
    const here = failed.indexOf(document.activeElement?.closest("details.case"));
    const next = here < 0 ? (by > 0 ? 0 : failed.length - 1) : (here + by + failed.length) % failed.length;
    failed[next].open = true;
    failed[next].querySelector("summary").focus({ preventScroll: true });
    failed[next].scrollIntoView({ block: "start" });
  }

  verdicts.forEach((button) => button.addEventListener("click", () => {
    press(button, !pressed(button));
    filter();
  }));
  block.addEventListener("change", filter);
  words.addEventListener("input", filter);
  one("#next").addEventListener("click", () => step(1));
  fold.addEventListener("click", () => {
    const on = !pressed(fold);
    visible().forEach((item) => { item.open = on; });
    press(fold, on);
    fold.textContent = on ? "Close all" : "Open all";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    verdicts.forEach((button) => press(button, false));
    setTimeout(filter);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    const act = { "/": () => words.focus(), n: () => step(1), p: () => step(-1) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const bar = one("#bar");
  const measure = () => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight + 8}px`);
  form.hidden = false;
  one(".keys").hidden = false;
  new ResizeObserver(measure).observe(bar);
  filter();
})();
