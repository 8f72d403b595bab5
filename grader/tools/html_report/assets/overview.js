// What is looked at first: is there something to learn, and what stands in the way.

const letter = (run) => (RUNS.length > 1 ? RUN_LETTERS[run.number] + " " : "");

// Figures of a run: title, value, text, and whether more is better (null where that is not said).
function figures(run) {
  const durations = (run.metrics.duration_ms || []).slice().sort((a, b) => a - b);
  const hacks = run.outcomeCounts[OUTCOME.policy];
  const unscored = run.count - run.scored.length;
  const groups = run.groups.length;
  const found = [
    ["samples", run.count, whole(run.count), "of " + plural(run.counted.length, "problem")],
    ["mean reward", mean(run.sortedRewards), decimal(mean(run.sortedRewards)), "of scored samples"],
    ["pass rate", run.passRate, run.passRate === null ? "–" : percent(run.passRate), "every test passed; mean over problems"],
  ];
  for (const k of [5, 10, 100]) {
    const value = run.passAt(k);
    if (value !== null) found.push(["pass@" + k, value, percent(value), "unbiased; mean over problems"]);
  }
  if (groups) {
    found.push(["groups without spread", run.evenGroups.length / groups, percent(run.evenGroups.length / groups),
      whole(run.evenGroups.length) + " of " + whole(groups) + ": equal rewards teach nothing"]);
  }
  found.push(["hacking attempts", hacks / run.count, whole(hacks), "refused; " + percent(hacks / run.count) + " of samples", hacks > 0]);
  found.push(["unscored", unscored / run.count, whole(unscored), "no grade: tests, grader or deadline", unscored > 0]);
  if (durations.length) {
    found.push(["time of a sample", percentile(durations, 50), milliseconds(percentile(durations, 50)), "median; 95 % below " + milliseconds(percentile(durations, 95))]);
  }
  return found;
}

function figureTiles(run) {
  return element("dl", { class: "tiles" }, figures(run).map(([title, , text, note, warns]) =>
    element("div", { class: warns ? "tile warns" : "tile" }, element("dt", {}, title), element("dd", {}, text), element("p", {}, note))));
}

function figureTable() {
  const columns = RUNS.map((run) => new Map(figures(run).map((figure) => [figure[0], figure])));
  const titles = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const body = titles.map((title) => element("tr", {}, element("th", { scope: "row" }, title), columns.map((column, number) => {
    const figure = column.get(title);
    if (!figure) return element("td", {}, "–");
    const before = columns[0].get(title);
    const differs = number > 0 && before && before[1] !== null && figure[1] !== null && title !== "time of a sample" && title !== "samples";
    const change = differs ? (title === "mean reward" ? signed(figure[1] - before[1]) : signed(100 * (figure[1] - before[1]), 1) + " points") : "";
    const text = change.startsWith("±0") ? "same" : change;
    return element("td", { title: figure[3] }, figure[2], differs ? element("span", { class: "difference" }, text) : null);
  })));
  return element("div", { class: "scroll" }, element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, element("td", {}), RUNS.map((run) => element("th", { scope: "col" }, RUN_LETTERS[run.number] + " ", element("span", { class: "path" }, run.title))))),
    element("tbody", {}, body)));
}

const inBin = (column, bin) => (index) => column[index] !== null && binOf(column[index]) === bin;

function facets(title, note, make) {
  return element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, title), note ? element("p", { class: "note" }, note) : null),
    RUNS.map((run) => [RUNS.length > 1 ? element("p", { class: "run-title" }, element("b", {}, letter(run)), run.title) : null, make(run)]));
}

const highestShare = (lists) => Math.max(...lists.map((values) => Math.max(...bins(values)) / (values.length || 1)), 0.01);

function rewardChart() {
  const highest = highestShare(RUNS.map((run) => run.sortedRewards));
  return facets("Rewards", "Share of scored samples. Below: median, middle half and middle 90 %. Click a bar for its samples.", (run) =>
    histogram({
      values: run.sortedRewards, noun: "sample", highest, marks: true, height: 230, label: "histogram of rewards",
      onBin: (bin, title) => showSamples(run, "reward " + title.split(":")[0], inBin(run.rewards, bin)),
    }));
}

function partCharts() {
  const names = ["functional", "syntax", "style", "judge"].filter((name) => RUNS.some((run) => run.metrics[name]));
  const scoredValues = (run, name) => (run.metrics[name] ? run.scored.map((i) => run.metrics[name][i]) : []);
  return element("div", { class: "parts" }, names.map((name) =>
    facets(name, null, (run) => {
      const values = scoredValues(run, name);
      return [
        element("p", { class: "note" }, "mean " + decimal(mean(values))),
        histogram({
          values, noun: "sample", height: 130, highest: highestShare(RUNS.map((one) => scoredValues(one, name))), label: "histogram of " + name,
          onBin: (bin, title) => showSamples(run, name + " " + title.split(":")[0], inBin(run.metrics[name], bin)),
        }),
      ];
    })));
}

const KINDS = { passed: "good", wrong_answer: "wrong", policy: "attack", unscored: "blank", internal: "blank", not_run: "blank" };

function outcomeChart() {
  const rows = OUTCOMES.map((outcome, index) => ({
    title: outcome.title,
    kind: KINDS[outcome.name] || "failed",
    counts: RUNS.map((run) => run.outcomeCounts[index]),
    action: () => showSamples(RUNS[current.run], outcome.title, (i) => RUNS[current.run].outcomes[i] === index),
  })).filter((row) => row.counts.some(Boolean));
  return element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, "Outcomes of samples"),
    element("p", { class: "note" }, "Each sample once, by the first cause that explains its grade. Click for the samples.")),
    bars(rows, RUNS.map((run) => run.count), "sample"));
}

function verdictChart() {
  const names = [...new Set(RUNS.flatMap((run) => Object.keys(run.verdicts)))];
  const total = (run) => Object.values(run.verdicts).reduce((sum, count) => sum + count, 0);
  const rows = names.map((name) => ({ title: name, kind: KINDS[name] || "failed", counts: RUNS.map((run) => run.verdicts[name] || 0) }))
    .sort((a, b) => b.counts[0] - a.counts[0]);
  return element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, "Verdicts of tests"),
    element("p", { class: "note" }, "Every test of the scored samples: " + RUNS.map((run) => letter(run) + whole(total(run))).join(", ") + ".")),
    bars(rows, RUNS.map(total), "test"));
}

function overviewSection() {
  return section("overview", "Overview", null,
    RUNS.length > 1 ? figureTable() : figureTiles(RUNS[0]),
    rewardChart(),
    element("h3", { class: "row-title" }, "Parts of the reward"), partCharts(),
    element("div", { class: "pair" }, outcomeChart(), verdictChart()));
}

// The rewards of a group as dots on a line from 0 to 1.
function strip(problem) {
  const width = 150, height = 18, at = (value) => 6 + value * (width - 12);
  const counts = new Map();
  for (const reward of problem.rewards) {
    const place = Math.round(at(reward) / 3) * 3;
    counts.set(place, (counts.get(place) || 0) + 1);
  }
  const most = problem.rewards.length;
  return shape("svg", { width, height, class: "strip", role: "img", "aria-label": plural(most, "reward") },
    shape("line", { class: "grid", x1: at(0), x2: at(1), y1: 9, y2: 9 }),
    [...counts].map(([place, count]) => shape("circle", { class: "dot", cx: place, cy: 9, r: 2 + 5 * Math.sqrt(count / most) }, shape("title", {}, whole(count)))));
}

const PROBLEM_COLUMNS = [
  { title: "problem", width: "minmax(8rem, 2fr)", key: (row) => row.name, cell: (row) => row.name },
  { title: "samples", width: "5rem", number: true, key: (row) => row.samples.length, cell: (row) => whole(row.samples.length) },
  { title: "pass rate", width: "5.5rem", number: true, key: (row) => row.passRate, cell: (row) => (row.passRate === null ? "–" : percent(row.passRate)) },
  { title: "mean reward", width: "6.5rem", number: true, wide: true, key: (row) => row.mean, cell: (row) => decimal(row.mean) },
  { title: "spread", width: "5rem", number: true, wide: true, key: (row) => row.spread, cell: (row) => decimal(row.spread) },
  { title: "rewards, 0 to 1", width: "10rem", wide: true, cell: (row) => strip(row) },
  { title: "most frequent failure", width: "minmax(9rem, 1.2fr)", wide: true, key: (row) => (row.failure ? OUTCOMES[row.failure[0]].title : null),
    cell: (row) => (row.failure ? OUTCOMES[row.failure[0]].title + " (" + row.failure[1] + ")" : "") },
];

// The largest standard deviation of numbers from 0 to 1: half of them are 0, half are 1.
const MOST_SPREAD = 0.5;
const groupSpread = (problem) => (problem.isEven ? 0 : problem.spread);

function problemSection() {
  const rates = facets("Difficulty", "Share of problems by pass rate. Those at exactly 0 or 1 teach nothing under a binary reward.", (run) =>
    histogram({ values: run.counted.map((problem) => problem.passRate), noun: "problem", label: "histogram of pass rates", height: 190,
      onBin: (bin, title) => showProblems(run, "pass rate " + title.split(":")[0], (problem) => problem.passRate !== null && binOf(problem.passRate) === bin) }));
  const spreads = facets("Spread within groups", "Share of problems with several samples, by the standard deviation of their rewards. At 0 all advantages are 0.", (run) =>
    run.groups.length
      ? histogram({ values: run.groups.map(groupSpread), noun: "group", label: "histogram of spreads", height: 190, scale: MOST_SPREAD,
        onBin: (bin, title) => showProblems(run, "spread " + title.split(":")[0], (problem) => problem.rewards.length > 1 && binOf(groupSpread(problem), MOST_SPREAD) === bin) })
      : element("p", { class: "empty" }, "No problem has more than one sample."));
  const table = new LongTable({
    columns: PROBLEM_COLUMNS, label: "problems", height: 330,
    open: (problem) => showSamples(problem.run, "problem " + problem.name, (index) => problem.run.problems[index] === problem.index),
  });
  const state = element("p", { class: "note" });
  showProblems = (run, label, holds) => {
    selectRun(run.number);
    const rows = run.problemList.filter(holds || (() => true));
    state.replaceChildren(plural(rows.length, "problem") + (RUNS.length > 1 ? " of run " + RUN_LETTERS[run.number] : "") + (label ? " with " + label : "") + ". ",
      label ? element("button", { type: "button", onclick: () => showProblems(run) }, "Show all") : "", " Click one for its samples.");
    table.show(rows);
    if (label) state.scrollIntoView({ block: "start" });
  };
  table.sort(PROBLEM_COLUMNS[2], false);
  onRun.push((run) => { if (run !== shownProblems) { shownProblems = run; showProblems(run); } });
  let shownProblems = null;
  return section("problems", "Problems and groups", null, element("div", { class: "pair" }, rates, spreads), state, table.node);
}
let showProblems = () => {};

function slowestSection() {
  const body = element("tbody");
  onRun.push((run) => {
    const durations = run.metrics.duration_ms || [];
    const slowest = durations.map((value, index) => index).sort((a, b) => durations[b] - durations[a]).slice(0, 12);
    const longest = durations[slowest[0]] || 1;
    body.replaceChildren(...slowest.map((index) => {
      const bar = element("span", { class: "fill" });
      bar.style.width = (100 * durations[index]) / longest + "%";
      const row = element("tr", {},
        element("th", { scope: "row" }, run.names[index]), element("td", { class: "number" }, milliseconds(durations[index])),
        element("td", { class: "track-cell wide" }, element("span", { class: "track" }, bar)),
        element("td", { class: "number wide" }, run.metrics.cpu_ms ? milliseconds(run.metrics.cpu_ms[index]) : "–"),
        element("td", {}, OUTCOMES[run.outcomes[index]].title));
      return activate(row, "open " + run.names[index], () => openSample(run, index));
    }));
  });
  return section("slowest", "Slowest samples", "Wall-clock time, waiting for a worker included; CPU time is that of the answer.",
    element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "sample"), element("th", { class: "number" }, "time"), element("th", { class: "wide" }, ""),
      element("th", { class: "number wide" }, "CPU"), element("th", {}, "outcome"))), body)));
}

// The samples with the same sign that the answer worked on the grader instead of the task.
function signGroups(run) {
  const found = new Map();
  for (let i = 0; i < run.count; i++) {
    const sign = run.signs[i];
    if (!run.signTexts[sign]) continue;
    if (!found.has(sign)) found.set(sign, { sign, text: run.signTexts[sign], kind: run.signKinds[sign], samples: [] });
    found.get(sign).samples.push(i);
  }
  return [...found.values()].sort((a, b) => b.samples.length - a.samples.length);
}

function attackSection() {
  const content = element("div");
  onRun.push((run) => {
    const groups = signGroups(run);
    content.replaceChildren(groups.length ? element("div", { class: "scroll" }, element("table", {},
      element("thead", {}, element("tr", {}, element("th", {}, "what was tried"), element("th", {}, "known by"), element("th", { class: "number" }, "samples"), element("th", { class: "number" }, "problems"), element("th", { class: "number" }, "mean reward"), element("th", { class: "wide" }, "for example"))),
      element("tbody", {}, groups.slice(0, 40).map((group) => {
        const row = element("tr", {}, element("th", { scope: "row" }, group.text), element("td", {}, element("span", { class: "outcome " + (group.kind === "refused" ? "attack" : "blank") }, group.kind)),
          element("td", { class: "number" }, whole(group.samples.length)),
          element("td", { class: "number" }, whole(new Set(group.samples.map((i) => run.problems[i])).size)),
          element("td", { class: "number" }, decimal(mean(group.samples.map((i) => run.rewards[i])))), element("td", { class: "wide" }, run.names[group.samples[0]]));
        return activate(row, "show samples: " + group.text, () => showSamples(run, group.text, (index) => run.signs[index] === group.sign));
      })))) : element("p", { class: "empty" }, "None: nothing was refused, and no test shows a sign."));
  });
  return section("attacks", "Hacking attempts", "What answers tried on the grader instead of the task. Refused: by the policy or an isolation layer. Seen in tests: a sign, which an honest answer may show, too. Click for the samples.", content);
}
