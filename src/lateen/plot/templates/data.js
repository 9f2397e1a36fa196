// What the page carries: decoded once into typed arrays. Text stays text; it only ever reaches the page as textContent.

function bytesOf(base64) {
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function readData(text) {
  const raw = JSON.parse(text);
  const positions = new Float32Array(bytesOf(raw.positions).buffer);
  const n = raw.ids.length;
  const x = new Float32Array(n), y = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    x[i] = positions[2 * i];
    y[i] = -positions[2 * i + 1];
  }
  const fields = raw.fields.map((field) => {
    if (field.kind === "categories") return { ...field, codes: new Uint16Array(bytesOf(field.codes).buffer) };
    if (field.kind === "numbers") return { ...field, values: new Float32Array(bytesOf(field.values).buffer) };
    return field;
  });
  const atlas = raw.atlas && { ...raw.atlas, sizes: bytesOf(raw.atlas.sizes), images: [] };
  return { ...raw, n, x, y, fields, atlas };
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
  if (!atlas || !atlas.sizes[2 * item]) return null;
  const perSheet = atlas.perRow * atlas.perRow;
  const image = atlas.images[Math.floor(item / perSheet)];
  if (!image) return null;
  const place = item % perSheet;
  return {
    image,
    x: (place % atlas.perRow) * atlas.tile,
    y: Math.floor(place / atlas.perRow) * atlas.tile,
    width: atlas.sizes[2 * item],
    height: atlas.sizes[2 * item + 1],
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

function haystack(data) {
  return data.ids.map((id, item) =>
    [id, ...data.fields.map((field) => field.name + ": " + valueText(field, item))].join("\n").toLowerCase());
}
