"use strict";
(() => {
  const root = document.documentElement;
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const one = (what) => document.querySelector(what);
  root.classList.add("script");
  if (/^zh/.test(navigator.language)) one("#as-zh").checked = true;
  const language = () => { root.lang = one("#as-zh").checked ? "zh-CN" : "en"; };

  // Sorting: a click on a column's head; what is not known stays last.
  for (const table of all(".sortable")) {
    all("th", table).forEach((head, column) => head.addEventListener("click", () => {
      const rows = all("tbody tr", table);
      const key = (row) => {
        const cell = row.cells[column];
        return column ? (cell.dataset.v === undefined ? NaN : Number(cell.dataset.v)) : cell.textContent;
      };
      const down = head.ariaSort ? head.ariaSort === "ascending" : column > 0;
      all("th", table).forEach((other) => { other.ariaSort = null; });
      head.ariaSort = down ? "descending" : "ascending";
      const sign = down ? -1 : 1;
      rows.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (typeof x === "string") return sign * x.localeCompare(y);
        return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : sign * (x - y);
      });
      table.tBodies[0].append(...rows);
    }));
  }

  // Tooltips: at once, in place of the browser's own.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener("pointermove", (event) => {
    const over = event.target.closest && event.target.closest("svg *");
    const title = over && [...over.children].find((child) => child.localName === "title");
    if (title) { over.dataset.tip = title.textContent; title.remove(); }
    const said = over && over.dataset.tip;
    tip.hidden = !said;
    if (!said) return;
    tip.textContent = said;
    tip.style.left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
  });

  // Magnifying: the wheel or two fingers; dragging moves. `look` is told (factor, at x, at y, dx, dy) in shares.
  const magnify = (frame, look, reset) => {
    const fingers = new Map();
    let moved = 0;
    const share = (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, box];
    };
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !frame.dataset.used) return;
      event.preventDefault();
      const [x, y] = share(event);
      look(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 240), x, y, 0, 0);
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => {
      frame.dataset.used = "1";
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      moved = 0;
    });
    frame.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const [x, y, box] = share(event);
      const [dx, dy] = [(event.clientX - before[0]) / box.width, (event.clientY - before[1]) / box.height];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > 0.01 && !frame.hasPointerCapture(event.pointerId)) frame.setPointerCapture(event.pointerId);
      if (fingers.size === 2) {
        const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
        const gap = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
        look(gap(before) / gap([event.clientX, event.clientY]), x, y, dx / 2, dy / 2);
      } else look(1, x, y, dx, dy);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
    });
    for (const kind of ["pointerup", "pointercancel"]) frame.addEventListener(kind, (e) => fingers.delete(e.pointerId));
    frame.addEventListener("pointerleave", () => { delete frame.dataset.used; });
    frame.addEventListener("click", (event) => { if (moved > 0.01) event.preventDefault(); }, true);
    frame.addEventListener("dragstart", (event) => event.preventDefault());
    frame.addEventListener("dblclick", (event) => { event.preventDefault(); reset(); });
  };

  // The timeline.
  const lanes = one(".lanes");
  if (lanes) {
    const [since, until] = [Number(lanes.dataset.since), Number(lanes.dataset.until)];
    const wide = 100000;
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
    const axis = one(".axis");
    let [left, width] = [0, wide];
    const form = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: lanes.dataset.zone, ...options });
    const clock = form({ hour: "2-digit", minute: "2-digit" });
    const exact = form({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const date = form({ year: "numeric", month: "2-digit", day: "2-digit" });
    const day = { format: (time) => date.format(time).slice(5) };
    const offset = (ts) => {
      const parts = form({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
        hourCycle: "h23" }).formatToParts(ts * 1000);
      const get = (type) => Number(parts.find((part) => part.type === type).value);
      return Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second")) / 1000 - Math.floor(ts);
    };
    const draw = () => {
      all(".lane", lanes).forEach((lane) => lane.setAttribute("viewBox", `${left} 0 ${width} 32`));
      const span = (until - since) * width / wide;
      const from = since + (until - since) * left / wide;
      const about = Math.max(2, axis.clientWidth / 110);
      const step = steps.find((each) => span / each <= about) || 2592000;
      const shift = offset(from);
      axis.replaceChildren();
      for (let k = Math.ceil((from + shift) / step); k * step - shift <= from + 0.985 * span; k += 1) {
        const ts = k * step - shift;
        const mark = document.createElement("span");
        const midnight = (ts + shift) % 86400 === 0;
        mark.textContent = (midnight || step >= 86400 ? day : step < 60 ? exact : clock).format(ts * 1000);
        mark.style.left = 100 * (ts - from) / span + "%";
        axis.append(mark);
      }
    };
    const look = (factor, x, y, dx) => {
      const next = Math.max(wide / 5000, Math.min(wide, width * factor));
      left += (width - next) * x - dx * next;
      width = next;
      left = Math.max(0, Math.min(wide - width, left));
      draw();
    };
    const reset = () => { [left, width] = [0, wide]; draw(); };
    all(".lane", lanes).forEach((lane) => magnify(lane, look, reset));
    addEventListener("resize", draw);
    draw();
  }

  // The map.
  const map = one("#city-map");
  let show = () => {};
  if (map) {
    const whole = map.getAttribute("viewBox").split(" ").map(Number);
    let box = [...whole];
    const bar = one(".scale i");
    const label = one(".scale span");
    const draw = () => {
      map.setAttribute("viewBox", box.join(" "));
      map.style.setProperty("--u", box[2] / 1000 + "px");
      const most = box[2] / 5;
      const base = 10 ** Math.floor(Math.log10(most));
      const length = base * [5, 2, 1].find((each) => each * base <= most);
      bar.style.width = 100 * length / box[2] + "%";
      label.textContent = length >= 1000 ? length / 1000 + " km" : +length.toPrecision(2) + " m";
    };
    const look = (factor, x, y, dx, dy) => {
      const width = Math.max(whole[2] / 500, Math.min(whole[2] * 3, box[2] * factor));
      const scale = width / box[2];
      box = [box[0] + (box[2] - width) * x - dx * width, box[1] + box[3] * (1 - scale) * y - dy * box[3] * scale, width, box[3] * scale];
      draw();
    };
    magnify(map, look, () => { box = [...whole]; draw(); });
    show = (number) => {
      all(".lit").forEach((each) => each.classList.remove("lit"));
      all(`#city-map [data-k="${number}"]`).forEach((each) => each.classList.add("lit"));
    };
  }

  // Which case: opening its sheet lights it up on the map.
  const open = () => {
    const body = /^#case-\d+$/.test(location.hash) && one(location.hash);
    if (!body) return;
    body.parentElement.open = true;
    body.parentElement.scrollIntoView({ block: "center" });
    show(body.parentElement.dataset.k);
  };
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#case-']");
    if (link && link.getAttribute("href") === location.hash) open();
  });
  all(".sheet").forEach((sheet) => sheet.addEventListener("toggle", () => { if (sheet.open) show(sheet.dataset.k); }));
  open();

  // Filtering: rule, text and verdict, of lanes, map and sheets alike.
  const form = one(".filters");
  if (form) {
    const kinds = ["found", "duplicate", "false", "missed", "unlabelled", "open", "plain", "label"];
    const kind = (each) => kinds.find((name) => each.classList.contains(name));
    const text = (each) => {
      const title = each.querySelector("title");
      return (each.dataset.tip || (title ? title.textContent : each.textContent)).toLowerCase();
    };
    const marks = all(".mark[data-r], .at[data-r], .sheet");
    const filter = () => {
      const rule = one("#by-rule").value;
      const wanted = one("#by-text").value.trim().toLowerCase();
      const boxes = all("input[type=checkbox]", form);
      const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
      const hidden = new Set();
      for (const each of marks) {
        const out = (rule && each.dataset.r !== rule) || off.has(kind(each)) || (wanted && !text(each).includes(wanted));
        each.classList.toggle("dim", Boolean(out));
        if (out && each.matches(".sheet")) hidden.add(each.dataset.k);
      }
      all(".trail[data-k]").forEach((trail) => trail.classList.toggle("dim", hidden.has(trail.dataset.k)));
      all(".lane").forEach((lane) => {
        const gone = lane.querySelector(".mark") && !lane.querySelector(".mark:not(.dim)");
        lane.classList.toggle("dim", Boolean(gone));
        lane.previousElementSibling.classList.toggle("dim", Boolean(gone));
      });
      all("#rules tr[data-r], .curves [data-r]").forEach((row) => row.classList.toggle("dim", Boolean(rule && row.dataset.r !== rule)));
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  all("[name=language]").forEach((radio) => radio.addEventListener("change", language));
  language();
})();
