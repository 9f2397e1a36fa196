// The panels: colour and legend, search, and the card of one item.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const byId = (id) => document.getElementById(id);
const css = ([red, green, blue]) => `rgb(${red},${green},${blue})`;
const STEPS = 48, LONGEST_ID = 72, FACTS = 12;

function scaleColor(colors, share) {
  const at = Math.min(Math.max(share, 0), 1) * (colors.length - 1);
  const below = Math.min(Math.floor(at), colors.length - 2);
  return css(colors[below].map((low, i) => Math.round(low + (at - below) * (colors[below + 1][i] - low))));
}

// One ink per category or per step of the scale; the last ink is null and means "missing".
function colorBy(data, place) {
  const { palette } = data;
  const field = data.fields[place];
  if (!field) return { inks: [css(palette.plain)], codeOf: () => 0 };
  if (field.kind === "categories") {
    const own = field.inks || {}, ink = (color) => (color ? css(color) : null);
    const inks = field.names.map((_, i) => ink(i in own ? own[i] : palette.categories[i]));
    return { inks: [...inks, null], codeOf: (item) => Math.min(field.codes[item], inks.length) };
  }
  const span = field.high - field.low || 1;
  const inks = Array.from({ length: STEPS }, (_, i) => scaleColor(palette.values, i / (STEPS - 1)));
  return {
    inks: [...inks, null],
    codeOf: (item) => {
      const share = (field.values[item] - field.low) / span;
      return Number.isFinite(share) ? Math.round(Math.min(Math.max(share, 0), 1) * (STEPS - 1)) : STEPS;
    },
  };
}

function categoryLegend(field, colors, isolated, toggle) {
  const list = element("ul");
  const missing = field.codes.reduce((count, code) => count + (code === MISSING_CODE), 0);
  const rows = field.names.map((name, code) => [name, field.counts[code], code]);
  if (missing) rows.push(["missing", missing, field.names.length]);
  for (const [name, count, code] of rows) {
    const button = element("button");
    button.title = `${name}: show only this; click again to end`;
    button.setAttribute("aria-pressed", String(isolated.has(code)));
    const dot = element("span", "dot");
    dot.style.background = colors.inks[code] || "var(--missing)";
    button.append(dot, element("span", "text", name), element("span", "count", count.toLocaleString("en")));
    button.onclick = () => toggle(code);
    const row = element("li");
    row.append(button);
    list.append(row);
  }
  return list;
}

// The colour bar is the histogram of the field.
function numberLegend(field, colors) {
  const box = element("div");
  const canvas = element("canvas");
  const bins = new Array(STEPS).fill(0);
  for (let i = 0; i < field.values.length; i++) {
    const code = colors.codeOf(i);
    if (code < STEPS) bins[code]++;
  }
  const most = Math.max(...bins, 1);
  canvas.width = STEPS * 8;
  canvas.height = 112;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Histogram of ${field.name}`);
  const pen = canvas.getContext("2d");
  bins.forEach((count, i) => {
    pen.fillStyle = colors.inks[i];
    const height = (count / most) * 96;
    pen.fillRect(i * 8, 100 - height, 7, height);
    pen.fillRect(i * 8, 102, 8, 10);
  });
  const ends = element("div", "ends");
  ends.append(element("span", "", numberText(field.low)), element("span", "", numberText(field.high)));
  box.append(canvas, ends);
  return box;
}

// What is known of an item: the first fields, and the others if asked for.
function showFacts(data, item, all) {
  const facts = byId("facts"), some = all || data.fields.length <= FACTS + 1 ? data.fields : data.fields.slice(0, FACTS);
  facts.replaceChildren();
  for (const field of some) {
    const name = element("dt", "", field.name);
    name.title = field.told || "";
    facts.append(name, element("dd", "", valueText(field, item)));
  }
  const more = byId("more"), rest = data.fields.length - some.length;
  more.hidden = !rest;
  more.textContent = `${rest} more`;
  more.onclick = () => { showFacts(data, item, true); keepInside(byId("card")); };
}

function showCard(data, item, pinned, at) {
  const card = byId("card");
  card.hidden = item < 0;
  card.classList.toggle("pinned", pinned);
  byId("unpin").hidden = !pinned;
  if (item < 0) return;
  byId("name").textContent = cutInside(data.ids[item], LONGEST_ID);
  byId("name").title = data.ids[item];
  card.scrollTop = 0;
  showFacts(data, item, false);
  const portrait = byId("portrait"), picture = pictureOf(data.atlas, item);
  portrait.hidden = !picture;
  if (picture) {
    const factor = 128 / Math.max(picture.width, picture.height);
    const ratio = Math.max(2, window.devicePixelRatio || 1);
    portrait.style.width = picture.width * factor + "px";
    portrait.style.height = picture.height * factor + "px";
    portrait.width = picture.width * factor * ratio;
    portrait.height = picture.height * factor * ratio;
    portrait.setAttribute("aria-label", "Picture of " + data.ids[item]);
    const pen = portrait.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture.image, picture.x, picture.y, picture.width, picture.height, 0, 0, portrait.width, portrait.height);
  }
  placeCard(card, at);
}

function keepInside(card, room = 12) {
  const lowest = window.innerHeight - card.offsetHeight - room;
  card.style.top = Math.max(Math.min(parseFloat(card.style.top), lowest), room) + "px";
}

function placeCard(card, [x, y]) {
  const room = 12, gap = 58;
  const left = x + gap + card.offsetWidth + room < window.innerWidth ? x + gap : x - gap - card.offsetWidth;
  card.style.left = Math.max(left, room) + "px";
  card.style.top = y - card.offsetHeight / 3 + "px";
  keepInside(card, room);
}
