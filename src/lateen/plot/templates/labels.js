// Names of regions, written at their densest places, and of items that are words, beside their dots: the most important
// first, none over another or under a panel.

const LONGEST_LINE = 24, LONGEST_NAME = 48, LEADING = 1.18;
let fontFamily = "";

function fontOf(size) {
  fontFamily = fontFamily || getComputedStyle(document.body).fontFamily;
  return `600 ${size.toFixed(1)}px ${fontFamily}`;
}

// A name in at most two lines, broken after a comma or between words near its middle.
function linesOf(name) {
  const text = name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME - 1) + "…" : name;
  if (text.length <= LONGEST_LINE) return [text];
  const breaks = [...text.matchAll(/, | /g)].map((found) => [found.index + found[0].trimEnd().length, found[0] === " "]);
  if (!breaks.length) return [text];
  const cost = ([at, space]) => Math.abs(at - text.length / 2) + (space ? 6 : 0);
  const [at] = breaks.reduce((best, next) => (cost(next) < cost(best) ? next : best));
  return [text.slice(0, at), text.slice(at).trim()];
}

function coveredByPanels() {
  return ["head", "side", "tools"].map((id) => byId(id).getBoundingClientRect()).filter((box) => box.width)
    .map((box) => ({ left: box.left, top: box.top, right: box.right, bottom: box.bottom }));
}

// Where the pictures of what is in front are to be: no name stands there.
function frontBoxes(view) {
  const { data, state } = view, half = tileSize(view.zoom) / 2;
  if (!data.front.length || data.front.length > 400) return [];
  return data.front.filter(state.lit).map((item) => view.screen(item))
    .map(([x, y]) => ({ left: x - half, right: x + half, top: y - half, bottom: y + half }));
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

// Which names have room, and where: { name, lines, size, left, top, right, bottom }.
function placeNames(pen, view) {
  const { regions, n } = view.data, taken = [...coveredByPanels(), ...frontBoxes(view)], placed = [];
  for (const region of regions) {
    const [x, y] = view.screen(region.at);
    if (!(x > 0 && y > 0 && x < view.width && y < view.height)) continue;
    const size = Math.min(20, (11.5 + 6 * Math.sqrt(region.size / n)) * Math.pow(Math.max(1, view.zoom), 0.12));
    pen.font = fontOf(size);
    const lines = linesOf(region.name);
    const wide = Math.max(...lines.map((text) => pen.measureText(text).width)) + 8, high = lines.length * LEADING * size + 4;
    const unit = view.scale * view.zoom, reach = region.reach.map((half) => half * unit);
    const place = freePlace(x, y, wide, high, taken, view, reach);
    if (!place) continue;
    taken.push(place);
    placed.push({ ...place, name: region.name, at: region.at, lines, size });
  }
  return placed;
}

function paintNames(pen, view) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  for (const { lines, size, left, right, top, at } of view.names) {
    pen.font = fontOf(size);
    pen.globalAlpha = view.turning ? 0.35 + 0.65 * view.turning.nearness[at] : 1;
    lines.forEach((text, row) => {
      const place = [(left + right) / 2, top + 2 + (row + 0.5) * LEADING * size];
      pen.strokeStyle = view.colors.paper;
      pen.lineWidth = 4.5;
      pen.strokeText(text, ...place);
      pen.fillStyle = view.colors.ink;
      pen.fillText(text, ...place);
    });
  }
  pen.globalAlpha = 1;
}

const HIDES = 0.35, GAP = 6;
const SHIFTS = [[0, 0], [0, -1], [0, 1], [0.5, -0.6], [-0.5, -0.6], [0.5, 0.6], [-0.5, 0.6], [0, -2], [0, 2]];

// On a region, where the name leaves most of it visible; else above, below or beside it.
function shiftsOf(wide, high, [across, down]) {
  if (!(across || down) || wide * high < HIDES * 4 * across * down) return SHIFTS.map(([x, y]) => [x * wide, y * high]);
  const over = down + high / 2 + GAP, aside = across + wide / 2 + GAP;
  return [[0, -over], [0, over], [aside, 0], [-aside, 0], [aside, -over], [-aside, -over], [aside, over], [-aside, over]];
}

function freePlace(x, y, wide, high, taken, view, reach) {
  for (const [across, down] of shiftsOf(wide, high, reach)) {
    const middle = x + across, line = y + down;
    const box = { left: middle - wide / 2, right: middle + wide / 2, top: line - high / 2, bottom: line + high / 2 };
    if (box.left < 0 || box.top < 0 || box.right > view.width || box.bottom > view.height) continue;
    if (!taken.some((other) => overlap(box, other))) return box;
  }
  return null;
}

const MOST_WORDS = 140, WORDS_LOOKED_AT = 30000, WORD_SIZE = 12, RING = 9;

// Words beside their dots, in their order, wherever there is room; those with a ring first, outside of it.
function paintWords(pen, view) {
  const { data, state } = view, taken = [...coveredByPanels(), ...view.names], reach = view.dots.radius(view.zoom) + 3;
  const ringed = new Set([state.pinned, ...(view.marksFound() ? state.found : [])].filter((item) => item >= 0));
  view.written = [];
  let written = 0;
  pen.font = fontOf(WORD_SIZE).replace("600 ", "");
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.strokeStyle = view.colors.paper;
  pen.lineWidth = 3;
  pen.fillStyle = view.colors.muted;
  const count = Math.min(data.n, WORDS_LOOKED_AT);
  function* inTurn() {
    yield* ringed;
    for (let item = 0; item < count; item++) if (!ringed.has(item)) yield item;
  }
  for (const item of inTurn()) {
    if (written >= MOST_WORDS) break;
    const [x, y] = view.screen(item), rim = ringed.has(item) ? RING + 3 : 0, start = Math.max(reach, rim + 1);
    if (!(x > 0 && y > 0 && x < view.width && y < view.height) || !state.lit(item)) continue;
    const text = cutInside(data.ids[item], 28);
    const box = { left: x - rim, right: x + start + WORD_SIZE * 0.62 * text.length + 12, top: y - WORD_SIZE, bottom: y + WORD_SIZE };
    if (box.right > view.width || taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    written++;
    pen.strokeText(text, x + start, y);
    pen.fillText(text, x + start, y);
    view.written.push({ id: data.ids[item], x: x + start, y });
  }
  return written;
}
