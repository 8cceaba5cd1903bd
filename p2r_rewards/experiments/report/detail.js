// One rollout in full.

const NAMES = {
  observation: "observation",
  think: "think",
  answer: "answer",
  graded: "extracted answer",
  tag: "tag",
  outside: "outside all segments",
  end: "end of sequence",
};

const SHOWN = { advantage: signed, tokens: (count) => number(count, 0) };

function scoreTable(row, { processes, parts }) {
  const head = make("tr", null, make("td"), ...parts.map((part) => make("th", { scope: "col" }, part)));
  const body = processes.map((process, at) => {
    const cells = parts.map((part) => (SHOWN[part] ?? number)(row.scores[process][part]));
    return make(
      "tr",
      { class: `s${at + 1}` },
      make("th", { scope: "row" }, process),
      ...cells.map((text) => make("td", null, text)),
    );
  });
  const table = make("table", { class: "scores" }, make("caption", null, "Scores"));
  table.append(make("thead", null, head), make("tbody", null, ...body));
  return make("div", { class: "scroll", role: "region", "aria-label": "Table: Scores", tabindex: "0" }, table);
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

function explain(row) {
  const list = make("dl", { class: "why" });
  if (row.question) entry(list, "Question", shown(row.question));
  if (row.options.length) {
    entry(list, "Options", make("ul", null, ...row.options.map((option) => make("li", null, shown(option)))));
  }
  if (row.gold) entry(list, "Gold", shown(row.gold));
  for (const [name, result, reason] of row.why) entry(list, name, make("strong", null, shown(result)), " ", shown(reason));
  if (row.unscored.length) {
    entry(list, "Unscored", make("ul", null, ...row.unscored.map((reason) => make("li", null, shown(reason)))));
  }
  if (row.defects.length) entry(list, "Faults of form", row.defects.join(", "));
  entry(list, "Row", shown(row.place));
  return list;
}

// The chosen rollout among those of its group, which `choose` goes to.
function siblings(row, group, { processes, measure, most }, choose) {
  const buttons = group.map((one) => {
    const scores = processes.map((process) => `${process} ${number(one.scores[process][measure])}`).join(", ");
    const current = one === row ? "true" : null;
    const button = make("button", { type: "button", "aria-current": current, "aria-label": `${one.n}: ${scores}` });
    for (const [at, process] of processes.entries()) {
      const value = one.scores[process][measure] ?? 0;
      const meter = make("meter", { class: `s${at + 1}`, min: 0, max: most, value, "aria-hidden": "true" });
      button.append(meter);
    }
    button.append(`${one.n}`);
    button.addEventListener("click", () => choose(one));
    return button;
  });
  return make("nav", { class: "siblings", "aria-label": "Rollouts of this group" }, ...buttons);
}

function showDetail(holder, row, group, settings, choose) {
  const named = row.group ? `Group ${row.group}, rollout ${group.indexOf(row) + 1} of ${group.length}` : "";
  holder.replaceChildren(
    make("h3", null, `${settings.noun ?? "Rollout"} ${row.n}`),
    make("p", { class: "muted" }, ...(named ? [`${named} · `] : []), shown(row.type || "no problem type")),
    ...(group.length > 1 ? [siblings(row, group, settings, choose)] : []),
    explain(row),
    scoreTable(row, settings),
    legend(row),
    completion(row),
  );
}
