"use strict";
(() => {
  const { charts, markets } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const config = { responsive: true, displaylogo: false, displayModeBar: false, doubleClick: "reset" };
  const shown = new Map();

  /* Values like "--loss" are names of colours in the style of the page. */
  const painted = (value, style) => {
    if (Array.isArray(value)) return value.map((one) => painted(one, style));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one, style)]));
    }
    return typeof value === "string" && value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
  };

  const draw = (name) => {
    const place = document.querySelector(`[data-chart="${name}"]`);
    const chart = shown.get(name);
    if (!place || !chart) return;
    const style = getComputedStyle(root);
    const { data, layout } = painted({ data: chart.data, layout: chart.layout }, style);
    layout.font.family = getComputedStyle(document.body).fontFamily;
    if (place.clientWidth < 500) {
      layout.margin = { ...layout.margin, l: 44, r: 8 };
      layout.font.size = 10.5;
      for (const axis of ["yaxis", "yaxis2"]) if (layout[axis]) delete layout[axis].title;
      layout.xaxis.nticks = 5;
    }
    if (chart.log) layout.yaxis.type = "log";
    window.Plotly.react(place, data, layout, config);
  };

  const drawAll = () => { for (const name of shown.keys()) draw(name); };

  const choose = (symbol) => {
    const market = markets.find((one) => one.symbol === symbol);
    if (!market) return;
    shown.set("market", market);
    for (const button of document.querySelectorAll("[data-symbol]")) {
      button.setAttribute("aria-pressed", String(button.dataset.symbol === symbol));
    }
    draw("market");
  };

  for (const [name, chart] of Object.entries(charts)) shown.set(name, chart);
  for (const button of document.querySelectorAll("[data-symbol]")) {
    button.addEventListener("click", () => choose(button.dataset.symbol));
  }
  for (const button of document.querySelectorAll("[data-log]")) {
    button.addEventListener("click", () => {
      const chart = shown.get(button.dataset.log);
      chart.log = !chart.log;
      button.setAttribute("aria-pressed", String(chart.log));
      draw(button.dataset.log);
    });
  }

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("beforeprint", () => { root.dataset.theme = "light"; drawAll(); });
  window.addEventListener("afterprint", () => { delete root.dataset.theme; drawAll(); });

  drawAll();
  if (markets.length) choose(markets[0].symbol);
})();
