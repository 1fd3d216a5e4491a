// SPDX-License-Identifier: Apache-2.0

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
