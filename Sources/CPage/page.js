// SPDX-License-Identifier: Apache-2.0
// The live page: asks the agent after each window and shows what it says. Names are other programs' and only ever become
// text; none is put into markup, an attribute that is obeyed, or a request.
"use strict";

const at = (id) => document.getElementById(id);

// ---- Figures

const bytes = (count) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let step = 0;
  while (count >= 1024 && step < units.length - 1) { count /= 1024; step += 1; }
  return `${step === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[step]}`;
};

const number = (value) => {
  if (value === 0) return "0";
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
};

const percent = (part, whole) => (whole > 0 ? `${Math.round((part / whole) * 100)} %` : "0 %");

// Control characters, and those that turn the direction of what follows, would make one name look like another.
const legible = (text) =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);

const sum = (counters, ...names) => names.reduce((total, name) => total + (counters[name] ?? 0), 0);
const ring = (counters, name) =>
  ["inline", "worker", "sqpoll"].reduce((total, via) => total + (counters.io_uring[via][name] ?? 0), 0);

// A unit of the document, with what is shown of it.
const shown = (unit, seconds) => {
  const { window, total } = unit;
  const name = unit.user_unit ?? unit.unit ?? unit.container ?? unit.cgroup ?? unit.slice ?? "?";
  const parts = [unit.user_unit ? unit.unit : null, name === unit.slice ? null : unit.slice,
    name === unit.container ? null : unit.container].filter((part) => part);
  return {
    key: JSON.stringify([unit.unit, unit.user_unit, unit.slice, unit.container, unit.cgroup]),
    name: legible(name),
    place: legible(parts.join(" \u00b7 ")),
    slice: unit.slice ?? "-.slice",
    text: [name, ...parts, ...unit.writers.flatMap((writer) => [writer.exe, writer.comm])].join("\n").toLowerCase(),
    written: (window.write_bytes ?? 0) / seconds,
    writes: (window.writes ?? 0) / seconds,
    opens: (window.opens ?? 0) / seconds,
    creates: window.creates ?? 0,
    names: sum(window, "deletes", "renames", "mkdirs", "mknods", "symlinks", "links"),
    failures: sum(window, "open_failures", "write_failures"),
    writeFailures: window.write_failures ?? 0,
    writeErrors: Object.keys(window.write_errors ?? {}),
    ringWrites: ring(window, "writes"),
    ringShare: window.writes > 0 ? ring(window, "writes") / window.writes : 0,
    allWritten: total.write_bytes ?? 0,
    windowWrites: window.writes ?? 0,
    recent: unit.recent_write_bytes,
    writers: unit.writers,
    isIdle: sum(window, "opens", "writes", "creates", "open_failures", "write_failures", "path_opens", "syncs") === 0
      && sum(window, "deletes", "renames", "mkdirs", "mknods", "symlinks", "links", "truncates", "allocates",
        "shared_maps", "device_writes") === 0,
  };
};

// ---- The table

// What a column is called, what it sorts by and shows, and on which screens it is left out.
const columns = [
  { name: "Unit", by: (unit) => unit.name },
  { name: "Written", by: (unit) => unit.written, show: (unit) => `${bytes(unit.written)}/s` },
  { name: "Of late", by: (unit) => unit.recent.reduce((a, b) => a + b, 0), spark: true },
  { name: "Writes", by: (unit) => unit.writes, show: (unit) => `${number(unit.writes)}/s`, left: "narrow" },
  { name: "Opens", by: (unit) => unit.opens, show: (unit) => `${number(unit.opens)}/s`, left: "narrow" },
  { name: "Creates", by: (unit) => unit.creates, show: (unit) => number(unit.creates), left: "wide" },
  { name: "Names changed", by: (unit) => unit.names, show: (unit) => number(unit.names), left: "wide" },
  { name: "Failures", by: (unit) => unit.failures, show: (unit) => number(unit.failures),
    isBad: (unit) => unit.writeFailures > 0, title: (unit) => unit.writeErrors.join(" ") },
  { name: "io_uring", by: (unit) => unit.ringShare, show: (unit) => percent(unit.ringWrites, unit.windowWrites),
    left: "narrow" },
  { name: "Written in all", by: (unit) => unit.allWritten, show: (unit) => bytes(unit.allWritten), left: "wide" },
];

let sorting = { column: 1, descending: true };
// Rows that are made; more as somebody looks for them, since a thousand take a browser a second.
const some = 100;
let limit = some;
let units = [];
let seconds = 1;
const rows = new Map();
const open = new Set();

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };

const makeColumns = () => {
  columns.forEach((column, index) => {
    const cell = element("th", undefined, column.left);
    cell.scope = "col";
    const button = element("button", column.name);
    button.type = "button";
    button.addEventListener("click", () => {
      const same = sorting.column === index;
      sorting = { column: index, descending: same ? !sorting.descending : index !== 0 };
      show();
    });
    cell.append(button);
    at("columns").append(cell);
  });
};

const SVG = "http://www.w3.org/2000/svg";

const makeSpark = () => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 60 16");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  svg.append(line);
  return svg;
};

const points = (recent) => {
  const most = Math.max(...recent);
  if (recent.length < 2 || most === 0) return "0,15 60,15";
  return recent.map((value, index) =>
    `${((index * 60) / (recent.length - 1)).toFixed(1)},${(15 - (value / most) * 14).toFixed(1)}`).join(" ");
};

const makeRow = (unit) => {
  const row = element("tr");
  const head = element("th");
  head.scope = "row";
  const button = element("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const small = element("small");
  head.append(button, small);
  row.append(head);
  const cells = columns.slice(1).map((column) => {
    const cell = element("td", undefined, column.left);
    if (column.spark) cell.append(makeSpark());
    row.append(cell);
    return cell;
  });
  const made = { row, button, small, cells, detail: null };
  button.addEventListener("click", () => {
    if (open.has(unit.key)) open.delete(unit.key); else open.add(unit.key);
    show();
  });
  return made;
};

const fillRow = (made, unit) => {
  setText(made.button, unit.name);
  setText(made.small, unit.place);
  made.small.hidden = unit.place === "";
  made.row.classList.toggle("quiet", unit.isIdle);
  made.button.setAttribute("aria-expanded", String(open.has(unit.key)));
  columns.slice(1).forEach((column, index) => {
    const cell = made.cells[index];
    if (column.spark) {
      cell.firstChild.firstChild.setAttribute("points", points(unit.recent));
    } else {
      setText(cell, column.show(unit));
      if (column.isBad) cell.classList.toggle("bad", column.isBad(unit));
      if (column.title) cell.title = column.title(unit);
    }
  });
};

const fillDetail = (made, unit) => {
  if (!open.has(unit.key)) { made.detail = null; return; }
  if (!made.detail) {
    made.detail = element("tr");
    const cell = element("td", undefined, "detail");
    cell.colSpan = columns.length;
    made.detail.append(cell);
  }
  const list = element("ul");
  for (const writer of unit.writers) {
    const who = writer.comm === "*" ? "all others" :
      `${legible(writer.comm ?? "?")} \u00b7 ${legible(writer.exe ?? "no executable")} \u00b7 uid ${writer.uid ?? "?"}`;
    list.append(element("li", `${who}: ${bytes((writer.write_bytes ?? 0) / seconds)}/s in ` +
      `${number((writer.writes ?? 0) / seconds)} writes/s, ${number(writer.creates ?? 0)} creates`));
  }
  if (unit.writers.length === 0) list.append(element("li", "Nobody in the last window."));
  made.detail.firstChild.replaceChildren(list);
};

const compare = (left, right) => {
  const by = columns[sorting.column].by;
  const [a, b] = [by(left), by(right)];
  const order = typeof a === "string" ? a.localeCompare(b) : a - b;
  return (sorting.descending ? -order : order) || left.name.localeCompare(right.name);
};

const showTable = (wanted) => {
  [...at("columns").children].forEach((cell, index) => {
    if (index === sorting.column) cell.setAttribute("aria-sort", sorting.descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  const order = [];
  for (const unit of wanted.sort(compare).slice(0, limit)) {
    const made = rows.get(unit.key) ?? makeRow(unit);
    rows.set(unit.key, made);
    fillRow(made, unit);
    fillDetail(made, unit);
    order.push(made.row);
    if (made.detail) order.push(made.detail);
  }
  const body = at("rows");
  const before = body.children;
  const isSame = before.length === order.length && order.every((row, index) => before[index] === row);
  if (!isSame) {
    const focus = document.activeElement;
    body.replaceChildren(...order);
    if (focus && focus !== document.activeElement && body.contains(focus)) focus.focus({ preventScroll: true });
  }
  at("none").hidden = wanted.length > 0;
  at("more").hidden = wanted.length <= limit;
  setText(at("more"), `${wanted.length - limit} more`);
};

const showMore = () => {
  limit += some;
  show();
};

// ---- The tree

const parentSlice = (name) => {
  if (name === "-.slice") return null;
  const stem = name.replace(/\.slice$/u, "");
  const dash = stem.lastIndexOf("-");
  return dash > 0 ? `${stem.slice(0, dash)}.slice` : "-.slice";
};

const closed = new Set();
// Of the tree that is shown: who stands on one keeps it when the next window comes.
let folds = new Map();

const showTree = (wanted) => {
  const nodes = new Map();
  const node = (name) => {
    if (!nodes.has(name)) {
      nodes.set(name, { name, slices: [], units: [], written: 0, writes: 0, failures: 0, writeFailures: 0 });
      const parent = parentSlice(name);
      if (parent !== null) node(parent).slices.push(nodes.get(name));
    }
    return nodes.get(name);
  };
  const root = node("-.slice");
  for (const unit of wanted) {
    node(unit.slice).units.push(unit);
    for (let name = unit.slice; name !== null; name = parentSlice(name)) {
      const sums = node(name);
      sums.written += unit.written;
      sums.writes += unit.writes;
      sums.failures += unit.failures;
      sums.writeFailures += unit.writeFailures;
    }
  }
  const busiest = (a, b) => b.written - a.written || a.name.localeCompare(b.name);
  const line = (parent, thing) => {
    const share = element("span", undefined, "share rest");
    const bar = element("i");
    bar.style.width = `${root.written > 0 ? (thing.written / root.written) * 100 : 0}%`;
    share.append(bar);
    parent.append(element("span", legible(thing.name), "name"), element("span", `${bytes(thing.written)}/s`, "figure"),
      element("span", `${number(thing.writes)} writes/s`, "figure rest"),
      element("span", `${number(thing.failures)} failed`, thing.writeFailures > 0 ? "figure rest bad" : "figure rest"),
      share);
  };
  const summaries = new Map();
  const branch = (slice) => {
    const item = element("li");
    const details = element("details");
    details.open = !closed.has(slice.name);
    details.addEventListener("toggle", () => {
      if (details.open) closed.delete(slice.name); else closed.add(slice.name);
    });
    const summary = element("summary");
    summaries.set(slice.name, summary);
    line(summary, slice);
    const list = element("ul");
    list.append(...slice.slices.sort(busiest).map(branch));
    for (const unit of slice.units.sort(busiest).slice(0, some)) {
      const leaf = element("li", undefined, "leaf");
      line(leaf, unit);
      list.append(leaf);
    }
    const rest = slice.units.slice(some);
    if (rest.length > 0) {
      const written = rest.reduce((total, unit) => total + unit.written, 0);
      list.append(element("li", `${rest.length} more, ${bytes(written)}/s together: filter to see them`, "leaf"));
    }
    details.append(summary, list);
    item.append(details);
    return item;
  };
  const focused = [...folds].find(([, summary]) => summary === document.activeElement)?.[0];
  at("tree").replaceChildren(branch(root));
  folds = summaries;
  if (focused) folds.get(focused)?.focus({ preventScroll: true });
};

// ---- The page

const showTiles = (status) => {
  const all = (by) => units.reduce((total, unit) => total + by(unit), 0);
  const lost = status?.last ? Object.entries(status.last.loss).reduce((total, [name, value]) =>
    total + (name === "missed_runs" ? Object.values(value).reduce((a, b) => a + (b ?? 0), 0) : value), 0) : 0;
  const writeFailures = all((unit) => unit.writeFailures);
  const tiles = [
    ["Written", `${bytes(all((unit) => unit.written))}/s`], ["Writes", `${number(all((unit) => unit.writes))}/s`],
    ["Opens", `${number(all((unit) => unit.opens))}/s`], ["Creates", number(all((unit) => unit.creates))],
    ["Failures", number(all((unit) => unit.failures)), writeFailures > 0],
    ["Through io_uring", percent(all((unit) => unit.ringWrites), all((unit) => unit.windowWrites))],
    ["Lost", number(lost), lost > 0],
  ];
  if (at("tiles").children.length !== tiles.length) {
    at("tiles").replaceChildren(...tiles.map(([name]) => {
      const tile = element("div");
      tile.append(element("dt", name), element("dd"));
      return tile;
    }));
  }
  tiles.forEach(([, value, isBad], index) => {
    const figure = at("tiles").children[index].lastChild;
    setText(figure, value);
    figure.className = isBad ? "bad" : "";
  });
};

const show = () => {
  const words = at("filter").value.toLowerCase().split(/\s+/u).filter((word) => word);
  const wanted = units.filter((unit) =>
    (at("idle").checked || !unit.isIdle) && words.every((word) => unit.text.includes(word)));
  const isTree = document.querySelector("input[name=view]:checked").value === "slices";
  at("units").hidden = isTree;
  at("slices").hidden = !isTree;
  if (isTree) showTree(wanted); else showTable(wanted);
  at("count").textContent = `${wanted.length} of ${units.length}`;
};

const showAlerts = (alerts) => {
  at("alerts").hidden = alerts.length === 0;
  at("alert-list").replaceChildren(...alerts.map((alert) => element("li", legible(
    [alert.time, alert.unit ?? alert.container?.id ?? alert.slice, alert.exe ?? alert.comm, alert.op, alert.path]
      .filter((part) => part).join(" \u00b7 ")))));
};

const showStatus = (status) => {
  setText(at("host"), status.host ? legible(status.host.name) : "");
  document.title = status.host ? `otagent \u00b7 ${legible(status.host.name)}` : "otagent";
  const { agent, host, last, totals } = status;
  at("not-seen").replaceChildren(...(last?.coverage.not_seen ?? []).map((text) => element("li", text)));
  const lost = Object.entries(totals?.loss ?? {}).filter(([, value]) => typeof value === "number" && value > 0);
  setText(at("loss"), lost.length === 0 ? "Nothing was lost since the start." :
    `Lost since the start: ${lost.map(([name, value]) => `${name} ${value}`).join(", ")}.`);
  const outputs = (last?.self.outputs ?? []).map((output) =>
    `${output.name} (${output.state}, ${output.rows.waiting} rows wait)`);
  setText(at("agent"), agent ? `otagent ${agent.version}, ${agent.backend}, Linux ${host.kernel}, since ` +
    `${agent.started}; outputs: ${outputs.join(", ")}` : "");
};

// ---- Asking

let token = null;
try { token = sessionStorage.getItem("token"); } catch { /* Without storage it is asked for each time. */ }
let timer = null;
let isPaused = false;

class NeedsToken extends Error {}

const ask = async (path) => {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
  if (answer.status === 401) throw new NeedsToken();
  if (!answer.ok) throw new Error(`the agent says ${answer.status}`);
  return answer.json();
};

const say = (text, className) => {
  setText(at("state"), text);
  at("state").className = className;
};

const next = (after) => {
  clearTimeout(timer);
  if (!isPaused) timer = setTimeout(refresh, after);
};

const refresh = async () => {
  try {
    const [document, status, alerts] =
      await Promise.all([ask("api/v1/units"), ask("api/v1/status"), ask("api/v1/alerts")]);
    seconds = Math.max(document.window?.seconds ?? 1, 0.001);
    units = document.units.map((unit) => shown(unit, seconds));
    const keys = new Set(units.map((unit) => unit.key));
    for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
    at("login").hidden = true;
    at("main").hidden = false;
    showStatus(status);
    showTiles(status);
    showAlerts(alerts.alerts);
    show();
    if (document.window) say(`until ${document.window.end.slice(11, 19)} UTC`, "live");
    else say("the first window has not closed yet", "live");
    next(Math.min(Math.max(seconds * 1000, 1000), 60000));
  } catch (error) {
    if (error instanceof NeedsToken) {
      at("login").hidden = false;
      at("main").hidden = true;
      setText(at("refused"), token ? "That is not the token." : "");
      say("a token is needed", "late");
      return;
    }
    say(`the agent does not answer (${error.message})`, "late");
    next(5000);
  }
};

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
  try { sessionStorage.setItem("token", token); } catch { /* As above. */ }
  refresh();
});
at("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  at("pause").setAttribute("aria-pressed", String(isPaused));
  if (isPaused) clearTimeout(timer); else refresh();
});
at("tools").addEventListener("submit", (event) => event.preventDefault());
at("more").addEventListener("click", showMore);
new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) showMore(); })
  .observe(at("more"));
at("filter").addEventListener("input", () => {
  limit = some;
  show();
});
at("idle").addEventListener("change", show);
for (const choice of document.querySelectorAll("input[name=view]")) choice.addEventListener("change", show);

makeColumns();
refresh();
