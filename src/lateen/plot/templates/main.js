// The page: one state, and what the hand, the keyboard and the wheel do to it.

const data = readData(byId("data").textContent);
const canvas = byId("map");
const state = {
  field: -1, colors: null, inks: [], codes: new Uint16Array(data.n), isolated: new Set(), found: null, cursor: -1,
  pictures: Boolean(data.atlas || data.named), names: Boolean(data.regions), hovered: -1, pinned: -1, lighting: 0, turning: false,
  lights: new Uint8Array(data.n).fill(1),
  lit: (item) => state.lights[item] === 1,
  inkOf: (item) => state.inks[state.codes[item]],
};

// Who is lit: of the isolated categories, and among the found.
function light() {
  state.lighting++;
  const { lights, codes, isolated, found } = state;
  lights.fill(found ? 0 : 1);
  if (found) for (const item of found) lights[item] = 1;
  if (isolated.size) for (let i = 0; i < data.n; i++) if (!isolated.has(codes[i])) lights[i] = 0;
}

function setField(place) {
  state.field = place;
  state.isolated.clear();
  state.colors = colorBy(data, place);
  state.inks = state.colors.inks;
  for (let i = 0; i < data.n; i++) state.codes[i] = state.colors.codeOf(i);
  light();
  showLegend();
}

function showLegend() {
  const field = data.fields[state.field], legend = byId("legend"), scrolled = legend.scrollTop;
  legend.replaceChildren();
  if (field && field.kind === "categories") {
    legend.append(categoryLegend(field, state.colors, state.isolated, (code) => {
      if (!state.isolated.delete(code)) state.isolated.add(code);
      light();
      showLegend();
      view.redraw();
    }));
  } else if (field) legend.append(numberLegend(field, state.colors));
  if (field && field.told) legend.append(element("p", "muted told", field.told));
  legend.scrollTop = scrolled;
}

function search(text) {
  const wanted = text.trim().toLowerCase();
  state.cursor = -1;
  state.found = wanted ? itemsWith(data, wanted) : null;
  const all = data.n.toLocaleString("en"), some = wanted ? state.found.length.toLocaleString("en") : "";
  if (!wanted) byId("found").textContent = "";
  else byId("found").textContent = state.found.length ? `${some} of ${all} · Enter goes to the next` : `Nothing in ${all} items`;
  light();
  view.redraw();
}

function nextFound(step) {
  if (!state.found || !state.found.length) return;
  state.cursor = (state.cursor + step + state.found.length) % state.found.length;
  const item = state.found[state.cursor];
  view.goTo(item);
  pin(item);
}

function pin(item) {
  state.pinned = item;
  state.hovered = -1;
  showCard(data, item, item >= 0, item >= 0 ? view.screen(item) : [0, 0]);
  byId("spoken").textContent = item >= 0 ? data.ids[item] : "";
  view.redraw();
}

function hover(x, y) {
  const item = view.itemAt(x, y);
  canvas.classList.toggle("over", item >= 0);
  if (item === state.hovered) return;
  state.hovered = item;
  if (state.pinned < 0) showCard(data, item, false, item >= 0 ? view.screen(item) : [x, y]);
  view.redraw();
}

function escape() {
  if (state.pinned >= 0) return pin(-1);
  byId("search").value = "";
  state.isolated.clear();
  search("");
  showLegend();
}

const hands = new Map();
let travelled = 0;

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  hands.set(event.pointerId, [event.clientX, event.clientY]);
  if (hands.size === 1) travelled = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = hands.get(event.pointerId);
  if (!before) return hover(event.clientX, event.clientY);
  const now = [event.clientX, event.clientY];
  const other = [...hands].find(([id]) => id !== event.pointerId);
  if (other) {
    const apart = (place) => Math.hypot(place[0] - other[1][0], place[1] - other[1][1]) || 1;
    view.move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    view.zoomAt(apart(now) / apart(before), (now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2);
    travelled = 99;
  } else {
    travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (travelled > 4) {
      canvas.classList.add("dragging");
      if (state.pinned < 0) showCard(data, -1, false);
      state.turning = Boolean(data.depth) && !event.shiftKey;
      if (state.turning) view.turn(now[0] - before[0], now[1] - before[1]);
      else view.move(now[0] - before[0], now[1] - before[1]);
    }
  }
  hands.set(event.pointerId, now);
});
function release(event) {
  if (hands.delete(event.pointerId) && event.type === "pointerup" && travelled <= 4) pin(view.itemAt(event.clientX, event.clientY));
  canvas.classList.remove("dragging");
  if (state.turning) { state.turning = false; view.redraw(); }
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => { if (!hands.size) hover(-1e6, -1e6); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (state.pinned < 0) hover(-1e6, -1e6);
  const pixels = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
  view.zoomAt(Math.exp(-Math.min(Math.max(pixels, -240), 240) * (event.ctrlKey ? 0.01 : 0.0022)), event.clientX, event.clientY);
}, { passive: false });
canvas.addEventListener("dblclick", (event) => view.zoomAt(2, event.clientX, event.clientY));

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (view) view.redraw();
}
function turnTheme() { setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"); }
function turnPictures() {
  state.pictures = !state.pictures;
  byId("pictures").setAttribute("aria-pressed", String(state.pictures));
  view.redraw();
}
function turnNames() {
  state.names = !state.names;
  byId("names").setAttribute("aria-pressed", String(state.names));
  view.redraw();
}

const KEYS = {
  ArrowLeft: () => view.move(80, 0), ArrowRight: () => view.move(-80, 0),
  ArrowUp: () => view.move(0, 80), ArrowDown: () => view.move(0, -80),
  "+": () => view.zoomAt(1.4), "=": () => view.zoomAt(1.4), "-": () => view.zoomAt(1 / 1.4), 0: () => view.whole(),
  t: turnTheme, p: turnPictures, n: turnNames, Escape: escape,
  "/": () => { byId("search").focus(); byId("search").select(); },
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.tagName === "INPUT" || event.target.tagName === "SELECT";
  if (typing && event.key === "Escape") { escape(); canvas.focus(); return; }
  if (typing) return;
  if (event.key === "Enter" && event.target === canvas) pin(view.itemAt(view.width / 2, view.height / 2, 1e5));
  else if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});
byId("search").addEventListener("input", (event) => search(event.target.value));
byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter") nextFound(event.shiftKey ? -1 : 1); });
byId("field").addEventListener("change", (event) => { setField(Number(event.target.value)); view.redraw(); });
byId("closer").onclick = KEYS["+"];
byId("farther").onclick = KEYS["-"];
byId("whole").onclick = KEYS[0];
byId("theme").onclick = turnTheme;
byId("pictures").onclick = turnPictures;
byId("pictures").hidden = !state.pictures;
if (data.named) byId("pictures").title = "Words on or off (p)";
byId("names").onclick = turnNames;
byId("names").hidden = !data.regions;
byId("unpin").onclick = () => { pin(-1); canvas.focus(); };
addEventListener("resize", () => { view.measure(); if (view.zoom === 1) view.whole(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));

let view = null;
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
byId("title").textContent = data.title;
byId("subtitle").textContent = [data.subtitle, data.depth && "drag to turn, Shift and drag to move"].filter(Boolean).join(" · ");
byId("quality").textContent = data.quality;
const choices = byId("field");
const choice = (text, value) => { const option = element("option", "", text); option.value = value; choices.append(option); };
choice("nothing", -1);
data.fields.forEach((field, place) => { if (field.kind !== "texts") choice(field.name, place); });
byId("side").hidden = choices.options.length < 2;
choices.value = String(data.start);
setField(data.start);
view = new View(canvas, data, state);
if (data.atlas) loadSheets(data.atlas, () => view.redraw());
document.documentElement.dataset.ready = "true";

// For pages that embed the map, and for its tests.
window.lateenMap = {
  screenOf: (id) => view.screen(data.ids.indexOf(id)),
  zoom: () => view.zoom,
  labels: () => view.names.map(({ name, left, top, right, bottom }) => ({ name, left, top, right, bottom })),
  painted: () => view.painted,
  words: () => view.words,
  ringed: () => view.rings,
  written: () => view.written,
  pictured: () => view.tiles.map((tile) => data.ids[tile.item]),
};
