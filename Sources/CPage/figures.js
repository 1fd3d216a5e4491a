// SPDX-License-Identifier: Apache-2.0
// The live page: asks the agent after each window and shows what it says. Names are other programs' and only ever become
// text; none is put into markup, an attribute that is obeyed, or a request. The files here are one module: page.c has
// their order.
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
