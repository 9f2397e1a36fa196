// A map in three dimensions, seen from a side that the hand chooses: what is drawn is its shadow, the near over the far.

const SHELVES = 256;

class Turning {
  constructor(data) {
    this.data = data;
    const { n, positions } = data, low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < 3 * n; i++) {
      if (!Number.isFinite(positions[i])) continue;
      low[i % 3] = Math.min(low[i % 3], positions[i]);
      high[i % 3] = Math.max(high[i % 3], positions[i]);
    }
    this.middle = low.map((value, axis) => (value > high[axis] ? 0 : (value + high[axis]) / 2));
    this.span = 0;
    for (let i = 0; i < n; i++) {
      const away = Math.hypot(...this.middle.map((value, axis) => positions[3 * i + axis] - value));
      if (away > this.span / 2) this.span = 2 * away;
    }
    this.order = new Uint32Array(n);
    this.nearness = new Float32Array(n);
    this.reset();
  }

  reset() {
    this.across = 0.6;
    this.up = -0.35;
    this.apply();
  }

  turn(dx, dy) {
    this.across += dx * 0.008;
    this.up = Math.min(1.5, Math.max(-1.5, this.up - dy * 0.008));
    this.apply();
  }

  apply() {
    const { data, middle, order, nearness } = this, { n, positions, x, y, depth } = data;
    const cosA = Math.cos(this.across), sinA = Math.sin(this.across), cosU = Math.cos(this.up), sinU = Math.sin(this.up);
    const half = this.span / 2 || 1, counts = new Uint32Array(SHELVES + 1), shelves = new Uint16Array(n);
    for (let i = 0; i < n; i++) {
      const a = positions[3 * i] - middle[0], b = positions[3 * i + 1] - middle[1], c = positions[3 * i + 2] - middle[2];
      const side = cosA * a + sinA * c, back = cosA * c - sinA * a;
      x[i] = side;
      y[i] = -(cosU * b + sinU * back);
      depth[i] = cosU * back - sinU * b;
      nearness[i] = Math.min(1, Math.max(0, (depth[i] / half + 1) / 2)) || 0;
      shelves[i] = Math.min(SHELVES - 1, Math.floor(nearness[i] * SHELVES));
      counts[shelves[i] + 1]++;
    }
    for (let shelf = 0; shelf < SHELVES; shelf++) counts[shelf + 1] += counts[shelf];
    for (let i = 0; i < n; i++) order[counts[shelves[i]]++] = i;
  }
}
