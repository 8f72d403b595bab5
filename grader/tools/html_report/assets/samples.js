// The list of samples, its filters, and the details of one.

const current = { run: 0 };
const onRun = [];

function selectRun(number) {
  current.run = number;
  for (const call of onRun) call(RUNS[number]);
}

function runChoice() {
  if (RUNS.length < 2) return null;
  const group = element("div", { class: "choice", role: "radiogroup", "aria-label": "run" }, "Showing run ",
    RUNS.map((run) => element("label", { title: run.title }, element("input", { type: "radio", name: "run", value: run.number, checked: run.number === 0, onchange: () => selectRun(run.number) }), RUN_LETTERS[run.number])));
  onRun.push((run) => { group.querySelectorAll("input")[run.number].checked = true; });
  return group;
}

const tests = (run, i) => {
  const total = run.metric("tests_total", i);
  return total ? whole(run.metric("tests_passed", i)) + " / " + whole(total) : "–";
};
const part = (name) => ({
  title: name, width: "5.4rem", number: true, wide: true,
  key: (i) => RUNS[current.run].metric(name, i), cell: (i) => (RUNS[current.run].rewards[i] === null ? "–" : decimal(RUNS[current.run].metric(name, i), 2)),
});

const SAMPLE_COLUMNS = [
  { title: "reward", width: "4.6rem", number: true, key: (i) => RUNS[current.run].rewards[i], cell: (i) => decimal(RUNS[current.run].rewards[i]) },
  { title: "sample", width: "minmax(7rem, 1.4fr)", key: (i) => RUNS[current.run].names[i], cell: (i) => RUNS[current.run].names[i] },
  { title: "outcome", width: "minmax(8.5rem, 1fr)", key: (i) => RUNS[current.run].outcomes[i],
    cell: (i) => element("span", { class: "outcome " + (KINDS[OUTCOMES[RUNS[current.run].outcomes[i]].name] || "failed") }, OUTCOMES[RUNS[current.run].outcomes[i]].title) },
  { title: "tests", width: "5rem", number: true, wide: true, key: (i) => RUNS[current.run].metric("tests_passed", i), cell: (i) => tests(RUNS[current.run], i) },
  part("functional"), part("syntax"), part("style"),
  { title: "time", width: "5rem", number: true, wide: true, key: (i) => RUNS[current.run].metric("duration_ms", i),
    cell: (i) => (RUNS[current.run].metrics.duration_ms ? milliseconds(RUNS[current.run].metric("duration_ms", i)) : "–") },
  { title: "reason", width: "minmax(8rem, 2fr)", wide: true, cell: (i) => RUNS[current.run].reason(i) },
];

const filter = { text: "", deep: false, outcome: -1, label: "", holds: null };
let sampleTable = null;
let refreshSamples = () => {};

// Show the samples of a run for which something holds, whatever else was searched for.
function showSamples(run, label, holds) {
  Object.assign(filter, { text: "", deep: false, outcome: -1, label, holds });
  selectRun(run.number);
  document.getElementById("samples").scrollIntoView({ block: "start" });
}

function openSample(run, index) {
  showSamples(run, "", null);
  sampleTable.choose(sampleTable.rows.indexOf(index));
}

function samplesSection() {
  const search = element("input", { type: "search", placeholder: "name, problem or reason", "aria-label": "search samples", spellcheck: "false" });
  const deep = element("input", { type: "checkbox" });
  const outcome = element("select", { "aria-label": "outcome" }, element("option", { value: -1 }, "every outcome"),
    OUTCOMES.map((one, index) => element("option", { value: index }, one.title)));
  const chip = element("span", { class: "chip", hidden: true });
  const count = element("span", { class: "note", role: "status" });
  const pane = element("div", { class: "pane", id: "sample" }, element("p", { class: "empty" }, "Click a sample to see its answer, its tests and its reasons. In the list, the arrow keys or j and k go on."));
  sampleTable = new LongTable({ columns: SAMPLE_COLUMNS, label: "samples", height: 420, open: (index) => {
    history.replaceState(null, "", "#sample=" + current.run + ":" + index);
    showDetails(pane, RUNS[current.run], index);
  } });
  let turn = 0;

  refreshSamples = async () => {
    const mine = ++turn;
    const run = RUNS[current.run];
    search.value = filter.text;
    deep.checked = filter.deep;
    outcome.value = String(filter.outcome);
    chip.hidden = !filter.label;
    chip.replaceChildren(filter.label, " ", element("button", { type: "button", "aria-label": "remove this filter", onclick: () => { filter.label = ""; filter.holds = null; refreshSamples(); } }, "×"));
    const wanted = filter.text.toLowerCase();
    const found = [];
    const possible = [];
    for (let i = 0; i < run.count; i++) {
      if (filter.outcome >= 0 && run.outcomes[i] !== filter.outcome) continue;
      if (filter.holds && !filter.holds(i)) continue;
      if (!wanted || run.names[i].toLowerCase().includes(wanted) || run.problemIds[run.problems[i]].includes(wanted) || run.reason(i).toLowerCase().includes(wanted)) found.push(i);
      else if (filter.deep) possible.push(i);
    }
    if (possible.length) {
      const more = await searchDetails(run, possible, wanted, (done) => {
        if (mine === turn) count.textContent = "searching answers and tests: " + percent(done);
        return mine === turn;
      });
      if (mine !== turn) return;
      found.push(...more);
      found.sort((a, b) => a - b);
    }
    count.textContent = found.length === run.count ? plural(found.length, "sample") : whole(found.length) + " of " + plural(run.count, "sample");
    sampleTable.show(found);
  };
  let waiting = 0;
  search.addEventListener("input", () => {
    filter.text = search.value;
    clearTimeout(waiting);
    waiting = setTimeout(refreshSamples, 150);
  });
  deep.addEventListener("change", () => { filter.deep = deep.checked; refreshSamples(); });
  outcome.addEventListener("change", () => { filter.outcome = Number(outcome.value); refreshSamples(); });
  onRun.push(() => refreshSamples());
  return section("samples", "Samples", null,
    element("div", { class: "filters" }, search, element("label", {}, deep, " in answers and tests, too"), outcome, chip, count),
    sampleTable.node, pane);
}

// Unpacks chunk after chunk; `step` gets the share that is done, and returns false to give up.
async function searchDetails(run, samples, wanted, step) {
  const found = [];
  const chunks = new Map();
  for (const i of samples) {
    const number = Math.floor(i / DATA.chunk);
    if (!chunks.has(number)) chunks.set(number, []);
    chunks.get(number).push(i);
  }
  let done = 0;
  for (const [number, members] of chunks) {
    if (!step(done++ / chunks.size)) break;
    const details = await run.chunk(number);
    for (const i of members) {
      const [answer, ran, , findings, reason] = details[i % DATA.chunk];
      const texts = [answer || "", reason, ...findings, ...ran.flatMap((test) => [test[2], test[3]])];
      if (texts.some((text) => text.toLowerCase().includes(wanted))) found.push(i);
    }
  }
  return found;
}

// The answer with its line numbers, which are not part of what is selected and copied.
function codeView(answer) {
  const lines = answer.replace(/\n$/, "").split("\n");
  return element("div", { class: "code" },
    element("pre", { class: "numbers", "aria-hidden": "true" }, lines.map((_, index) => index + 1).join("\n")),
    element("pre", { class: "text", tabindex: "0" }, lines.join("\n")));
}

function testTable(details) {
  const counts = details.verdicts.map(([verdict, count]) => count + " " + verdict).join(", ");
  const total = details.verdicts.reduce((sum, [, count]) => sum + count, 0);
  const rest = total - details.tests.length;
  return [
    element("h4", {}, "Tests" + (counts ? ": " + counts : "")),
    details.tests.length ? element("div", { class: "scroll" }, element("table", { class: "tests" }, element("thead", {}, element("tr", {}, element("th", { class: "number" }, "#"), element("th", {}, "verdict"), element("th", {}, "test"), element("th", {}, "result"))),
      element("tbody", {}, details.tests.map(([index, verdict, name, detail]) => element("tr", {},
        element("td", { class: "number" }, index + 1), element("td", {}, element("span", { class: "outcome " + (KINDS[verdict] || "failed") }, verdict)), element("td", { class: "mono" }, name), element("td", { class: "mono" }, detail)))))) : null,
    details.tests.length && rest > 0 ? element("p", { class: "note" }, plural(rest, "more test") + " not stored; those that failed come first.") : null,
  ];
}

function factTable(run, index, details) {
  const names = ["functional", "syntax", "style", "judge", "tests_passed", "tests_total", "duration_ms", "cpu_ms", "peak_mb"];
  const facts = names.filter((name) => run.metrics[name]).map((name) => [name, run.metric(name, index)]);
  facts.push(...Object.entries(details.metrics).filter(([name]) => name !== "extraction_rule"), ...Object.entries(details.timings).map(([stage, value]) => [stage + " ms", value]));
  if (details.rule) facts.push(["found by", details.rule]);
  return element("dl", { class: "facts" }, facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, typeof value === "number" ? String(Math.round(value * 10000) / 10000) : value))));
}

async function detailView(run, index, title) {
  const details = await run.details(index);
  const reward = run.rewards[index];
  const problem = run.problemOf(index);
  return element("article", {},
    element("h3", {}, title ? title + ": " : "", run.names[index], element("span", { class: "reward" }, reward === null ? " unscored" : " reward " + decimal(reward))),
    element("p", { class: "note" }, "line " + run.lines[index] + " of the samples; " + OUTCOMES[run.outcomes[index]].title, problem ? ["; ", element("button", { type: "button", onclick: () => showSamples(run, "problem " + problem.name, (i) => run.problems[i] === problem.index) }, plural(problem.samples.length, "sample") + " of this problem")] : ""),
    details.reason ? element("p", { class: "reason" }, details.reason) : null,
    details.prompt ? element("details", {}, element("summary", {}, "Prompt"), element("pre", { class: "prompt" }, details.prompt)) : null,
    element("h4", {}, "Answer"),
    details.answer === null ? element("p", { class: "empty" }, run.hasDetails ? "No code was found." : "The results hold no answers: they come from --on or --no-details.") : codeView(details.answer),
    testTable(details),
    details.findings.length ? [element("h4", {}, "Style"), element("ul", { class: "mono" }, details.findings.map((finding) => element("li", {}, finding)))] : null,
    element("h4", {}, "Metrics"), factTable(run, index, details));
}

let shownDetails = 0;
async function showDetails(pane, ...views) {
  const mine = ++shownDetails;
  const pairs = Array.isArray(views[0]) ? views : [views];
  const made = await Promise.all(pairs.map(([run, index, title]) => detailView(run, index, title)));
  if (mine === shownDetails) pane.replaceChildren(...made);
}
