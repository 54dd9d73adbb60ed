// The review page with scripts: the place is kept over a decision, a re-check shows when it is done, groups can be
// chosen whole, and the keyboard goes from finding to finding. Without scripts every form works as it is.
(() => {
  const place = "archive-review-place";
  const shown = () => [...document.querySelectorAll("main .finding")].filter((one) => one.getClientRects().length);

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    const finding = event.target.closest(".finding");
    const all = shown();
    sessionStorage.setItem(place, JSON.stringify({ hash: location.hash, top: scrollY, at: all.indexOf(finding) }));
  });
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
  sessionStorage.removeItem(place);
  if (kept) {
    if (kept.hash && kept.hash !== location.hash) {
      history.replaceState(null, "", kept.hash);
      dispatchEvent(new HashChangeEvent("hashchange"));
    }
    scrollTo(0, kept.top);
  }

  const busy = document.querySelector("#recheck.busy");
  if (busy) {
    const ask = async () => {
      const answer = await fetch("/recheck", { headers: { accept: "application/json" } });
      const { busy: still } = await answer.json();
      if (still) return void setTimeout(ask, 500);
      sessionStorage.setItem(place, JSON.stringify({ hash: location.hash, top: scrollY, at: -1 }));
      location.reload();
    };
    setTimeout(ask, 500);
  }

  const batch = document.querySelector("#batch");
  const choose = (findings, on) => {
    for (const one of findings) {
      const box = one.querySelector("input[form=batch]");
      if (box) box.checked = on;
    }
    told();
  };
  const several = document.querySelector("#group-of option");
  const told = () => {
    const number = document.querySelectorAll("input[form=batch]:checked").length;
    if (several) several.textContent = `the findings chosen above (${number})`;
  };
  document.addEventListener("change", (event) => event.target.matches("input[form=batch]") && told());
  if (batch) {
    const all = Object.assign(document.createElement("button"), { type: "button", textContent: "Choose all shown" });
    all.addEventListener("click", () => choose(shown(), true));
    batch.querySelector(".buttons").append(all);
  }
  const offer = () => {
    for (const group of document.querySelectorAll(".group")) {
      if (group.querySelector(".whole") || !batch) continue;
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox" });
      label.className = "whole";
      label.append(box, " Choose the whole group");
      box.addEventListener("change", () => choose(group.querySelectorAll(".finding:not([hidden])"), box.checked));
      group.querySelector("h2").after(label);
    }
  };
  document.addEventListener("regrouped", offer);
  offer();

  const keys = document.createElement("p");
  keys.className = "keys note";
  keys.innerHTML = "<kbd>j</kbd> <kbd>k</kbd> next and previous finding · <kbd>o</kbd> what changed · <kbd>a</kbd> accept · <kbd>i</kbd> ignore · <kbd>x</kbd> choose · <kbd>/</kbd> search";
  document.querySelector(".masthead")?.append(keys);
  const go = (to) => {
    const all = shown();
    const now = all.indexOf(document.activeElement?.closest(".finding"));
    const next = all[Math.max(0, Math.min(all.length - 1, now + to))];
    if (!next) return;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  };
  const act = {
    j: () => go(1),
    k: () => go(-1),
    "/": () => document.querySelector("#q")?.focus(),
    o: (one) => { const part = one?.querySelector(".difference"); if (part) part.open = !part.open; },
    a: (one) => one?.querySelector("button[value=accept]")?.click(),
    i: (one) => one?.querySelector("button[value=ignore]")?.click(),
    x: (one) => one?.querySelector("input[form=batch]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    if (!act[event.key]) return;
    event.preventDefault();
    act[event.key](document.activeElement?.closest(".finding"));
  });
  if (kept && kept.at >= 0) {
    const next = shown()[kept.at];
    if (next) { next.tabIndex = -1; next.focus({ preventScroll: true }); }
  }
})();
