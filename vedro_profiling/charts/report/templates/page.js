"use strict";

// Sorting: numbers by the exact value behind the text; what has none stays last, whichever way.
function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("number");
      const before = head.getAttribute("aria-sort");
      const falls = before ? before === "ascending" : isNumber;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((one, other) => compare(one.cells[place], other.cells[place], isNumber, falls));
      body.append(...rows);
    });
  });
}

function compare(one, other, isNumber, falls) {
  const turn = falls ? -1 : 1;
  if (!isNumber) {
    return turn * one.textContent.trim().localeCompare(other.textContent.trim(), "en", { numeric: true });
  }
  const missing = Number(!("value" in one.dataset)) - Number(!("value" in other.dataset));
  return missing || turn * (Number(one.dataset.value) - Number(other.dataset.value)) || 0;
}

const FEW_ROWS = 6;

function makeSearchable(block, table) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length <= FEW_ROWS) return;
  const tools = block.querySelector(".tools");
  const input = tools.querySelector("input");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  tools.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      shown += Number(!row.hidden);
    });
    tools.querySelector("output").textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}

function makeThemeButton(button) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  dark.addEventListener("change", name);
  name();
}

// The timeline for those who do not drag: Vega-Lite keeps what the selection `zoom` holds of `time` in this signal.
function showStretch(stretch) {
  document.getElementById("timeline").view.signal("zoom_time", stretch).run();
}

function step(kind) {
  const [first, last] = document.getElementById("timeline").view.signal("shown_times");
  const length = last - first;
  const moved = {
    earlier: [first - length / 2, last - length / 2],
    later: [first + length / 2, last + length / 2],
    closer: [first + length / 4, last - length / 4],
    wider: [first - length / 2, last + length / 2],
    whole: null,
  };
  showStretch(moved[kind]);
}

function makeTimelineMovable() {
  const tools = document.querySelector(".steps");
  if (!tools || !document.getElementById("timeline").view) return;
  tools.hidden = false;
  tools.querySelectorAll("button").forEach((button) => {
    button.addEventListener("click", () => step(button.dataset.step));
  });
  document.querySelectorAll("#scenarios [data-from]").forEach((cell) => {
    const button = document.createElement("button");
    const [from, to] = [Number(cell.dataset.from), Number(cell.dataset.to)];
    const margin = Math.max((to - from) / 10, 50);
    button.type = "button";
    button.className = "show";
    button.textContent = "Show in the timeline";
    button.addEventListener("click", () => {
      showStretch([from - margin, to + margin]);
      document.getElementById("section-timeline").scrollIntoView();
    });
    (cell.querySelector("small") ?? cell).append(" ", button);
  });
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const NARROW_PIXELS = 700;
const ERRORS_ONLY = 1;

// Drawn by Vega's own interpreter: nothing on this page may turn text into code.
async function draw(figure) {
  const place = figure.querySelector(".chart");
  const kind = place.clientWidth < NARROW_PIXELS ? "narrow" : "wide";
  if (figure.dataset.drawn === kind) return;
  figure.dataset.drawn = kind;
  const options = { mode: "vega-lite", ast: true, actions: false, renderer: "svg", logLevel: ERRORS_ONLY, tooltip: { theme: "custom" } };
  try {
    const spec = await unpacked(figure.querySelector(`script.${kind}`).textContent);
    const label = place.getAttribute("aria-label");
    figure.view?.finalize();
    const result = await window.vegaEmbed(place, spec, options);
    figure.view = result.view;
    // Vega makes a document of the place, with an object for each of its marks: too much to listen to.
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", label);
    place.removeAttribute("aria-roledescription");
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    figure.dataset.ready = kind;
  } catch (error) {
    place.textContent = `This chart could not be drawn (${error.message}); the tables have the numbers.`;
  }
}

document.querySelectorAll(".table").forEach((block) => {
  const table = block.querySelector("table");
  makeSortable(table);
  makeSearchable(block, table);
});
makeThemeButton(document.getElementById("theme"));
const figures = [...document.querySelectorAll("figure")];
const drawAll = () => figures.reduce((before, figure) => before.then(() => draw(figure)), Promise.resolve());
window.addEventListener("resize", () => { if (!window.matchMedia("print").matches) drawAll(); });
requestAnimationFrame(() => setTimeout(() => drawAll().then(makeTimelineMovable)));
