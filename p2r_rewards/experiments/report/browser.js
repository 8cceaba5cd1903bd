// The browser of rollouts: found ones in a list by group, the chosen one in full, all by mouse or keyboard.

const PAGE = 200;

function startBrowser(data) {
  const { rows, settings } = data;
  const form = document.getElementById("filters");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const count = document.getElementById("count");
  const groups = Map.groupBy(rows, (row) => row.group || `row ${row.n}`);
  const groupOf = (row) => groups.get(row.group || `row ${row.n}`);

  let found = rows;
  let chosen = null;
  let shownRows = 0;
  const buttons = new Map();

  function listButton(row) {
    const chips = settings.processes.map((process, at) =>
      make("span", { class: `s${at + 1}`, title: process }, number(row.scores[process][settings.measure])),
    );
    const flags = row.flags.filter((flag) => !flag.endsWith("sufficient observation"));
    if (row.defects.length) flags.push("fault of form");
    if (row.unscored.length) flags.push("unscored");
    const button = make("button", { type: "button" }, make("span", { class: "row" }, `${row.n}`), ...chips);
    button.append(make("span", { class: "flags" }, flags.join(", ")));
    button.addEventListener("click", () => choose(row, { focus: true }));
    buttons.set(row, button);
    return button;
  }

  // Adds rows until `count` of them are in the list.
  function fill(count) {
    list.querySelector(".more")?.remove();
    for (; shownRows < Math.min(count, found.length); shownRows++) {
      const row = found[shownRows];
      const before = found[shownRows - 1];
      if (!before || groupOf(before) !== groupOf(row)) {
        const name = row.group ? `Group ${row.group} ` : "";
        const head = make("p", { class: "group" }, make("strong", null, name), shown(row.question.slice(0, 160)));
        list.append(head, make("ul"));
      }
      list.lastElementChild.append(make("li", null, listButton(row)));
    }
    if (shownRows < found.length) {
      const more = make("button", { type: "button", class: "more" }, `Show ${Math.min(PAGE, found.length - shownRows)} more`);
      more.addEventListener("click", () => {
        const next = found[shownRows];
        fill(shownRows + PAGE);
        buttons.get(next).focus();
      });
      list.append(more);
    }
  }

  function choose(row, { focus = false, scroll = true } = {}) {
    buttons.get(chosen)?.removeAttribute("aria-current");
    chosen = row;
    const at = found.indexOf(row);
    if (at >= shownRows) fill(at + PAGE);
    const button = buttons.get(row);
    button?.setAttribute("aria-current", "true");
    if (scroll && button) {
      const top = button.offsetTop - list.offsetTop;
      if (top < list.scrollTop || top > list.scrollTop + list.clientHeight - 40) list.scrollTop = top - 60;
    }
    showDetail(detail, row, groupOf(row), settings, (one) => choose(one, { focus: true }));
    if (focus && document.activeElement !== button) detail.focus({ preventScroll: true });
  }

  function filter() {
    const filters = readFilters(form);
    found = rows.filter((row) => passes(row, filters, settings.measure));
    const some = found.length === rows.length ? "All" : `${found.length.toLocaleString("en")} of`;
    count.textContent = `${some} ${rows.length.toLocaleString("en")} ${settings.nouns ?? "rollouts"}`;
    list.replaceChildren();
    list.scrollTop = 0;
    buttons.clear();
    shownRows = 0;
    fill(PAGE);
    if (!found.length) detail.replaceChildren(make("p", { class: "muted" }, "Nothing fits; clear a filter."));
    else choose(found.includes(chosen) ? chosen : found[0]);
  }

  function go(step) {
    const next = found[found.indexOf(chosen) + step];
    if (next) choose(next);
  }

  // To the first found rollout of the next or previous group.
  function goGroup(step) {
    const firsts = found.filter((row, at) => !at || groupOf(found[at - 1]) !== groupOf(row));
    const at = firsts.findLastIndex((row) => found.indexOf(row) <= found.indexOf(chosen));
    if (firsts[at + step]) choose(firsts[at + step]);
  }

  const KEYS = { j: () => go(1), k: () => go(-1), "]": () => goGroup(1), "[": () => goGroup(-1) };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !form.elements.keys.checked) return;
    if (event.key === "/") form.elements.text.focus();
    else if (event.key in KEYS) KEYS[event.key]();
    else return;
    event.preventDefault();
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(step);
    buttons.get(chosen)?.focus({ preventScroll: true });
  });

  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());

  offerChoices(form, rows, settings);
  form.hidden = document.querySelector(".browser").hidden = false;
  filter();
}

const data = document.getElementById("data");
if (data) startBrowser(JSON.parse(data.textContent));
