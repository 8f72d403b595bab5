// A table of any number of rows, of which only those in view are in the document.

const ROW = 30;

class LongTable {
  // Columns: title, width (of a CSS grid), cell(row), and optionally key(row) to sort by, number, wide (left out where
  // there is no room). `open` is called with a row that is clicked.
  constructor({ columns, label, open, height = 420 }) {
    Object.assign(this, { columns, open, height });
    this.rows = [];
    this.sorting = null;
    this.selected = -1;
    this.head = element("div", { class: "head", role: "row" });
    this.space = element("div", { class: "space" });
    this.view = element("div", { class: "view", tabindex: "0", role: "rowgroup" }, this.space);
    this.node = element("div", { class: "long-table", role: "table", "aria-label": label }, this.head, this.view);
    this.narrow = matchMedia("(max-width: 760px)");
    this.narrow.addEventListener("change", () => this.layout());
    this.view.addEventListener("scroll", () => this.draw());
    this.view.addEventListener("keydown", (event) => this.move(event));
    new ResizeObserver(() => this.draw()).observe(this.view);
    this.layout();
  }

  layout() {
    this.shown = this.columns.filter((column) => !(column.wide && this.narrow.matches));
    const grid = this.shown.map((column) => column.width).join(" ");
    this.node.style.setProperty("--columns", grid);
    this.head.replaceChildren(...this.shown.map((column) => {
      const mark = this.sorting && this.sorting.column === column ? (this.sorting.down ? " ↓" : " ↑") : "";
      const cell = element("div", { class: column.number ? "number" : "", role: "columnheader" }, column.title + mark);
      return column.key ? activate(cell, "sort by " + column.title, () => this.sort(column)) : cell;
    }));
    this.draw();
  }

  show(rows) {
    this.given = rows;
    this.selected = -1;
    this.order();
    this.view.scrollTop = 0;
    this.view.style.height = Math.min(this.height, Math.max(1, rows.length) * ROW + 2) + "px";
    this.space.style.height = rows.length * ROW + "px";
    this.draw();
  }

  sort(column, down) {
    const again = this.sorting && this.sorting.column === column;
    this.sorting = { column, down: down !== undefined ? down : again ? !this.sorting.down : Boolean(column.number) };
    this.order();
    this.layout();
  }

  order() {
    this.rows = this.given || [];
    if (!this.sorting) return;
    const { column, down } = this.sorting;
    const keyed = this.rows.map((row) => [column.key(row), row]);
    const sign = down ? -1 : 1;
    // what has no value is last, whichever way
    keyed.sort(([a], [b]) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : sign * (a < b ? -1 : a > b ? 1 : 0)));
    this.rows = keyed.map(([, row]) => row);
  }

  draw() {
    const first = Math.max(0, Math.floor(this.view.scrollTop / ROW) - 5);
    const last = Math.min(this.rows.length, first + Math.ceil((this.view.clientHeight || this.height) / ROW) + 10);
    const nodes = [];
    for (let place = first; place < last; place++) {
      const row = this.rows[place];
      const node = element("div", { class: "row" + (place === this.selected ? " selected" : ""), role: "row" },
        this.shown.map((column) => element("div", { class: column.number ? "number" : "", role: "cell" }, column.cell(row))));
      node.style.top = place * ROW + "px";
      if (this.open) node.addEventListener("click", () => this.choose(place));
      nodes.push(node);
    }
    this.space.replaceChildren(...nodes);
    // the columns of the head end where those of the rows do, left of the scroll bar
    this.head.style.paddingRight = 12 + this.view.offsetWidth - this.view.clientWidth + "px";
  }

  choose(place) {
    if (!this.open || place < 0 || place >= this.rows.length) return;
    this.selected = place;
    const top = place * ROW;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    if (top + ROW > this.view.scrollTop + this.view.clientHeight) this.view.scrollTop = top + ROW - this.view.clientHeight;
    this.draw();
    this.open(this.rows[place]);
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!step || !this.open) return;
    event.preventDefault();
    this.choose(Math.max(0, this.selected + step));
  }
}
