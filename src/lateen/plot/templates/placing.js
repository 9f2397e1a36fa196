// Which items show their picture at a zoom: exemplars first, then densest places, none overlapping. Levels are nested:
// whoever has a picture keeps it when you come nearer.

function densestFirst(data, cell) {
  const counts = new Map();
  const keys = new Array(data.n);
  for (let i = 0; i < data.n; i++) {
    keys[i] = Math.floor(data.x[i] / cell) * 65536 + Math.floor(data.y[i] / cell);
    counts.set(keys[i], (counts.get(keys[i]) || 0) + 1);
  }
  const order = [];
  for (let i = 0; i < data.n; i++) {
    if (data.atlas && data.atlas.tileOf[i] >= 0 && Number.isFinite(data.x[i]) && Number.isFinite(data.y[i])) order.push(i);
  }
  const first = (item) => (data.isFront[item] ? -1 : data.atlas.tileOf[item] < data.atlas.exemplars ? 0 : 1);
  return order.sort((a, b) => first(a) - first(b) || counts.get(keys[b]) - counts.get(keys[a]) || a - b);
}

const CLOSER = 0.4; // those in front may lie over each other, so that as many as can be are seen

function placeApart(data, order, first, distance) {
  const taken = new Map();
  const chosen = [];
  const key = (column, line) => column * 1048576 + line;
  const consider = (item) => {
    const x = data.x[item], y = data.y[item];
    const column = Math.floor(x / distance), line = Math.floor(y / distance);
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        for (const other of taken.get(key(column + i, line + j)) || []) {
          const apart = data.isFront[item] && data.isFront[other] ? CLOSER * distance : distance;
          if (Math.abs(data.x[other] - x) < apart && Math.abs(data.y[other] - y) < apart) return;
        }
      }
    }
    const here = key(column, line);
    if (taken.has(here)) taken.get(here).push(item);
    else taken.set(here, [item]);
    chosen.push(item);
  };
  first.forEach(consider);
  order.forEach(consider);
  return chosen;
}

function tileSize(zoom) {
  return Math.min(84, Math.max(28, 36 * Math.pow(zoom, 0.3)));
}

// Pictures stand apart when far, so that the dots between them can be seen, and touch when near.
function tileRoom(zoom) {
  return 1.1 + 0.6 / Math.max(1, zoom);
}

class Levels {
  constructor(data) {
    this.data = data;
    this.forget();
  }

  forget() {
    this.chosen = [];
    this.scale = 0;
  }

  // scale: pixels per unit of the map at zoom 1. Only lit items compete for room; `lighting` changes when they do.
  at(zoom, scale, lit, lighting) {
    if (scale !== this.scale || lighting !== this.lighting) {
      this.forget();
      this.scale = scale;
      this.lighting = lighting;
      this.order = densestFirst(this.data, (2 * tileSize(1)) / scale).filter(lit);
    }
    const level = Math.max(0, Math.floor(2 * Math.log2(zoom)) + 4);
    while (this.chosen.length <= level) {
      const lowest = Math.pow(2, (this.chosen.length - 4) / 2);
      const distance = (tileSize(lowest) * tileRoom(lowest)) / (scale * lowest);
      this.chosen.push(placeApart(this.data, this.order, this.chosen[this.chosen.length - 1] || [], distance));
    }
    return this.chosen[level];
  }
}
