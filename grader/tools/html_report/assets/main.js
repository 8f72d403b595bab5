// Put the page together, the most asked for first.

function main() {
  const report = document.getElementById("report");
  const comparisons = comparisonSections();
  const links = [["overview", "Overview"], ...DATA.comparisons.map((_, place) => ["comparison-" + (place + 1), "A to " + RUN_LETTERS[place + 1]]),
    ["problems", "Problems"], ["slowest", "Slowest"], ["attacks", "Hacking attempts"], ["samples", "Samples"]];
  document.title = RUNS.map((run) => run.title).join(", ") + " - grading report";
  report.replaceChildren(
    element("header", {}, element("h1", {}, "Grading report"), element("p", { class: "path" }, RUNS.map((run) => run.title).join(" · "))),
    element("nav", { "aria-label": "sections" }, links.map(([id, title]) => element("a", { href: "#" + id }, title)), runChoice()),
    overviewSection(), ...comparisons, problemSection(), slowestSection(), attackSection(), samplesSection());
  selectRun(0);
  openLinked();
  report.dataset.ready = "yes";
}

// A link to one sample, such as #sample=0:17.
function openLinked() {
  const match = /^#sample=(\d+):(\d+)$/.exec(location.hash);
  const run = match && RUNS[Number(match[1])];
  if (run && Number(match[2]) < run.count) openSample(run, Number(match[2]));
}

main();
