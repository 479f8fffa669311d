// Makes `from` look like `to` while keeping the nodes: focus, scroll, selection and open details survive.
function morph(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !(name === "open" && from.localName === "details")) from.removeAttribute(name);
  }
  // A form keeps the name that it was made with: pressed twice, with a page made anew in between, it acts once.
  const kept = from.hasAttribute("data-kept") && to.hasAttribute("data-kept");
  for (const { name, value } of to.attributes) {
    if (kept && name === "value") continue;
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
