// The review page with scripts: the place is kept over a decision, a re-check shows when it is done, groups can be
// selected whole, the focus stays in view, and the keyboard goes from finding to finding. Without scripts every form works as it is.
(() => {
  const place = "archive-review-place";
  for (const one of document.querySelectorAll("main .finding")) {
    one.dataset.source = one.querySelector(".act [name=source]")?.value ?? "";
  }
  const shown = () => [...document.querySelectorAll("main .finding")].filter((one) => one.getClientRects().length);

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    const finding = event.target.closest(".finding");
    const all = shown();
    const undo = event.submitter?.value === "undo" && event.target.querySelector("[name=source]")?.value;
    const at = finding ? all.indexOf(finding) : all.indexOf(document.activeElement?.closest(".finding"));
    sessionStorage.setItem(place, JSON.stringify({ hash: location.hash, top: scrollY, at: Math.max(at, 0), id: undo || null }));
    const reason = finding?.querySelector("[name=reason]")?.value;
    if (reason) sessionStorage.setItem(`${place}-${finding.dataset.source}`, reason);
  });
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
  sessionStorage.removeItem(place);
  // A finding that has the focus is in view, and not under the bars at the edges.
  const focus = (finding) => {
    if (!finding) return;
    finding.tabIndex = -1;
    finding.focus({ preventScroll: true });
    finding.scrollIntoView({ block: "nearest" });
  };
  if (kept) {
    if (kept.hash && kept.hash !== location.hash) {
      history.replaceState(null, "", kept.hash);
      dispatchEvent(new HashChangeEvent("hashchange"));
    }
    scrollTo(0, kept.top);
    const all = shown();
    const same = kept.id && all.find((one) => one.dataset.source === kept.id);
    if (kept.at >= 0) focus(same || all[Math.min(kept.at, all.length - 1)]);
    // A decision that was taken back leaves its reason, to be mended.
    const reason = same && sessionStorage.getItem(`${place}-${kept.id}`);
    if (reason) same.querySelector("[name=reason]").value = reason;
  }

  // The filter goes along to the other pages.
  const keep = () => {
    for (const link of document.querySelectorAll("nav.pages a")) link.hash = location.hash;
  };
  for (const [target, name] of [[document, "filtered"], [window, "hashchange"]]) target.addEventListener(name, keep);
  keep();

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
  const count = document.querySelector(".bar .count");
  const told = () => {
    const number = document.querySelectorAll("input[form=batch]:checked").length;
    if (several) several.textContent = _("the findings selected above ({number})", { number });
    if (count) count.textContent = _("{number} selected:", { number });
  };
  document.addEventListener("change", (event) => event.target.matches("input[form=batch]") && told());
  if (batch) {
    const all = Object.assign(document.createElement("button"), { type: "button", textContent: _("Select all shown") });
    all.addEventListener("click", () => choose(shown(), true));
    batch.querySelector(".buttons").append(all);
  }
  const offer = () => {
    for (const group of document.querySelectorAll(".group")) {
      if (group.querySelector(".whole") || !batch) continue;
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox" });
      label.className = "whole";
      label.append(box, " ", _("Select the whole group"));
      box.addEventListener("change", () => choose(group.querySelectorAll(".finding:not([hidden])"), box.checked));
      group.querySelector("h2").after(label);
    }
  };
  document.addEventListener("regrouped", offer);
  offer();

  const help = document.createElement("dialog");
  help.className = "help";
  help.setAttribute("aria-label", _("Keys"));
  const keys = [
    ["j k", _("next and previous finding")], ["Enter", _("open it")], ["o", _("what changed")], ["a", _("accept today’s page")],
    ["i", _("ignore")], ["c", _("use the archived copy")], ["r", _("give a reason first; Enter, then decide")], ["x", _("select")], ["u", _("undo the last decision")], ["/", _("search")],
    ["?", _("this help")],
  ];
  const [title, close] = [_("Keys"), _("Close")];
  help.innerHTML = `<strong>${title}</strong><dl>${keys.map(([key, text]) => `<dt>${key.split(" ").map((one) => `<kbd>${one}</kbd>`).join(" ")}</dt><dd>${text}</dd>`).join("")}</dl><form method="dialog"><button>${close}</button></form>`;
  document.body.append(help);
  const go = (to) => {
    const all = shown();
    const now = all.indexOf(document.activeElement?.closest(".finding"));
    const next = all[Math.max(0, Math.min(all.length - 1, now + to))];
    if (!next) return;
    focus(next);
  };
  const act = {
    j: () => go(1),
    k: () => go(-1),
    u: () => document.querySelector(".bar .undo button")?.click(),
    "?": () => help.showModal(),
    "/": () => document.querySelector("#q")?.focus(),
    Enter: (one) => { const card = one?.querySelector(".card"); if (card) card.open = !card.open; },
    o: (one) => {
      const part = one?.querySelector(".difference");
      if (!part) return;
      part.open = !part.open;
      part.closest(".card").open = true;
    },
    c: (one) => one?.querySelector("button[name=use]")?.click(),
    a: (one) => one?.querySelector("button[value=accept]")?.click(),
    i: (one) => one?.querySelector("button[value=ignore]")?.click(),
    r: (one) => {
      const reason = one?.querySelector("[name=reason]");
      if (!reason) return;
      one.querySelector(".card").open = reason.closest("details").open = true;
      reason.focus({ preventScroll: true });
      reason.select();
      one.scrollIntoView({ block: "nearest" });
    },
    x: (one) => one?.querySelector("input[form=batch]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    // With a reason typed, the next key decides; Enter alone would not say what.
    if (event.key === "Enter" && event.target.matches(".finding [name=reason]")) {
      event.preventDefault();
      return void focus(event.target.closest(".finding"));
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea, dialog *")) return;
    if (event.key === "Enter" && !event.target.matches(".finding")) return;
    if (!act[event.key]) return;
    event.preventDefault();
    act[event.key](document.activeElement?.closest(".finding"));
  });
})();
