// Which rows are shown.

function flagsOf(row) {
  const flags = [...row.flags];
  if (row.grade != null) flags.push(row.grade >= 1 ? "full score" : "below full score");
  if (row.unscored.length) flags.push("unscored part");
  return flags;
}

const haystacks = new WeakMap();

function haystack(row) {
  if (!haystacks.has(row)) {
    const texts = row.pieces.filter(([kind]) => kind !== "gap").map(([, text]) => text);
    const facts = [row.question, row.gold, row.place, row.id, ...row.options, ...row.why.flat(), ...row.unscored];
    haystacks.set(row, [texts.join(""), ...facts].join("\n").toLowerCase());
  }
  return haystacks.get(row);
}

function readFilters(form) {
  const values = Object.fromEntries(new FormData(form));
  const limit = (text) => (text === "" ? null : Number(text));
  return {
    ...values,
    text: values.text.trim().toLowerCase(),
    group: limit(values.group),
    low: limit(values.low),
    high: limit(values.high),
  };
}

function passes(row, filters, measure) {
  const { text, type, defect, only, group, process, low, high } = filters;
  const score = row.scores[process][measure];
  return (
    (!type || row.type === type) &&
    (!defect || row.defects.includes(defect)) &&
    (!only || flagsOf(row).includes(only)) &&
    (group == null || row.group === group) &&
    (low == null || (score != null && score >= low)) &&
    (high == null || (score != null && score <= high)) &&
    (!text || haystack(row).includes(text))
  );
}

// Gives the filter's choices those values that there are, the most frequent first.
function offerChoices(form, rows, { processes, measure }) {
  document.getElementById("measure").textContent = measure;
  form.elements.process.append(...processes.toReversed().map((process) => make("option", null, process)));
  const offer = (select, values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      const name = shown(value.slice(0, 40)).textContent;
      if (value) select.append(make("option", { value }, `${name} (${count})`));
    }
  };
  offer(form.elements.type, rows.map((row) => row.type));
  offer(form.elements.defect, rows.flatMap((row) => row.defects));
  offer(form.elements.only, rows.flatMap(flagsOf));
}
