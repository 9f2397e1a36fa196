// The canvas: where the map is looked at from, and how it is painted.

const NEAREST = 400, FARTHEST = 0.4, MARGIN = 0.88;

class View {
  constructor(canvas, data, state) {
    Object.assign(this, { canvas, data, state, zoom: 1, centerX: 0, centerY: 0, waiting: false, tiles: [], names: [], written: [], rings: [] });
    this.levels = new Levels(data);
    this.dots = new Dots(canvas, data.n);
    this.turning = data.depth ? new Turning(data) : null;
    this.measure();
    this.whole();
  }

  measure() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ratio = ratio;
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    for (let i = 0; i < this.data.n; i++) {
      const x = this.data.x[i], y = this.data.y[i];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      left = Math.min(left, x); right = Math.max(right, x);
      top = Math.min(top, y); bottom = Math.max(bottom, y);
    }
    if (left > right) left = right = top = bottom = 0;
    this.middle = [(left + right) / 2, (top + bottom) / 2];
    // The panels cover about 280 px at the left and 250 px at the right of a wide window.
    this.inset = this.width > 900 ? [280, 248] : [0, 0];
    const room = this.width - this.inset[0] - this.inset[1];
    let spanX = right - left || 1, spanY = bottom - top || 1;
    if (this.turning) spanX = spanY = this.turning.span || 1;
    if (this.turning) this.middle = [0, 0];
    this.scale = MARGIN * Math.min(room / spanX, this.height / spanY);
    this.redraw();
  }

  // What is behind comes to the front. Pictures are placed anew when the hand lets go.
  turn(dx, dy) {
    this.turning.turn(dx, dy);
    this.levels.forget();
    this.redraw();
  }

  whole() {
    if (this.turning) { this.turning.reset(); this.levels.forget(); }
    this.zoom = 1;
    this.centerX = this.middle[0] + (this.inset[1] - this.inset[0]) / 2 / this.scale;
    this.centerY = this.middle[1];
    this.redraw();
  }

  screen(item) {
    const unit = this.scale * this.zoom;
    return [this.width / 2 + (this.data.x[item] - this.centerX) * unit, this.height / 2 + (this.data.y[item] - this.centerY) * unit];
  }

  move(dx, dy) {
    this.centerX -= dx / (this.scale * this.zoom);
    this.centerY -= dy / (this.scale * this.zoom);
    this.redraw();
  }

  zoomAt(factor, x = this.width / 2, y = this.height / 2) {
    const next = Math.min(NEAREST, Math.max(FARTHEST, this.zoom * factor));
    const before = this.scale * this.zoom, after = this.scale * next;
    this.centerX += (x - this.width / 2) * (1 / before - 1 / after);
    this.centerY += (y - this.height / 2) * (1 / before - 1 / after);
    this.zoom = next;
    this.redraw();
  }

  goTo(item) {
    this.zoom = Math.max(this.zoom, 6);
    this.centerX = this.data.x[item];
    this.centerY = this.data.y[item];
    this.redraw();
  }

  // The item under a place: a picture if one is there, else the nearest dot within reach.
  itemAt(x, y, reach = 14) {
    for (const tile of [...this.tiles].reverse()) {
      if (x >= tile.x && x <= tile.x + tile.width && y >= tile.y && y <= tile.y + tile.height) return tile.item;
    }
    const { data, state } = this, unit = this.scale * this.zoom;
    const atX = this.centerX + (x - this.width / 2) / unit, atY = this.centerY + (y - this.height / 2) / unit;
    let best = -1, nearest = (reach / unit) ** 2;
    for (let i = 0; i < data.n; i++) {
      const distance = (data.x[i] - atX) ** 2 + (data.y[i] - atY) ** 2;
      if (distance < nearest && state.lit(i)) { nearest = distance; best = i; }
    }
    return best;
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    this.colors = Object.fromEntries(["paper", "ink", "muted", "accent", "missing", "faint"].map((name) => [name, style.getPropertyValue("--" + name).trim()]));
    const began = performance.now();
    this.dots.paint(pen, this);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.names = this.state.names && this.data.regions ? placeNames(pen, this) : [];
    this.tiles = [];
    if (this.state.pictures && this.data.atlas && !this.state.turning) this.paintTiles(pen);
    this.words = this.data.named && this.state.pictures ? paintWords(pen, this) : 0;
    paintNames(pen, this);
    this.paintMarks(pen);
    this.painted = performance.now() - began;
  }

  paintTiles(pen) {
    const edge = tileSize(this.zoom), tile = this.data.atlas.tile;
    const framed = this.state.field >= 0;
    pen.imageSmoothingQuality = "high";
    const chosen = this.levels.at(this.zoom, this.scale, this.state.lit, this.state.lighting), { isFront, front } = this.data;
    const inTurn = front.length ? [...chosen.filter((i) => !isFront[i]), ...chosen.filter((i) => isFront[i])] : chosen;
    for (const item of inTurn) {
      const [x, y] = this.screen(item);
      if (!(x > -edge && y > -edge && x < this.width + edge && y < this.height + edge)) continue;
      const picture = pictureOf(this.data.atlas, item);
      if (!picture) continue;
      const width = (picture.width / tile) * edge, height = (picture.height / tile) * edge;
      const box = { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
      if (!isFront[item] && this.names.some((name) => overlap(name, box))) continue;
      this.paintTile(pen, picture, x - width / 2, y - height / 2, width, height, framed && this.state.inkOf(item));
      this.tiles.push({ item, x: x - width / 2, y: y - height / 2, width, height });
    }
  }

  paintTile(pen, picture, x, y, width, height, ink) {
    const corner = 0.12 * Math.min(width, height), rim = ink === false ? 1.5 : 2.5;
    pen.fillStyle = ink === false ? this.colors.paper : ink || this.colors.missing;
    pen.beginPath();
    pen.roundRect(x - rim, y - rim, width + 2 * rim, height + 2 * rim, corner + rim);
    pen.fill();
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, width, height, corner);
    pen.clip();
    pen.drawImage(picture.image, picture.x, picture.y, picture.width, picture.height, x, y, width, height);
    pen.restore();
  }

  marksFound() {
    return Boolean(this.state.found) && this.state.found.length <= 400;
  }

  // Rings round what was searched for, hovered and pinned.
  paintMarks(pen) {
    this.rings = [];
    const ring = (item, color, width, radius = RING) => {
      const tile = this.tiles.find((t) => t.item === item);
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.beginPath();
      if (tile) pen.roundRect(tile.x - 4, tile.y - 4, tile.width + 8, tile.height + 8, 8);
      else pen.arc(...this.screen(item), radius, 0, 2 * Math.PI);
      pen.stroke();
      this.rings.push({ id: this.data.ids[item], radius: radius + width / 2 });
    };
    if (this.marksFound()) this.state.found.forEach((item) => ring(item, this.colors.accent, 2));
    if (this.state.hovered >= 0) ring(this.state.hovered, this.colors.ink, 2, this.words ? this.dots.radius(this.zoom) + 1 : RING);
    if (this.state.pinned >= 0) ring(this.state.pinned, this.colors.accent, 3);
  }
}
