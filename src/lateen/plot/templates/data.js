// What the page carries: decoded once into typed arrays. Text stays text; it only ever reaches the page as textContent.

function bytesOf(base64) {
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

// x and y are where items are drawn: the positions themselves, or in three dimensions what Turning makes of them.
function readData(text) {
  const raw = JSON.parse(text);
  const positions = new Float32Array(bytesOf(raw.positions).buffer);
  const n = raw.ids.length, solid = raw.axes === 3;
  const x = new Float32Array(n), y = new Float32Array(n), depth = solid ? new Float32Array(n) : null;
  for (let i = 0; i < n; i++) {
    x[i] = positions[raw.axes * i];
    y[i] = -positions[raw.axes * i + 1];
  }
  const fields = raw.fields.map((field) => {
    if (field.kind === "categories") return { ...field, codes: new Uint16Array(bytesOf(field.codes).buffer) };
    if (field.kind === "numbers") return { ...field, values: new Float32Array(bytesOf(field.values).buffer) };
    return field;
  });
  const front = new Uint8Array(n);
  for (const item of raw.front) front[item] = 1;
  return { ...raw, n, positions, x, y, depth, fields, isFront: front, atlas: raw.atlas && readAtlas(raw.atlas, n) };
}

// Tiles are of some items, in an order of their own.
function readAtlas(raw, n) {
  const items = new Uint32Array(bytesOf(raw.items).buffer), sizes = bytesOf(raw.sizes);
  const tileOf = new Int32Array(n).fill(-1);
  items.forEach((item, tile) => { if (sizes[2 * tile]) tileOf[item] = tile; });
  return { ...raw, items, sizes, tileOf, images: [] };
}

function loadSheets(atlas, whenLoaded) {
  atlas.sheets.forEach((sheet, place) => {
    if (!sheet) return;
    const image = new Image();
    image.onload = () => { atlas.images[place] = image; whenLoaded(); };
    image.src = "data:image/webp;base64," + sheet;
  });
}

// The sheet and the rectangle of an item's picture, or null while it has none.
function pictureOf(atlas, item) {
  const tile = atlas ? atlas.tileOf[item] : -1;
  if (tile < 0) return null;
  const perSheet = atlas.perRow * atlas.perRow;
  const image = atlas.images[Math.floor(tile / perSheet)];
  if (!image) return null;
  const place = tile % perSheet;
  return {
    image,
    x: (place % atlas.perRow) * atlas.tile,
    y: Math.floor(place / atlas.perRow) * atlas.tile,
    width: atlas.sizes[2 * tile],
    height: atlas.sizes[2 * tile + 1],
  };
}

const MISSING_CODE = 65535;

function numberText(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return value.toLocaleString("en", { maximumFractionDigits: 0 });
  return String(Number(value.toPrecision(size < 0.1 ? 2 : 3))).replace("-", "−");
}

function valueText(field, item) {
  if (field.kind === "categories") return field.codes[item] === MISSING_CODE ? "–" : field.names[field.codes[item]];
  if (field.kind === "numbers") return numberText(field.values[item]);
  return field.values[item] || "–";
}

// A text that is too long loses its middle: ids often differ at their ends.
function cutInside(text, longest) {
  if (text.length <= longest) return text;
  const kept = longest - 1, head = Math.ceil(kept / 2);
  return text.slice(0, head) + "…" + text.slice(text.length - (kept - head));
}

const NUMBERS_SEARCHED = 20000;

// Which items have a text in their id or in a "field: value": the id itself first, then those that begin with it. Of many items, numbers are looked at only if asked for.
function itemsWith(data, wanted) {
  const hit = new Uint8Array(data.n);
  data.lowered = data.lowered || data.ids.map((id) => id.toLowerCase());
  for (let i = 0; i < data.n; i++) if (data.lowered[i].includes(wanted)) hit[i] = 1;
  for (const field of data.fields) {
    const head = (field.name + ": ").toLowerCase();
    const within = (value) => (head + value.toLowerCase()).includes(wanted);
    if (field.kind === "categories") {
      const named = field.names.map(within), missing = within("–");
      for (let i = 0; i < data.n; i++) {
        const code = field.codes[i];
        if (code === MISSING_CODE ? missing : named[code]) hit[i] = 1;
      }
    } else if (field.kind === "texts" || data.n <= NUMBERS_SEARCHED || wanted.startsWith(head)) {
      for (let i = 0; i < data.n; i++) if (!hit[i] && within(valueText(field, i))) hit[i] = 1;
    }
  }
  const found = [];
  for (let i = 0; i < data.n; i++) if (hit[i]) found.push(i);
  const rank = (id) => (id === wanted ? 0 : id.startsWith(wanted) ? 1 : id.includes(wanted) ? 2 : 3);
  const ranks = data.lowered.map(rank);
  return found.sort((a, b) => ranks[a] - ranks[b] || a - b);
}
