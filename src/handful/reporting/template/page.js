"use strict";
// Texts are the user's rows: they enter the page by textContent alone, each isolated from its neighbours.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { picks, others } = data;
  const find = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const isolated = (text) => {
    const node = make("bdi", "text", text);
    node.dir = "auto";
    return node;
  };
  const number = (value) => Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
  const rowsOf = new Map();
  others.forEach((row) => rowsOf.set(row.p, [...(rowsOf.get(row.p) || []), row]));

  const meta = (pick) => {
    const parts = [`row ${pick.r.toLocaleString("en-US")}`];
    if (pick.i) parts.push(pick.i);
    if (pick.g !== undefined) parts.push(`gain ${number(pick.g)}`);
    if (pick.w !== undefined) parts.push(`weight ${number(pick.w)}`);
    if (pick.s !== undefined) parts.push(`nearest to ${number(100 * pick.s)} % of the pool`);
    if (pick.b > pick.t.length * 4) parts.push(`${pick.b.toLocaleString("en-US")} bytes`);
    return parts.join(" · ");
  };
  const listOf = (rows) => {
    const list = make("ul");
    rows.slice(0, 4).forEach((row) => list.append(make("li")) || list.lastChild.append(isolated(row.t || `row ${row.r}`)));
    return list;
  };

  // The list ------------------------------------------------------------------------------------
  const search = find("search"), list = find("picks"), more = find("more"), found = find("found");
  const FIRST = 20, PAGE = 100;
  const texts = picks.map((pick) => `${pick.t} ${pick.i} ${pick.r}`.toLowerCase());
  let matches = [], listed = 0;
  const item = (pick, place) => {
    const node = make("li");
    const body = make("div");
    const text = make("div");
    text.append(isolated(pick.t || "(no text)"));
    const line = make("div", "meta");
    line.append(isolated(meta(pick)));
    body.append(text, line);
    const near = rowsOf.get(place);
    if (near) {
      const details = make("details");
      details.append(make("summary", "", "rows it stands for"), listOf(near));
      body.append(details);
    }
    node.append(make("span", "order", pick.o.toLocaleString("en-US")), body);
    return node;
  };
  const show = () => {
    const next = matches.slice(listed, listed + (listed ? PAGE : FIRST));
    list.append(...next.map((place) => item(picks[place], place)));
    listed += next.length;
    more.hidden = listed >= matches.length;
  };
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    matches = [...picks.keys()].filter((place) => texts[place].includes(wanted));
    list.replaceChildren();
    listed = 0;
    found.textContent = wanted ? `${matches.length.toLocaleString("en-US")} of ${picks.length.toLocaleString("en-US")} picks` : "";
    show();
  };
  search.addEventListener("input", filter);
  more.addEventListener("click", () => {
    const first = listed;
    show();
    const node = list.children[first];
    if (node) { node.tabIndex = -1; node.focus(); }
  });
  filter();

  // The map -------------------------------------------------------------------------------------
  const canvas = find("canvas");
  if (!canvas) return;
  const slider = find("slider"), made = find("made"), play = find("play"), detail = find("detail");
  const context = canvas.getContext("2d");
  let colours = {}, hovered = null, timer = 0;
  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    ["picks", "pool", "ink", "bg"].forEach((name) => { colours[name] = style.getPropertyValue(`--${name}`).trim(); });
  };
  const dot = (at, radius, fill, stroke) => {
    context.beginPath();
    context.arc(at.x * canvas.width, at.y * canvas.height, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    if (stroke) { context.strokeStyle = stroke; context.lineWidth = 2 * scale(); context.stroke(); }
  };
  const scale = () => canvas.width / Math.max(1, canvas.clientWidth);
  const draw = () => {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    context.clearRect(0, 0, width, height);
    const count = Number(slider.value);
    const size = (count > 800 ? 2.2 : count > 200 ? 2.8 : 3.6) * ratio;
    context.globalAlpha = 0.28;
    others.forEach((row) => dot(row, 1.3 * ratio, colours.pool));
    context.globalAlpha = 0.85;
    for (let place = 0; place < count; place++) dot(picks[place], size, colours.picks);
    context.globalAlpha = 1;
    dot(picks[count - 1], size + 2.5 * ratio, colours.picks, colours.ink);
    if (hovered) {
      if (hovered.p !== undefined && hovered.p < count) {
        context.strokeStyle = colours.ink;
        context.lineWidth = ratio;
        context.beginPath();
        context.moveTo(hovered.x * width, hovered.y * height);
        context.lineTo(picks[hovered.p].x * width, picks[hovered.p].y * height);
        context.stroke();
      }
      dot(hovered, size + 1.5 * ratio, hovered.p === undefined ? colours.picks : colours.pool, colours.ink);
    }
  };
  const tell = (point) => {
    detail.replaceChildren();
    const line = make("p", "meta");
    const text = make("p");
    if (point.p === undefined) {
      line.append(isolated(`pick ${point.o.toLocaleString("en-US")} · ${meta(point)}`));
      text.append(isolated(point.t || "(no text)"));
      detail.append(line, text);
      const near = rowsOf.get(point.place);
      if (near) detail.append(make("p", "meta", "Rows of the pool nearest to this pick:"), listOf(near));
    } else {
      line.append(isolated(`row ${point.r.toLocaleString("en-US")} of the pool${point.i ? " · " + point.i : ""}`));
      text.append(isolated(point.t || "(no text)"));
      detail.append(line, text, make("p", "meta", `Its nearest pick is pick ${picks[point.p].o.toLocaleString("en-US")}:`));
      const near = make("p");
      near.append(isolated(picks[point.p].t || "(no text)"));
      detail.append(near);
    }
  };
  const step = () => {
    const count = Number(slider.value);
    made.textContent = picks[count - 1].o.toLocaleString("en-US");
    slider.setAttribute("aria-valuetext", `pick ${picks[count - 1].o}`);
    hovered = null;
    tell(picks[count - 1]);
    draw();
  };
  const nearest = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = 14 * 14;
    const look = (point, bonus) => {
      const across = point.x * box.width - x, down = point.y * box.height - y;
      const square = (across * across + down * down) * bonus;
      if (square < least) { least = square; best = point; }
    };
    others.forEach((row) => look(row, 1.6));
    for (let place = 0; place < Number(slider.value); place++) look(picks[place], 1);
    return best;
  };
  const point = (event) => {
    const now = nearest(event);
    if (now === hovered) return;
    hovered = now;
    if (now) tell(now);
    draw();
  };
  const stop = () => {
    window.clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  };
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (Number(slider.value) >= picks.length) { slider.value = 1; step(); }
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    const stride = Math.max(1, Math.round(picks.length / 160));
    timer = window.setInterval(() => {
      slider.value = Math.min(picks.length, Number(slider.value) + stride);
      step();
      if (Number(slider.value) >= picks.length) stop();
    }, 60);
  });
  slider.addEventListener("input", () => { stop(); step(); });
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", () => { if (hovered) { hovered = null; draw(); } });
  picks.forEach((pick, place) => { pick.place = place; });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); draw(); });
  new ResizeObserver(draw).observe(canvas);
  readColours();
  step();
})();
