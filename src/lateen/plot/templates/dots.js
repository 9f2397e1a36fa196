// All dots at once, written straight into the pixels: a hundred thousand of them take some milliseconds.

const OPAQUE = 217, MANY_DOTS = 20000, THINNEST = 120; // of 256

// Red, green and blue of a colour as the page writes it.
function channels(color) {
  if (color.startsWith("#")) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return color.match(/\d+/g).slice(0, 3).map(Number);
}

// A disc as pixels around its middle, each with how much of it is covered.
function stamp(radius, alpha) {
  const reach = Math.ceil(radius), pixels = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (cover > 0.05) pixels.push([dx, dy, Math.round(cover * alpha)]);
    }
  }
  return pixels;
}

class Dots {
  constructor(canvas, n) {
    Object.assign(this, { canvas, n, image: null });
    this.base = Math.min(4, Math.max(1.2, 110 / Math.sqrt(n || 1)));
    this.alpha = n > MANY_DOTS ? Math.max(THINNEST, Math.round(OPAQUE * Math.sqrt(MANY_DOTS / n))) : OPAQUE;
    // An order in which no category is always on top, the same every time.
    this.step = 1;
    for (const prime of [7919, 104729, 1299709]) if (n % prime) this.step = prime;
  }

  radius(zoom) {
    return Math.min(7, this.base * Math.pow(zoom, 0.35));
  }

  paint(pen, view) {
    const { canvas } = this, { data, state, ratio } = view;
    if (!canvas.width || !canvas.height) return;
    if (!this.image || this.image.width !== canvas.width || this.image.height !== canvas.height) {
      this.image = pen.createImageData(canvas.width, canvas.height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const paper = channels(view.colors.paper);
    this.pixels.fill((255 << 24) | (paper[2] << 16) | (paper[1] << 8) | paper[0]);
    const inks = state.inks.map((ink) => channels(ink || view.colors.missing));
    // Near things grow faster than their neighbours part: what is dense when far is solid when near.
    const alpha = Math.min(OPAQUE, this.alpha * Math.pow(view.zoom, 0.5));
    const pixels = stamp(this.radius(view.zoom) * ratio, alpha);
    const faint = channels(view.colors.faint);
    if (state.found || state.isolated.size) this.each(view, 0, pixels, () => faint);
    this.each(view, 1, pixels, (item) => inks[state.codes[item]]);
    if (view.data.front.length) {
      const large = stamp(Math.max(4.5, this.radius(view.zoom) + 1) * ratio, 256);
      this.each(view, 1, large, (item) => inks[state.codes[item]], view.data.front);
    }
    pen.putImageData(this.image, 0, 0);
  }

  each(view, wanted, stamped, inkOf, some = null) {
    const { data, state, ratio } = view, { pixels, n, step } = this, { width, height } = this.image;
    const unit = view.scale * view.zoom * ratio;
    const left = width / 2 - view.centerX * unit, top = height / 2 - view.centerY * unit;
    const { order, nearness } = view.turning || {}, count = some ? some.length : n;
    for (let turn = 0, at = 0; turn < count; turn++, at = (at + step) % n) {
      const item = some ? some[turn] : order ? order[turn] : at;
      if (state.lights[item] !== wanted) continue;
      const x = Math.round(left + data.x[item] * unit), y = Math.round(top + data.y[item] * unit);
      if (!(x > -20 && y > -20 && x < width + 20 && y < height + 20)) continue;
      const [red, green, blue] = inkOf(item), share = nearness ? 0.3 + 0.7 * nearness[item] : 1;
      for (const [dx, dy, cover] of stamped) {
        const px = x + dx, py = y + dy;
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        const place = py * width + px, under = pixels[place], mix = cover * share;
        const r = under & 255, g = (under >> 8) & 255, b = (under >> 16) & 255;
        pixels[place] = (255 << 24) | ((b + (((blue - b) * mix) >> 8)) << 16) | ((g + (((green - g) * mix) >> 8)) << 8)
          | (r + (((red - r) * mix) >> 8));
      }
    }
  }
}
