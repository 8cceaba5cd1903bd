// One rollout in full.

const PROCESSES = ["perception", "reasoning"];

const NAMES = {
  observation: "observation",
  think: "think",
  answer: "answer",
  graded: "extracted answer",
  tag: "tag",
  outside: "outside all segments",
  end: "end of sequence",
};

function scoreTable(row, parts) {
  const head = make("tr", null, make("td"), ...[...parts, "tokens"].map((part) => make("th", { scope: "col" }, part)));
  const body = PROCESSES.map((process) => {
    const values = row[process];
    const cells = parts.map((part) => (part === "advantage" ? signed(values[part]) : number(values[part])));
    return make(
      "tr",
      { class: process },
      make("th", { scope: "row" }, process),
      ...[...cells, values.count == null ? "–" : String(values.count)].map((text) => make("td", null, text)),
    );
  });
  const table = make("table", { class: "scores" }, make("caption", null, "Rewards"));
  table.append(make("thead", null, head), make("tbody", null, ...body));
  return make("div", { class: "scroll", role: "region", "aria-label": "Rewards", tabindex: "0" }, table);
}

function completion(row) {
  const holder = make("div", { class: "completion", dir: "auto" });
  for (const [kind, text] of row.pieces) {
    if (kind === "gap") {
      const left = Number(text).toLocaleString("en");
      holder.append(make("span", { class: "gap" }, ` … ${left} characters left out … `));
    } else if (kind === "graded") {
      holder.append(make("mark", { title: NAMES.graded }, shown(text)));
    } else {
      const group = kind === "tag" ? {} : { role: "group", "aria-label": NAMES[kind] };
      holder.append(make("span", { class: `piece ${kind}`, title: NAMES[kind], ...group }, shown(text)));
    }
  }
  return holder;
}

function legend(row) {
  const kinds = new Set(row.pieces.map(([kind]) => kind));
  const items = Object.keys(NAMES).filter((kind) => kinds.has(kind));
  return make(
    "p",
    { class: "legend" },
    ...items.map((kind) =>
      kind === "graded" ? make("mark", null, NAMES[kind]) : make("span", { class: `piece ${kind}` }, NAMES[kind]),
    ),
  );
}

function entry(list, name, ...children) {
  if (children.length) list.append(make("div", null, make("dt", null, name), make("dd", null, ...children)));
}

function explain(row, settings) {
  const list = make("dl", { class: "why" });
  if (row.question) entry(list, "Question", shown(row.question));
  if (row.options.length) {
    entry(list, "Options", make("ul", null, ...row.options.map((option) => make("li", null, shown(option)))));
  }
  if (row.gold) entry(list, "Gold", shown(row.gold));
  if (row.how) entry(list, "Grade", make("strong", null, number(row.reasoning.accuracy)), " ", shown(row.how));
  if (row.theirs) {
    const theirs = row.theirs.value == null ? "unscored" : number(row.theirs.value);
    entry(list, settings.compared_with ?? "Theirs", make("strong", null, theirs), " ", shown(row.theirs.how));
  }
  if (row.verdict) entry(list, "Observation", make("strong", null, row.verdict), " ", shown(row.verdict_how));
  if (row.leak) entry(list, "Leak", "the observation states the answer without evidence");
  if (row.unscored.length) {
    entry(list, "Unscored", make("ul", null, ...row.unscored.map((reason) => make("li", null, shown(reason)))));
  }
  if (row.defects.length) entry(list, "Faults of form", row.defects.join(", "));
  const facts = [row.place, row.step == null ? null : `step ${row.step}`, row.truncated ? "cut off" : null];
  entry(list, "Row", shown(facts.filter(Boolean).join(" · ")));
  return list;
}

// The chosen rollout among those of its group, which `choose` goes to.
function siblings(row, group, choose) {
  const buttons = group.map((one) => {
    const rewards = PROCESSES.map((process) => `${process} ${number(one[process].reward)}`).join(", ");
    const current = one === row ? "true" : null;
    const button = make("button", { type: "button", "aria-current": current, "aria-label": `rollout ${one.n}: ${rewards}` });
    for (const process of PROCESSES) {
      const meter = make("meter", { class: process, min: 0, max: 2.2, value: one[process].reward ?? 0, "aria-hidden": "true" });
      button.append(meter);
    }
    button.append(`${one.n}`);
    button.addEventListener("click", () => choose(one));
    return button;
  });
  return make("nav", { class: "siblings", "aria-label": "Rollouts of this group" }, ...buttons);
}

function showDetail(holder, row, group, settings, choose) {
  const named = row.group ? `Group ${row.group}, rollout ${group.indexOf(row) + 1} of ${group.length}` : "In no group";
  holder.replaceChildren(
    make("h3", null, `Rollout ${row.n}`),
    make("p", { class: "muted" }, `${named} · `, shown(row.type || "no problem type")),
    ...(group.length > 1 ? [siblings(row, group, choose)] : []),
    explain(row, settings),
    scoreTable(row, settings.parts),
    legend(row),
    completion(row),
  );
}
