// Charts: histograms as SVG, drawn anew when their width changes, and bars as HTML.

const SLOTS = 20;

// A chart that fills the width it is given.
function chart(height, label, draw) {
  const box = element("div", { class: "chart" });
  box.style.height = height + "px";
  let drawn = 0;
  new ResizeObserver((entries) => {
    const width = Math.floor(entries[0].contentRect.width);
    if (width < 40 || width === drawn) return;
    drawn = width;
    box.replaceChildren(shape("svg", { width, height, role: "group", "aria-label": label }, draw(width)));
  }).observe(box);
  return box;
}

// Steps of 1, 2 or 5 times a power of ten, at most four, the last at the highest value or just above.
function ticks(highest) {
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const found = [];
  for (let count = 0; count === 0 || found[count - 1] < highest * 0.9999; count++) found.push(count * step);
  return found;
}

// Bins of values from 0 to a highest one: exactly 0, twenty equal ones between, and exactly the highest.
function bins(values, scale = 1) {
  const counts = new Array(SLOTS + 2).fill(0);
  for (const value of values) counts[binOf(value, scale)]++;
  return counts;
}

function binOf(value, scale = 1) {
  const share = value / scale;
  return share <= 0 ? 0 : share >= 1 ? SLOTS + 1 : 1 + Math.min(SLOTS - 1, Math.floor(share * SLOTS));
}

function binTitle(bin, scale) {
  if (bin === 0) return "exactly 0";
  if (bin === SLOTS + 1) return "exactly " + scale;
  const edge = (value) => ((value * scale) / SLOTS).toFixed(scale < 1 ? 3 : 2);
  return edge(bin - 1) + " to " + edge(bin);
}

// A histogram of shares of values from 0 to `scale`. Exact zeros and ones have bars of their own: they are usually most
// of the values, and a bin that hides them in 0.95 to 1 would tell less. Its axis begins at 0 and ends at a tick.
function histogram({ values, noun, label, highest, scale = 1, height = 190, marks = false, onBin }) {
  const counts = bins(values, scale);
  const total = values.length || 1;
  const lines = ticks(highest || Math.max(...counts) / total || 1);
  const top = lines[lines.length - 1];
  return chart(height, label, (width) => {
    const left = 46, right = 6, upper = 18, lower = marks ? 46 : 30;
    const base = height - lower;
    const slot = (width - left - right) / (SLOTS + 4);
    const x = (bin) => left + slot * (bin === 0 ? 0 : bin === SLOTS + 1 ? SLOTS + 3 : bin + 1);
    const y = (share) => base - (share / top) * (base - upper);
    const inner = (value) => x(1) + (value / scale) * SLOTS * slot;
    const at = (value) => (value <= 0 ? x(0) + slot / 2 : value >= scale ? x(SLOTS + 1) + slot / 2 : inner(value));
    const parts = [];
    for (const tick of lines) {
      parts.push(shape("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }));
      parts.push(shape("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, Math.round(tick * 1000) / 10 + " %"));
    }
    counts.forEach((count, bin) => {
      const share = count / total;
      const title = binTitle(bin, scale) + ": " + plural(count, noun) + " (" + percent(share) + ")";
      const bar = shape("g", { class: bin === 0 || bin === SLOTS + 1 ? "bar end" : "bar" },
        shape("rect", { class: "hit", x: x(bin), y: upper, width: slot, height: base - upper }),
        shape("rect", { class: "value", x: x(bin) + 0.5, y: count ? Math.min(y(share), base - 1) : base, width: Math.max(1, slot - 1), height: count ? Math.max(1, base - y(share)) : 0 }),
        shape("title", {}, title));
      if (count && onBin) activate(bar, title, () => onBin(bin, title));
      parts.push(bar);
    });
    for (const bin of [0, SLOTS + 1]) {
      const share = counts[bin] / total;
      if (!share) continue;
      parts.push(shape("text", { class: "figure", x: x(bin) + slot / 2, y: y(Math.min(share, top)) - 5, "text-anchor": bin ? "end" : "start", dx: bin ? slot / 2 : -slot / 2 }, percent(share)));
    }
    parts.push(shape("line", { class: "axis", x1: x(0), x2: x(0) + slot, y1: base + 0.5, y2: base + 0.5 }));
    parts.push(shape("line", { class: "axis", x1: x(1), x2: inner(scale), y1: base + 0.5, y2: base + 0.5 }));
    parts.push(shape("line", { class: "axis", x1: x(SLOTS + 1), x2: x(SLOTS + 1) + slot, y1: base + 0.5, y2: base + 0.5 }));
    for (const value of [0.25 * scale, 0.5 * scale, 0.75 * scale]) {
      parts.push(shape("text", { class: "tick", x: inner(value), y: base + 15, "text-anchor": "middle" }, String(value)));
    }
    parts.push(shape("text", { class: "tick", x: x(0), y: base + 15, "text-anchor": "start" }, "0"));
    parts.push(shape("text", { class: "tick", x: x(SLOTS + 1) + slot, y: base + 15, "text-anchor": "end" }, String(scale)));
    if (marks && values.length) parts.push(...rangeMarks(values, at, base + 32));
    return parts;
  });
}

// The middle half of the values as a thick line, the middle nine tenths as a thin one, and the median.
function rangeMarks(values, at, y) {
  const sorted = [...values].sort((a, b) => a - b);
  const [p5, p25, p50, p75, p95] = [5, 25, 50, 75, 95].map((rank) => percentile(sorted, rank));
  return [
    shape("line", { class: "range", x1: at(p5), x2: at(p95), y1: y, y2: y }),
    shape("line", { class: "range half", x1: at(p25), x2: at(p75), y1: y, y2: y }),
    shape("circle", { class: "median", cx: at(p50), cy: y, r: 5 }),
    shape("title", {}, "percentiles 5, 25, 50, 75, 95: " + [p5, p25, p50, p75, p95].map((one) => decimal(one)).join(", ")),
  ];
}

// Bars for counts by category. Rows: title, counts (one for each run), kind (for the colour), action.
function bars(rows, totals, noun) {
  const most = Math.max(...rows.flatMap((row) => row.counts.map((count, run) => count / (totals[run] || 1))), 0.001);
  return element("div", { class: "bars" }, rows.map((row) => {
    const lines = row.counts.map((count, run) => {
      const share = count / (totals[run] || 1);
      const bar = element("span", { class: "fill " + (row.kind || "") });
      bar.style.width = (100 * share) / most + "%";
      if (count) bar.style.minWidth = "1px";
      return element("div", { class: "line", title: plural(count, noun) },
        element("span", { class: "track" }, bar),
        element("span", { class: "number" }, whole(count)),
        element("span", { class: "number share" }, percent(share)),
        totals.length > 1 ? element("span", { class: "run" }, RUN_LETTERS[run]) : null);
    });
    const node = element("div", { class: "entry" }, element("span", { class: "label" }, row.title), element("div", {}, lines));
    return row.action && row.counts.some(Boolean) ? activate(node, "show samples: " + row.title, row.action) : node;
  }));
}

const RUN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
