// Draws the curves from the JSON in the page, in the colours of the page's style sheet.
(() => {
  "use strict";
  const run = JSON.parse(document.getElementById("run").textContent);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const few = run.epochs.length <= 40;

  // One curve: values over epochs, null where there is none; the best epoch gets a larger point.
  const curve = (label, values, name, marked) => ({
    label,
    data: run.epochs.map((epoch, i) => ({ x: epoch, y: values[i] })),
    borderColor: colour(name),
    backgroundColor: colour(name),
    borderWidth: 2,
    pointRadius: run.epochs.map(epoch => (marked && epoch === run.best ? 6 : few ? 2.5 : 0)),
    pointHoverRadius: 6,
    pointHitRadius: 12,
    spanGaps: true,
    clip: 8,
  });

  // The learning rate changes within an epoch: in the warm-up from step to step.
  const rates = {
    label: "learning rate",
    data: run.learning_rates.map(([epoch, rate]) => ({ x: epoch, y: rate })),
    borderWidth: 2,
    pointRadius: 0,
    pointHoverRadius: 6,
    pointHitRadius: 12,
    clip: 8,
  };

  const options = (yTitle, format, limits, legend, first) => ({
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    layout: { padding: { top: 6, right: 10 } },
    scales: {
      x: {
        type: "linear",
        min: first,
        max: run.epochs.length > 1 ? run.epochs[run.epochs.length - 1] : undefined,
        title: { display: true, text: "Epoch", color: colour("soft") },
        ticks: { color: colour("soft"), precision: 0, maxRotation: 0 },
        grid: { color: colour("grid"), borderColor: colour("line") },
      },
      y: {
        ...limits,
        title: { display: true, text: yTitle, color: colour("soft") },
        ticks: { color: colour("soft"), callback: format },
        grid: { color: colour("grid"), borderColor: colour("line") },
      },
    },
    plugins: {
      legend: {
        display: legend,
        align: "end",
        labels: { color: colour("text"), usePointStyle: true, pointStyle: "line", boxWidth: 28 },
      },
      tooltip: {
        callbacks: {
          title: items => "Epoch " + number(items[0].parsed.x),
          label: item => " " + item.dataset.label + ": " + format(item.parsed.y),
        },
      },
    },
  });

  const percent = value => +value.toFixed(2) + "%";
  const number = value => String(+value.toPrecision(4));
  const seen = run.train_top1.concat(run.test_top1).filter(value => value !== null);
  const lowest = Math.max(0, Math.floor((Math.min(100, ...seen) - 5) / 10) * 10);
  const other = run.split;
  const begin = run.epochs.length > 1 ? run.epochs[0] : undefined;

  let charts = [];
  const draw = () => {
    charts.forEach(chart => chart.destroy());
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    const line = (id, datasets, settings) =>
      new Chart(document.getElementById(id), { type: "line", data: { datasets }, options: settings });
    charts = [
      line("accuracy", [curve("train", run.train_top1, "train"), curve(other, run.test_top1, "test", true)],
        options("Accuracy", percent, { min: lowest, max: 100 }, true, begin)),
      line("loss", [curve("train", run.train_loss, "train"), curve(other, run.test_loss, "test", true)],
        options("Loss", number, { beginAtZero: true }, true, begin)),
      line("rate", [{ ...rates, borderColor: colour("rate"), backgroundColor: colour("rate") }],
        options("Learning rate", number, { beginAtZero: true }, false, Math.min(...run.learning_rates.map(([epoch]) => epoch)))),
    ];
  };
  if (document.getElementById("accuracy")) {
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  const button = document.getElementById("copy");
  if (button && navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById("command").textContent);
      button.textContent = "Copied";
    });
  }
})();
