// SPDX-License-Identifier: Apache-2.0

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
    const [document, status, raised] =
      await Promise.all([ask("api/v1/units"), ask("api/v1/status"), ask("api/v1/alerts")]);
    seconds = Math.max(document.window?.seconds ?? 1, 0.001);
    units = document.units.map((unit) => shown(unit, seconds));
    const keys = new Set(units.map((unit) => unit.key));
    for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
    at("login").hidden = true;
    at("main").hidden = false;
    showStatus(status);
    showTiles(status);
    takeAlerts(raised);
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
