// Which rows are shown.

const ONLY = {
  "full score": (row) => row.reasoning.accuracy >= 1,
  "below full score": (row) => row.reasoning.accuracy != null && row.reasoning.accuracy < 1,
  "sufficient observation": (row) => row.verdict === "sufficient",
  "insufficient observation": (row) => row.verdict === "insufficient",
  "unscored part": (row) => row.unscored.length > 0,
  "answer leaked": (row) => row.leak,
  "cut off": (row) => row.truncated,
  "graded otherwise": (row) => row.theirs && row.theirs.value !== row.reasoning.accuracy,
};

const haystacks = new WeakMap();

function haystack(row) {
  if (!haystacks.has(row)) {
    const texts = row.pieces.filter(([kind]) => kind !== "gap").map(([, text]) => text);
    const facts = [row.question, row.gold, row.how, row.verdict_how, row.place, row.id, ...row.options, ...row.unscored];
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

function passes(row, filters) {
  const { text, type, defect, only, group, process, low, high } = filters;
  const reward = row[process].reward;
  return (
    (!type || row.type === type) &&
    (!defect || row.defects.includes(defect)) &&
    (!only || ONLY[only](row)) &&
    (group == null || row.group === group) &&
    (low == null || (reward != null && reward >= low)) &&
    (high == null || (reward != null && reward <= high)) &&
    (!text || haystack(row).includes(text))
  );
}

// Gives the filter's choices those values that there are, the most frequent first.
function offerChoices(form, rows) {
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
  offer(form.elements.only, Object.keys(ONLY).flatMap((name) => rows.filter(ONLY[name]).map(() => name)));
}
