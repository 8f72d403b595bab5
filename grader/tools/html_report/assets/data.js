// The runs: columns as they are in the file, and what is computed from them once.

const DATA = JSON.parse(document.getElementById("data").textContent);
const OUTCOMES = DATA.outcomes.map(([name, title]) => ({ name, title }));
const OUTCOME = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome.name, index]));

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);

// Nearest rank, as `grader grade` has it; the values are sorted.
const percentile = (sorted, rank) => (sorted.length ? sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)] : null);

function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

// 1 - C(n-c, k) / C(n, k), as a product, which does not overflow (Chen et al. 2021).
function passAt(samples, passed, k) {
  let miss = 1;
  for (let i = samples - passed + 1; i <= samples; i++) miss *= Math.max(0, 1 - k / i);
  return 1 - miss;
}

class Problem {
  constructor(run, index) {
    this.run = run;
    this.index = index;
    this.samples = [];
    this.rewards = [];
    this.passed = 0;
  }

  finish() {
    const { run, samples, rewards } = this;
    const counted = rewards.length;
    this.passRate = counted ? this.passed / counted : null;
    this.mean = mean(rewards);
    this.minimum = counted ? Math.min(...rewards) : null;
    this.maximum = counted ? Math.max(...rewards) : null;
    this.spread = counted ? deviation(rewards) : null;
    this.isEven = counted > 1 && this.maximum - this.minimum < 1e-9;
    const failures = new Map();
    for (const sample of samples) {
      const outcome = run.outcomes[sample];
      if (outcome !== OUTCOME.passed) failures.set(outcome, (failures.get(outcome) || 0) + 1);
    }
    this.failure = [...failures].sort((a, b) => b[1] - a[1])[0];
    this.name = this.label();
  }

  // What the names of its samples have in common before the last "#", as in HumanEval/7#0; else the name of its first
  // sample and the number of the others. The id itself is made of the tests, and says nothing to a reader.
  label() {
    const names = this.samples.slice(0, 50).map((sample) => this.run.names[sample]);
    const stems = new Set(names.map((name) => name.replace(/#\d+$/, "")));
    if (stems.size === 1) return [...stems][0];
    return names[0] + " +" + (this.samples.length - 1);
  }
}

class Run {
  constructor(raw, number) {
    Object.assign(this, raw);
    this.number = number;
    this.count = this.names.length;
    this.scored = [];
    for (let i = 0; i < this.count; i++) if (this.rewards[i] !== null) this.scored.push(i);
    this.sortedRewards = this.scored.map((i) => this.rewards[i]).sort((a, b) => a - b);
    this.outcomeCounts = OUTCOMES.map(() => 0);
    for (const outcome of this.outcomes) this.outcomeCounts[outcome]++;
    this.byProblem = new Map();
    for (let i = 0; i < this.count; i++) {
      const index = this.problems[i];
      if (!this.problemIds[index]) continue;
      let problem = this.byProblem.get(index);
      if (!problem) this.byProblem.set(index, (problem = new Problem(this, index)));
      problem.samples.push(i);
      if (this.rewards[i] !== null) {
        problem.rewards.push(this.rewards[i]);
        if (this.outcomes[i] === OUTCOME.passed) problem.passed++;
      }
    }
    this.problemList = [...this.byProblem.values()];
    for (const problem of this.problemList) problem.finish();
    this.counted = this.problemList.filter((problem) => problem.rewards.length);
    this.groups = this.counted.filter((problem) => problem.rewards.length > 1);
    this.evenGroups = this.groups.filter((problem) => problem.isEven);
    this.unpacked = new Map();
  }

  get passRate() {
    return mean(this.counted.map((problem) => problem.passRate));
  }

  passAt(k) {
    if (!this.counted.length || this.counted.some((problem) => problem.rewards.length < k)) return null;
    return mean(this.counted.map((problem) => passAt(problem.rewards.length, problem.passed, k)));
  }

  metric(name, index) {
    const column = this.metrics[name];
    return column ? column[index] : null;
  }

  reason(index) {
    return this.reasonTexts[this.reasons[index]];
  }

  problemOf(index) {
    return this.byProblem.get(this.problems[index]);
  }

  // The details of a chunk of samples; a few chunks are kept.
  async chunk(number) {
    if (this.unpacked.has(number)) return this.unpacked.get(number);
    const packed = document.getElementById("details-" + this.number + "-" + number).textContent;
    const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const details = JSON.parse(await new Response(stream).text());
    if (this.unpacked.size >= 20) this.unpacked.delete(this.unpacked.keys().next().value);
    this.unpacked.set(number, details);
    return details;
  }

  async details(index) {
    const number = Math.floor(index / DATA.chunk);
    const [answer, tests, verdicts, findings, reason, rule, metrics, timings, prompt] = (await this.chunk(number))[index % DATA.chunk];
    return { answer, tests, verdicts, findings, reason, rule, metrics, timings, prompt };
  }
}

const RUNS = DATA.runs.map((raw, number) => new Run(raw, number));
DATA.runs = null;
