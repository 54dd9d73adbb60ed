// Filters and groups the findings. The choice lives in the fragment (#q=…&verdict=…), so that a view can be linked to.
(() => {
  const form = document.querySelector(".filter");
  const status = form.querySelector(".shown");
  const total = document.querySelector("nav.pages")?.dataset.total;
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    articles: JSON.parse(element.dataset.articles),
  }));
  const sections = [...document.querySelectorAll("main > section")].filter((one) => one.querySelector(".finding"));
  const homes = sections.map((section) => [section, [...section.querySelectorAll(".finding")]]);
  let groups = [];
  let grouped = "";

  // Groups are sections of their own, made of the findings where they stand; the sections keep the order of news.
  const names = {
    article: ({ articles }) => articles[0] ?? _("no article"),
    host: ({ element }) => element.dataset.host,
    cause: ({ element }) => element.dataset.cause,
  };
  const regroup = (by) => {
    if (by === grouped) return;
    grouped = by;
    for (const [section, members] of homes) section.append(...members);
    for (const group of groups) group.remove();
    groups = [];
    if (!names[by]) return;
    const found = new Map();
    for (const one of findings) {
      const name = names[by](one);
      found.set(name, [...(found.get(name) ?? []), one.element]);
    }
    for (const [name, members] of [...found].sort((a, b) => b[1].length - a[1].length)) {
      const group = document.createElement("section");
      const title = document.createElement("h2");
      const number = document.createElement("span");
      group.className = "group";
      title.id = `group-${groups.length}`;
      title.append(Object.assign(document.createElement("bdi"), { textContent: name }), " ", number);
      number.className = "number";
      number.textContent = members.length;
      group.setAttribute("aria-labelledby", title.id);
      group.append(title, ...members);
      groups.push(group);
    }
    sections[0]?.before(...groups);
    document.dispatchEvent(new CustomEvent("regrouped"));
  };

  const apply = () => {
    const chosen = Object.fromEntries(new FormData(form));
    const words = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text, articles } of findings) {
      const fits =
        words.every((word) => text.includes(word)) &&
        (!chosen.verdict || element.dataset.verdict === chosen.verdict) &&
        (!chosen.article || articles.includes(chosen.article));
      element.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    regroup(chosen.group);
    for (const section of [...sections, ...groups]) section.hidden = !section.querySelector(".finding:not([hidden])");
    const all = findings.length;
    status.textContent = total
      ? _("{shown} of {all} on this page shown, {total} in all", { shown, all, total })
      : _("{shown} of {all} shown", { shown, all });
    return chosen;
  };

  const remember = () => {
    const entries = Object.entries(apply()).filter(([, value]) => value);
    const fragment = new URLSearchParams(entries).toString();
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
    document.dispatchEvent(new CustomEvent("filtered"));
  };

  const recall = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const field of form.querySelectorAll("[name]")) {
      if (wanted.has(field.name)) field.value = wanted.get(field.name);
    }
    apply();
  };

  form.hidden = findings.length < 2;
  for (const name of ["input", "change"]) form.addEventListener(name, remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember));
  addEventListener("hashchange", recall);
  // Paper shows everything that is in the filter's view.
  // One column with the changes in place, beside the two columns that are there without scripts.
  const flow = (cell, tag) =>
    [...cell.childNodes].map((node) => ({ node, changed: node.nodeName === tag, size: node.textContent.length }));
  const inline = (row) => {
    const [before, after] = [flow(row.cells[0], "DEL"), flow(row.cells[1], "INS")];
    const merged = [];
    while (before.length || after.length) {
      if (before[0]?.changed) merged.push(before.shift());
      else if (after[0]?.changed) merged.push(after.shift());
      else if (!before.length) merged.push(after.shift());
      else {
        // What stands on both sides is the same text, though it may be in other pieces (a passage is marked).
        merged.push(before.shift());
        for (let { size } = merged.at(-1); size > 0 && after[0] && !after[0].changed; ) {
          const taken = Math.min(size, after[0].size);
          size -= taken;
          after[0].size -= taken;
          if (after[0].size === 0) after.shift();
        }
      }
    }
    const cell = row.cells[0].cloneNode(false);
    cell.classList.remove("none");
    cell.classList.add("both");
    cell.colSpan = 2;
    cell.append(...merged.map(({ node }) => node.cloneNode(true)));
    return cell;
  };
  for (const details of document.querySelectorAll(".difference")) {
    details.addEventListener("toggle", () => {
      if (details.querySelector(".how")) return;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "how" });
      button.textContent = _("In one column");
      button.setAttribute("aria-pressed", "false");
      details.querySelector("table").before(button);
      button.addEventListener("click", () => {
        if (!details.querySelector(".both")) {
          for (const row of details.querySelectorAll("tbody tr:not(.gap)")) row.append(inline(row));
        }
        const on = details.classList.toggle("inline");
        button.setAttribute("aria-pressed", String(on));
      });
    }, { once: true });
  }
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".card:not([open])")];
    for (const card of opened) card.open = true;
  });
  addEventListener("afterprint", () => {
    for (const card of opened) card.open = false;
  });
  recall();
})();
