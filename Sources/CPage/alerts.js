// SPDX-License-Identifier: Apache-2.0

// ---- Unexpected writers

const someAlerts = 5;
let alertLimit = someAlerts;
let alerts = [];
let showsDismissed = false;
// By id and time: who comes back later is told of again.
const dismissed = new Set();
const mostDismissed = 5000;
const items = new Map();

try {
  const kept = JSON.parse(localStorage.getItem("dismissed") ?? "[]");
  if (Array.isArray(kept)) for (const key of kept) if (typeof key === "string") dismissed.add(key);
} catch { /* Without storage they are dismissed until the page is closed. */ }

const keepDismissed = () => {
  for (const key of [...dismissed].slice(0, Math.max(dismissed.size - mostDismissed, 0))) dismissed.delete(key);
  try { localStorage.setItem("dismissed", JSON.stringify([...dismissed])); } catch { /* As above. */ }
};

const verbs = {
  write: "wrote", create: "created", delete: "deleted", rename: "renamed", truncate: "truncated",
  allocate: "allocated room in", link: "linked", symlink: "made the symbolic link", mkdir: "made the directory",
  shared_map: "mapped for writing",
};

const alertKey = (alert) => `${alert.id} ${alert.time}`;

const containerName = (container) => container && (container.name ?? container.id?.slice(0, 12));

const alertPlace = (alert) => legible(alert.user_unit ?? alert.unit ?? containerName(alert.container)
  ?? alert.cgroup?.path ?? alert.slice ?? "?");

const alertFacts = (alert) => [
  ["Rule", alert.rule], ["Alert", alert.alert], ["Slice", alert.slice],
  ["Unit", [alert.user_unit, alert.unit].filter((part) => part).join(" in ")],
  ["Container", [containerName(alert.container), alert.container?.image].filter((part) => part).join(" \u00b7 ")],
  ["Cgroup", alert.cgroup?.path],
  ["Process", `${alert.comm ?? "?"} \u00b7 pid ${alert.pid ?? "?"} \u00b7 uid ${alert.uid ?? "?"}`],
  ["Executable", alert.exe], ["Came from", (alert.parents ?? []).join(" \u2190 ")],
  ["Path", alert.path === null ? "could not be told" : alert.path],
  ["Path is", [alert.path_source === "user" ? "as the process named it" : null,
    alert.root === "container" ? "of a process whose root is not the host's" : null].filter((part) => part).join(", ")],
  ["Through", alert.via && alert.via !== "syscall" ? `io_uring, ${alert.via}` : null],
].filter(([, value]) => value);

const makeAlert = (alert) => {
  const item = element("li");
  const details = element("details");
  const summary = element("summary");
  const time = element("time", `${alert.time.slice(0, 19).replace("T", " ")} UTC`);
  time.dateTime = alert.time;
  summary.append(time, element("span", alertPlace(alert), "place"),
    element("span", legible(`${alert.comm ?? alert.exe ?? "?"} ${verbs[alert.op] ?? alert.op} ${alert.path ?? "a file"}`)));
  const facts = element("dl");
  for (const [name, value] of alertFacts(alert)) facts.append(element("dt", name), element("dd", legible(String(value))));
  details.append(summary, facts);
  const button = element("button");
  button.type = "button";
  button.addEventListener("click", () => {
    const key = alertKey(alert);
    const place = [...at("alert-list").children].indexOf(item);
    if (dismissed.has(key)) dismissed.delete(key); else dismissed.add(key);
    keepDismissed();
    showAlerts();
    // Whoever works with the keyboard stays in the list.
    const list = at("alert-list").children;
    const next = list[Math.min(place, list.length - 1)];
    (next ? next.querySelector(":scope > button") : at("alert-dismissed")).focus({ preventScroll: true });
  });
  item.append(details, button);
  return { item, button };
};

const showAlerts = () => {
  const live = alerts.filter((alert) => !dismissed.has(alertKey(alert)));
  const wanted = showsDismissed ? alerts : live;
  at("alerts").hidden = alerts.length === 0;
  setText(at("alert-count"), live.length === 0 ? "none that was not dismissed" : String(live.length));
  at("alerts").classList.toggle("quiet", live.length === 0);
  const order = wanted.slice(0, alertLimit).map((alert) => {
    const key = alertKey(alert);
    if (!items.has(key)) items.set(key, makeAlert(alert));
    const made = items.get(key);
    made.item.className = dismissed.has(key) ? "quiet" : "";
    setText(made.button, dismissed.has(key) ? "Restore" : "Dismiss");
    made.button.setAttribute("aria-label", `${made.button.textContent}: ${alertPlace(alert)}, ${legible(alert.path ?? "")}`);
    return made.item;
  });
  const list = at("alert-list");
  if (list.children.length !== order.length || order.some((item, index) => list.children[index] !== item)) {
    const focus = document.activeElement;
    list.replaceChildren(...order);
    if (focus && focus !== document.activeElement && list.contains(focus)) focus.focus({ preventScroll: true });
  }
  at("alert-more").hidden = wanted.length <= alertLimit;
  setText(at("alert-more"), `${wanted.length - alertLimit} more`);
  at("alert-all").hidden = live.length < 2;
  setText(at("alert-all"), `Dismiss all ${live.length}`);
  const gone = alerts.length - live.length;
  at("alert-dismissed").hidden = gone === 0;
  at("alert-dismissed").setAttribute("aria-pressed", String(showsDismissed));
  setText(at("alert-dismissed"), `${gone} dismissed here`);
};

const takeAlerts = (document) => {
  alerts = document.alerts;
  const keys = new Set(alerts.map(alertKey));
  for (const key of items.keys()) if (!keys.has(key)) items.delete(key);
  const left = [[document.dropped, "older ones are not kept here"],
    [document.suppressed, "were held back for a later window, being more than [alerts] max_per_window"],
    [document.waiting, "are still to come"],
    [document.lost_records, "records of the rules were lost, so a writer may have gone unseen"]];
  setText(at("alert-left"), left.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}.`).join(" "));
  showAlerts();
};

at("alert-more").addEventListener("click", () => {
  alertLimit += 20 * someAlerts;
  showAlerts();
});
at("alert-all").addEventListener("click", () => {
  for (const alert of alerts) dismissed.add(alertKey(alert));
  keepDismissed();
  showAlerts();
  at("alert-dismissed").focus({ preventScroll: true });
});
at("alert-dismissed").addEventListener("click", () => {
  showsDismissed = !showsDismissed;
  showAlerts();
  if (at("alert-dismissed").hidden) at("alerts-title").focus({ preventScroll: true });
});
