"use strict";
/* The page is whole without this: it adds the words under the heat map, filters, and open details in print. */
(() => {
  const filters = document.querySelectorAll("[data-filters]");
  for (const bar of filters) {
    const rows = [...document.getElementById(bar.dataset.filters).tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const words = bar.querySelector("input[type=search]");
    const wrong = bar.querySelector("input[type=checkbox]");
    const count = bar.querySelector("output");
    const apply = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        const fits = wanted.every((word) => texts[i].includes(word)) && !(wrong && wrong.checked && "right" in row.dataset);
        row.hidden = !fits;
        shown += fits;
      });
      count.textContent = `${shown} of ${rows.length}`;
    };
    bar.addEventListener("input", apply);
    bar.hidden = false;
    apply();
  }

  const heat = document.getElementById("heat");
  if (heat) {
    const { words, cells } = JSON.parse(document.getElementById("heat-words").textContent);
    const shown = document.getElementById("words");
    const names = [...heat.tBodies[0].rows].map((row) => row.cells[0].textContent);
    const place = (cell) => [cell.parentNode.sectionRowIndex, cell.cellIndex - 1];
    const lines = (cell) => {
      const [row, column] = place(cell);
      if (row === column) return [names[row]];
      const said = cells[row] === undefined ? [] : [].concat(cells[row][column] ?? []);
      const what = said.map((number) => words[number]);
      return [`${names[row]} and ${names[column]}`, ...(what.length ? what : ["no session is expected, and none is there"])];
    };
    const show = (cell) => {
      shown.replaceChildren(...lines(cell).map((text, i) => {
        const line = document.createElement("p");
        const part = i ? line : line.appendChild(document.createElement("strong"));
        part.textContent = text;
        return line;
      }));
    };
    const cellOf = (target) => (target instanceof Element ? target.closest("tbody td") : null);
    heat.addEventListener("mouseover", (event) => { const cell = cellOf(event.target); if (cell) show(cell); });
    heat.addEventListener("focusin", (event) => {
      const cell = cellOf(event.target);
      if (!cell) return;
      cell.setAttribute("aria-label", lines(cell).join(". "));
      show(cell);
    });
    const first = heat.querySelector("tbody td:not(.self)");
    if (first) first.tabIndex = 0;
    const go = (from, row, column) => {
      const to = heat.tBodies[0].rows[row]?.cells[column + 1];
      if (!to) return;
      from.removeAttribute("tabindex");
      to.tabIndex = 0;
      to.focus();
    };
    heat.addEventListener("click", (event) => {
      const cell = cellOf(event.target);
      const from = heat.querySelector("tbody td[tabindex]");
      if (cell && from) go(from, ...place(cell));
    });
    heat.addEventListener("keydown", (event) => {
      const cell = cellOf(event.target);
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!cell || !step) return;
      event.preventDefault();
      const [row, column] = place(cell);
      if (column + step[1] >= 0 && row + step[0] >= 0) go(cell, row + step[0], column + step[1]);
    });
  }

  const closed = [];
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) { closed.push(part); part.open = true; }
  });
  addEventListener("afterprint", () => { while (closed.length) closed.pop().open = false; });
})();
