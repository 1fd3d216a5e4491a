// SPDX-License-Identifier: Apache-2.0

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
