// Two runs beside each other: which samples have another reward, and why.

function comparisonSections() {
  return DATA.comparisons.map((comparison, place) => comparisonSection(comparison, RUNS[0], RUNS[place + 1]));
}

function comparisonSection(comparison, before, after) {
  const id = "comparison-" + after.number;
  const title = "From A to " + RUN_LETTERS[after.number];
  const changes = comparison.before.map((_, index) => index);
  const difference = (index) => {
    const [old, now] = [before.rewards[comparison.before[index]], after.rewards[comparison.after[index]]];
    return old === null || now === null ? null : now - old;
  };
  const name = (index) => after.names[comparison.after[index]];
  const pane = element("div", { class: "pane pair" });
  const table = new LongTable({
    label: "samples with another reward", height: 330,
    open: (index) => showDetails(pane, [before, comparison.before[index], "A"], [after, comparison.after[index], RUN_LETTERS[after.number]]),
    columns: [
      { title: "change", width: "5.5rem", number: true, key: difference, cell: (index) => (difference(index) === null ? "–" : signed(difference(index))) },
      { title: "sample", width: "minmax(7rem, 1.2fr)", key: name, cell: name },
      { title: "A", width: "4.6rem", number: true, wide: true, key: (index) => before.rewards[comparison.before[index]], cell: (index) => decimal(before.rewards[comparison.before[index]]) },
      { title: RUN_LETTERS[after.number], width: "4.6rem", number: true, wide: true, key: (index) => after.rewards[comparison.after[index]], cell: (index) => decimal(after.rewards[comparison.after[index]]) },
      { title: "why", width: "minmax(7rem, 1.2fr)", key: (index) => comparison.cause[index], cell: (index) => comparison.causes[comparison.cause[index]] },
      { title: "what differs", width: "minmax(9rem, 2fr)", wide: true, cell: (index) => comparison.detail[index] },
    ],
  });
  const state = element("p", { class: "note" });
  const show = (rows, label) => {
    state.replaceChildren(plural(rows.length, "sample") + (label ? ": " + label + " " : "."),
      label ? element("button", { type: "button", onclick: () => show(changes, "") }, "show all") : "", rows.length ? " Click one to see both answers." : "");
    table.show(rows);
  };
  table.sort(table.columns[0], false);
  show(changes, "");
  const rows = comparison.causes.map((cause, number) => ({ title: cause, counts: [changes.filter((index) => comparison.cause[index] === number).length], kind: cause.startsWith("same answer") ? "attack" : "",
    action: () => show(changes.filter((index) => comparison.cause[index] === number), cause) })).filter((row) => row.counts[0]);
  const up = changes.filter((index) => difference(index) > 0).length;
  const down = changes.filter((index) => difference(index) < 0).length;
  const summary = comparison.common
    ? [element("b", {}, whole(changes.length)), " of ", plural(comparison.common, "common sample"), " have another reward: ", whole(up) + " higher, " + whole(down) + " lower",
      changes.length - up - down ? ", " + whole(changes.length - up - down) + " scored in one run only" : "", ". ",
      comparison.onlyBefore ? plural(comparison.onlyBefore, "sample") + " only in A. " : "", comparison.onlyAfter ? plural(comparison.onlyAfter, "sample") + " only in " + RUN_LETTERS[after.number] + "." : ""]
    : "The runs have no sample in common: samples are matched by their names.";
  return section(id, title, null, element("p", {}, summary),
    changes.length ? element("div", { class: "pair" },
      element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, "Why rewards differ"), element("p", { class: "note" }, "The first cause that holds. Click for the samples.")), bars(rows, [changes.length], "sample")),
      problemChanges(before, after)) : null,
    changes.length ? [state, table.node, pane] : null);
}

// Pass rates of the problems that both runs have, one mark each.
function problemChanges(before, after) {
  const ids = new Map(before.counted.map((problem) => [before.problemIds[problem.index], problem]));
  const pairs = after.counted.map((problem) => [ids.get(after.problemIds[problem.index]), problem]).filter(([old]) => old);
  const up = pairs.filter(([old, now]) => now.passRate > old.passRate + 1e-9).length;
  const down = pairs.filter(([old, now]) => now.passRate < old.passRate - 1e-9).length;
  const note = pairs.length ? plural(pairs.length, "common problem") + ": " + whole(up) + " better, " + whole(down) + " worse. Marks above the line are better in " + RUN_LETTERS[after.number] + "." : "The runs have no problem in common.";
  const places = new Map();
  for (const [old, now] of pairs) {
    const key = Math.round(old.passRate * 40) + ":" + Math.round(now.passRate * 40);
    if (!places.has(key)) places.set(key, []);
    places.get(key).push(now);
  }
  const most = Math.max(...[...places.values()].map((list) => list.length), 1);
  return element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, "Pass rates of problems"), element("p", { class: "note" }, note)),
    pairs.length ? chart(300, "pass rates of problems in both runs", (width) => {
      const left = 46, base = 300 - 34, size = Math.min(width - left - 14, base - 10);
      const x = (value) => left + value * size, y = (value) => base - value * size;
      return [
        [0, 0.25, 0.5, 0.75, 1].map((value) => [
          shape("line", { class: "grid", x1: x(0), x2: x(1), y1: y(value), y2: y(value) }), shape("line", { class: "grid", x1: x(value), x2: x(value), y1: y(0), y2: y(1) }),
          shape("text", { class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, 100 * value + " %"), shape("text", { class: "tick", x: x(value), y: base + 16, "text-anchor": "middle" }, 100 * value + " %")]),
        shape("line", { class: "axis", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
        shape("text", { class: "tick", x: x(1), y: base + 31, "text-anchor": "end" }, "pass rate in A"),
        width > x(1) + 130 ? [shape("text", { class: "tick", x: x(1) + 18, y: y(1) + 4 }, "up: better in " + RUN_LETTERS[after.number]), shape("text", { class: "tick", x: x(1) + 18, y: y(0) + 4 }, "down: worse")] : null,
        [...places].map(([key, list]) => {
          const [old, now] = key.split(":").map((value) => value / 40);
          const title = plural(list.length, "problem") + ": " + percent(old) + " → " + percent(now) + (list.length <= 3 ? ": " + list.map((problem) => problem.name).join(", ") : "");
          const members = new Set(list.map((problem) => problem.index));
          return activate(shape("circle", { class: "dot", cx: x(old), cy: y(now), r: 3 + 9 * Math.sqrt(list.length / most) }, shape("title", {}, title)), title,
            () => showSamples(after, plural(list.length, "problem"), (index) => members.has(after.problems[index])));
        }),
      ];
    }) : null);
}
