// Shows what the push service brings for a driver's orders, and opens the order's page on a tap.
"use strict";

self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = { body: told.body, lang: told.lang, tag: told.tag || undefined, data: { link: told.link } };
  event.waitUntil(self.registration.showNotification(told.title || "", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data.link || "/me", self.location.origin);
  // What we sent leads to us; nothing else is opened.
  if (link.origin !== self.location.origin) link.href = self.location.origin + "/me";
  const open = async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find((page) => new URL(page.url).pathname === link.pathname);
    return page ? page.focus() : self.clients.openWindow(link.href);
  };
  event.waitUntil(open());
});
