// Draws the plots of the page, filters its checks, turns its light on and off. Everything that is said stands in the page without it.
(() => {
  "use strict";

  const root = document.documentElement;
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const CROSS = "path://M2 0L6 4L10 0L12 2L8 6L12 10L10 12L6 8L2 12L0 10L4 6L0 2Z";
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", CROSS, "roundRect"];
  const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], "solid", [4, 4]];
  const SORTS = ["look", "engage", "cart", "buy", "trouble", "other"];
  const FONT = 12.5;
  const NARROW = 560;

  // ---- words and numbers

  const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  const trim = (number, digits) => String(Number(number.toFixed(digits)));

  const seconds = (value) => {
    const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const [size, unit] = units.find(([size]) => value >= size) || [0.001, "ms"];
    return `${trim(value / size, value / size < 10 ? 1 : 0)} ${unit}`;
  };
  const FORMATS = {
    number: { full: (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toPrecision(2) : grouped.format(value)), tick: (value) => (value !== 0 && Math.abs(value) < 0.01 ? String(value) : short.format(value)) },
    percent: { full: (value) => `${(value * 100).toFixed(value !== 0 && value < 0.00995 ? 2 : 1)} %`, tick: (value) => `${trim(value * 100, 4)} %` },
    seconds: { full: seconds, tick: seconds },
  };
  // Where a logarithmic axis of seconds has its names: at what people call times by.
  const TIMES = [0.1, 1, 5, 15, 60, 300, 900, 3600, 21600, 86400, 345600, 1209600, 5184000, 31536000];

  // ---- colours

  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = () => {
    const names = ["surface", "raised", "ink", "muted", "rule", "grid", "accent", "good", "warn", "bad", "c0", "c1", "c2", "c3", "c4", "c5", "cell0", "cell1", "stream"];
    return Object.fromEntries(names.map((name) => [name, colour(name)]));
  };
  const channels = (css) => css.match(/[\d.]+/g).slice(0, 3).map(Number);
  const between = (from, to, share) => {
    const [a, b] = [channels(from), channels(to)];
    return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * share)).join(",")})`;
  };

  // ---- parts of options

  const pen = document.createElement("canvas").getContext("2d");
  /** The width of the widest of some texts. */
  const widest = (texts) => {
    pen.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
    return texts.reduce((width, text) => Math.max(width, pen.measureText(text).width), 0);
  };

  /** A tooltip of lines of text: the first is set off. It goes in as text, never as markup. */
  const tip = (...lines) => {
    const box = document.createElement("div");
    box.className = "tip";
    lines.filter((line) => line !== "" && line !== undefined).forEach((line, i) => {
      const part = document.createElement(i === 0 ? "b" : "span");
      part.textContent = line;
      box.append(part);
    });
    return box;
  };

  const base = (c, more) => ({
    animation: false,
    textStyle: { fontSize: FONT, color: c.ink, fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { trigger: "item", confine: true, backgroundColor: c.surface, borderColor: c.rule, borderWidth: 1, padding: [6, 10], textStyle: { color: c.ink, fontSize: FONT }, transitionDuration: 0 },
    ...more,
  });

  /** An option of an axis. `extent` is what the numbers on a logarithmic axis span. */
  const axis = (spec, c, extent, upright) => {
    const format = FORMATS[spec.format];
    const common = {
      name: spec.name,
      nameTextStyle: { color: c.muted, fontSize: FONT },
      axisLine: { show: !upright, lineStyle: { color: c.rule } },
      axisTick: { show: !upright, lineStyle: { color: c.rule } },
      splitLine: { show: upright, lineStyle: { color: c.grid } },
      axisLabel: { color: c.muted, fontSize: FONT, hideOverlap: true },
    };
    if (upright) {
      Object.assign(common, { nameLocation: "end", nameGap: 12, nameTextStyle: { ...common.nameTextStyle, align: "left", padding: [0, 0, 0, -4] } });
    } else {
      Object.assign(common, { nameLocation: "middle", nameGap: 30 });
    }
    if (spec.places && spec.places.length) {
      return { ...common, type: "category", data: spec.places, boundaryGap: false };
    }
    common.axisLabel.formatter = (value) => format.tick(value);
    if (spec.scale !== "log") {
      return { ...common, type: "value" };
    }
    const [least, most] = extent;
    const within = spec.format === "seconds" ? TIMES : powers(least, most);
    const named = within.filter((value) => value >= least * 0.999 && value <= most * 1.001);
    const marks = named.length > 1 ? { customValues: named } : {};
    return {
      ...common, type: "log", min: least, max: most,
      axisLabel: { ...common.axisLabel, ...marks }, axisTick: { ...common.axisTick, ...marks },
      splitLine: { ...common.splitLine, show: upright }, minorTick: { show: false },
    };
  };
  const powers = (least, most) => {
    const found = [];
    for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
      found.push(10 ** power);
    }
    return found;
  };
  const span = (values) => {
    const positive = values.filter((value) => value > 0);
    return [positive.reduce((a, b) => Math.min(a, b), Infinity), positive.reduce((a, b) => Math.max(a, b), -Infinity)];
  };

  // ---- kinds of plots: each gives a height and an option

  const heatmap = (spec, c, width, box) => {
    const values = spec.cells.flat().filter((value) => value !== null);
    const most = values.reduce((a, b) => Math.max(a, b), 0);
    const least = values.reduce((a, b) => Math.min(a, b), most);
    const scale = spec.log ? (value) => Math.log1p(value) / Math.log1p(most || 1) : (value) => (value - least) / (most - least || 1);
    const cells = spec.cells.flatMap((row, y) => row.map((value, x) => [x, y, value])).filter(([, , value]) => value !== null);
    const low = spec.log ? 0 : least;
    ramp(box, FORMATS.number.full(low), `${FORMATS.number.full(most)} ${spec.unit}`);
    const narrow = width < NARROW;
    const left = Math.min(widest(spec.rows) + 12, narrow ? width * 0.46 : 300);
    const tall = spec.columns.some((name) => name.length > 3);
    const bottom = tall ? Math.min(widest(spec.columns) + 12, 260) : 26;
    const row = spec.rows.length > 10 ? 19 : 30;
    const label = { color: c.muted, fontSize: spec.rows.length > 24 ? 11.5 : FONT };
    const option = base(c, {
      grid: { left, right: 2, top: 4, bottom, outerBoundsMode: "none" },
      xAxis: { type: "category", data: spec.columns, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...label, interval: tall ? 0 : narrow ? 5 : 2, rotate: tall ? 90 : 0, ...(tall ? { width: 250, overflow: "truncate" } : {}) } },
      yAxis: { type: "category", data: spec.rows, inverse: true, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...label, width: left - 8, overflow: "truncate", interval: 0 } },
      series: [{
        type: "custom", data: cells, clip: true,
        renderItem: (_, api) => {
          const [x, y] = api.coord([api.value(0), api.value(1)]);
          const [w, h] = api.size([1, 1]);
          const gap = w > 8 ? 1 : 0.25;
          return { type: "rect", shape: { x: x - w / 2 + gap, y: y - h / 2 + gap, width: w - 2 * gap, height: h - 2 * gap }, style: { fill: between(c.cell0, c.cell1, scale(api.value(2))) } };
        },
        tooltip: { formatter: ({ data: [x, y, value] }) => tip(`${FORMATS.number.full(value)} ${spec.unit}`, `${spec.rows[y]} · ${spec.columns[x]}`) },
      }],
    });
    return { height: spec.rows.length * row + bottom + 8, option };
  };

  /** Says under a grid of cells what its shades mean. */
  const ramp = (box, low, high) => {
    const holder = box.parentElement.querySelector(".ramp");
    if (holder && !holder.hasChildNodes()) {
      holder.append(low, document.createElement("i"), high);
    }
  };

  const lines = (spec, c, width) => {
    const points = spec.series.flatMap((series) => series.points);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [x, y] = [axis(spec.x, c, span(xs), false), axis(spec.y, c, span(ys), true)];
    const named = spec.x.places && spec.x.places.length ? (value) => spec.x.places[value] : FORMATS[spec.x.format].full;
    const series = spec.series.map((one, i) => {
      const paint = one.reference ? c.muted : c[`c${i % 6}`];
      const sparse = one.points.length <= 70;
      return {
        name: one.name, type: "line", data: one.points.map(([x, y]) => (spec.x.places && spec.x.places.length ? [spec.x.places[x], y] : [x, y])),
        symbol: SYMBOLS[i % 6], symbolSize: sparse ? 6 : 5, showSymbol: !one.reference && sparse, showAllSymbol: sparse,
        lineStyle: { color: paint, width: one.reference ? 1 : 2, type: one.reference ? [3, 4] : DASHES[i % 6] },
        itemStyle: { color: paint }, emphasis: { disabled: true }, triggerLineEvent: true,
        tooltip: { formatter: ({ dataIndex }) => {
          const [x, y] = one.points[dataIndex] || [];
          return x === undefined ? tip(one.name) : tip(`${FORMATS[spec.y.format].full(y)}`, `${spec.x.name}: ${named(x)}`, one.name);
        } },
      };
    });
    return { height: width < NARROW ? 290 : 340, option: base(c, { grid: { left: 4, right: 18, top: 34, bottom: 30, containLabel: false, outerBounds: { left: 2, right: 6, top: 4, bottom: 4 } }, xAxis: x, yAxis: y, series }) };
  };

  const bars = (spec, c, width) => {
    const format = FORMATS[spec.x.format];
    const names = spec.bars.map(([name]) => name);
    const left = Math.min(widest(names) + 14, width * 0.42);
    const option = base(c, {
      grid: { left, right: 70, top: 2, bottom: 4, outerBoundsMode: "none" },
      xAxis: { type: "value", show: false, min: 0 },
      yAxis: { type: "category", data: names, inverse: true, axisLine: { lineStyle: { color: c.rule } }, axisTick: { show: false }, axisLabel: { color: c.ink, fontSize: FONT, width: left - 10, overflow: "truncate", interval: 0 } },
      series: [{
        type: "bar", data: spec.bars.map(([, value]) => value), barWidth: "62%", itemStyle: { color: c.c0 }, emphasis: { disabled: true },
        label: { show: true, position: "right", color: c.ink, fontSize: FONT, formatter: ({ value }) => format.full(value) },
        tooltip: { formatter: ({ name, value }) => tip(format.full(value), name) },
      }],
    });
    return { height: spec.bars.length * 28 + 8, option };
  };

  /** As many columns of a flow as a screen has room for, from the left; nodes stand column by column. */
  const first = (spec, most) => {
    const nodes = spec.nodes.filter((node) => node.column < most);
    return { ...spec, nodes, links: spec.links.filter((link) => link.to < nodes.length) };
  };

  const flow = (whole, c, width) => {
    const narrow = width < NARROW;
    const spec = first(whole, narrow ? 3 : width < 760 ? 5 : 9);
    const last = spec.nodes.reduce((column, node) => Math.max(column, node.column), 0);
    // What goes on from a node, or ends there.
    const through = (i) => spec.links.reduce(([into, out], link) => [into + (link.to === i ? link.value : 0), out + (link.from === i ? link.value : 0)], [0, 0]);
    const sums = spec.nodes.map((_, i) => Math.max(...through(i)));
    const total = spec.nodes.reduce((sum, node, i) => sum + (node.column === 0 ? sums[i] : 0), 0);
    const share = (value) => FORMATS.percent.full(value / total);
    const halo = { textBorderColor: c.surface, textBorderWidth: 3 };
    const paint = (node) => ({ good: c.good, warn: c.c1, bad: c.bad }[node.tone] || (node.column === 0 ? c.c0 : c.c5));
    const rows = [...Array(last + 1).keys()].reduce((most, column) => Math.max(most, spec.nodes.filter((node) => node.column === column).length), 0);
    // The last column's names stand beside it; on a phone in two lines.
    const ends = spec.nodes.map((node, i) => [node, i]).filter(([node]) => node.column === last);
    const named = ([node, i], gap) => `${node.name}${gap}${share(sums[i])}`;
    const words = ends.flatMap((end) => (narrow ? named(end, " ").split(" ").concat(share(sums[end[1]])) : [named(end, "  ")]));
    const right = Math.min(widest(words) + 14, width * 0.4);
    const room = (width - right) / Math.max(last, 1) - 24;
    // Between many columns there is room for names alone; how many stands in the tip and the numbers.
    const crowded = last > 3;
    const fit = (column) => (column === last ? { width: right - 8, overflow: widest(words) <= right ? "break" : "truncate" } : { width: room, overflow: "truncate" });
    const option = base(c, {
      series: [{
        type: "sankey", left: 2, right, top: narrow ? 34 : 16, bottom: narrow ? 44 : 16, nodeWidth: narrow ? 8 : 12, nodeGap: narrow ? 42 : 18, draggable: false, layoutIterations: 0, emphasis: { focus: "adjacency", lineStyle: { opacity: 0.8 } }, blur: { itemStyle: { opacity: 0.5 }, lineStyle: { opacity: 0.1 } },
        // Names may repeat from column to column; ordinals do not.
        data: spec.nodes.map((node, i) => ({
          name: String(i), depth: node.column, itemStyle: { color: paint(node), borderWidth: 0 },
          label: { position: "right", color: c.ink, fontSize: FONT, lineHeight: 15, ...halo, formatter: () => (crowded && node.column !== last ? node.name : named([node, i], narrow ? "\n" : "  ")), ...fit(node.column) },
        })),
        links: spec.links.map((link) => {
          const good = spec.nodes[link.to].tone === "good";
          return { source: String(link.from), target: String(link.to), value: link.value, lineStyle: { color: good ? c.good : c.stream, opacity: good ? 0.55 : 0.38, curveness: 0.5 } };
        }),
        tooltip: { formatter: ({ dataType, data, dataIndex }) => {
          if (dataType === "node") {
            return tip(`${grouped.format(sums[dataIndex])} ${spec.unit}, ${share(sums[dataIndex])}`, spec.nodes[dataIndex].name);
          }
          const [from, to] = [spec.nodes[data.source], spec.nodes[data.target]];
          return tip(`${grouped.format(data.value)} ${spec.unit}, ${share(data.value)}`, `${from.name} → ${to.name}`);
        } },
      }],
    });
    return { height: Math.max(rows * (narrow ? 70 : 44) + (narrow ? 78 : 30), narrow ? 348 : 300), option };
  };

  const intervals = (spec, c, width) => {
    const format = FORMATS[spec.x.format];
    const narrow = width < NARROW;
    const ends = spec.rows.flatMap((row) => [row.low, row.high, row.observed, ...(row.set_point === null ? [] : [row.set_point])]);
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    // The axis ends at a round number beyond the last whisker, rates at the latest at one.
    const unit = 10 ** Math.floor(Math.log10(most || 1));
    const beyond = Math.ceil((most / unit) * 2) * (unit / 2);
    const max = spec.x.format === "percent" && most > 0.5 ? 1 : beyond;
    const left = narrow ? 16 : Math.min(widest(spec.rows.map((row) => row.name)) + 18, width * 0.45);
    const right = 74;
    const step = narrow ? 48 : 30;
    const option = base(c, {
      grid: { left, right, top: 4, bottom: 50, outerBoundsMode: "none" },
      xAxis: { ...axis(spec.x, c, [least, most], false), min: 0, max, splitLine: { show: true, lineStyle: { color: c.grid } } },
      yAxis: { type: "category", data: spec.rows.map((row) => row.name), inverse: true, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { show: !narrow, color: c.ink, fontSize: FONT, width: left - 14, overflow: "truncate", interval: 0 } },
      series: [{
        type: "custom", data: spec.rows.map((row, i) => [row.observed, i]), encode: { x: 0, y: 1 },
        renderItem: (_, api) => {
          const row = spec.rows[api.value(1)];
          const at = (value) => api.coord([value, api.value(1)]);
          const [x, y0] = at(row.observed);
          const y = narrow ? y0 + 9 : y0;
          const paint = { bad: c.bad, warn: c.warn }[row.tone] || c.c0;
          const stroke = { stroke: paint, lineWidth: 2 };
          const line = (x1, y1, x2, y2, style) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { ...stroke, ...style } });
          const [low, high] = [at(row.low)[0], at(row.high)[0]];
          const parts = [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)];
          if (row.set_point !== null) {
            const [set] = at(row.set_point);
            parts.push(line(set, y - 9, set, y + 9, { stroke: c.ink, lineWidth: 2 }));
          }
          parts.push({ type: "circle", shape: { cx: x, cy: y, r: 4.5 }, style: { fill: paint, stroke: c.surface, lineWidth: 1 } });
          const text = (words, x, y, align, fill) => ({ type: "text", style: { text: words, x, y, fill, font: `${FONT}px sans-serif`, textAlign: align, textVerticalAlign: "middle", width: width - 12, overflow: "truncate" } });
          const sign = row.tone === "bad" ? "✗ " : "";
          parts.push(text(sign + format.full(row.observed), width - 2, y, "right", row.tone === "bad" ? c.bad : c.ink));
          if (narrow) {
            parts.push(text(row.name, 2, y - 19, "left", c.ink));
          }
          return { type: "group", children: parts };
        },
        tooltip: { formatter: ({ dataIndex }) => {
          const row = spec.rows[dataIndex];
          const set = row.set_point === null ? "" : `set to ${format.full(row.set_point)}`;
          return tip(format.full(row.observed), row.name, `${format.full(row.low)} to ${format.full(row.high)}, of ${grouped.format(row.of)}`, set);
        } },
      }],
    });
    return { height: spec.rows.length * step + 58, option };
  };

  const lanes = (spec, c, width) => {
    const most = spec.lanes.reduce((length, lane) => Math.max(length, lane.seconds), 1);
    const steps = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600];
    const wanted = width < NARROW ? 4 : 8;
    const step = steps.find((size) => most / size <= wanted) || 7200;
    const clock = (value) => `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")}`;
    const frame = {
      name: "lane", type: "custom", silent: true, data: spec.lanes.map((lane, i) => [lane.seconds, i]), encode: { x: 0, y: 1 }, tooltip: { show: false },
      renderItem: (_, api) => {
        const lane = spec.lanes[api.value(1)];
        const [x0, y] = api.coord([0, api.value(1)]);
        const [x1] = api.coord([lane.seconds, api.value(1)]);
        const room = width - (width < NARROW ? 8 : widest([lane.when]) + 24);
        const text = (words, x, fill, align, weight) => ({ type: "text", style: { text: words, x, y: y - 19, width: room, overflow: "truncate", fill, font: `${weight} ${FONT}px sans-serif`, textAlign: align, textVerticalAlign: "middle" } });
        const beside = width < NARROW ? [] : [{ type: "text", style: { text: lane.when, x: width - 2, y: y - 19, fill: c.muted, font: `${FONT}px sans-serif`, textAlign: "right", textVerticalAlign: "middle" } }];
        return { type: "group", children: [
          { type: "line", shape: { x1: x0, y1: y + 8, x2: Math.max(x1, x0 + 1), y2: y + 8 }, style: { stroke: c.rule, lineWidth: 6, lineCap: "round" } },
          text(lane.name, 2, c.ink, "left", "600"), ...beside,
        ] };
      },
    };
    const marks = SORTS.map((sort, i) => ({
      name: sort, type: "scatter", symbol: SYMBOLS[i], symbolSize: sort === "look" ? 8 : 11, symbolOffset: [0, 8], z: sort === "look" ? 3 : 4,
      itemStyle: { color: c[`c${i}`], borderColor: c.surface, borderWidth: 1 }, emphasis: { disabled: true },
      data: spec.lanes.flatMap((lane, y) => lane.marks.filter((mark) => mark.sort === sort).map((mark) => ({ value: [mark.at, y], mark, lane }))),
      tooltip: { formatter: ({ data: { mark, lane } }) => tip(mark.event, mark.about, `${clock(mark.at)} into visit ${lane.name}`, lane.when) },
    }));
    const option = base(c, {
      grid: { left: 22, right: 22, top: 12, bottom: 46, outerBoundsMode: "none" },
      xAxis: { type: "value", min: 0, max: Math.ceil(most / step) * step, interval: step, name: "minutes since the visit began", nameLocation: "middle", nameGap: 28, nameTextStyle: { color: c.muted, fontSize: FONT }, axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: c.grid } }, axisLabel: { color: c.muted, fontSize: FONT, formatter: clock } },
      yAxis: { type: "category", data: spec.lanes.map((_, i) => String(i)), inverse: true, show: false },
      series: [frame, ...marks],
    });
    return { height: spec.lanes.length * 58 + 60, option };
  };

  const KINDS = { heatmap, lines, bars, flow, intervals, lanes };

  // ---- drawing, again whenever width or light changes

  const boxes = [...document.querySelectorAll(".plot")].map((box) => ({ box, chart: null, width: 0 }));
  const draw = (entry, c) => {
    const { box } = entry;
    const width = box.clientWidth;
    if (width === 0) {
      return;
    }
    const spec = plots[box.id.replace(/^plot-/, "")];
    const { height, option } = KINDS[spec.plot](spec, c, width, box);
    box.style.height = `${height}px`;
    if (entry.chart) {
      entry.chart.resize({ width, height });
    } else {
      entry.chart = echarts.init(box, null, { renderer: "svg", width, height });
    }
    entry.width = width;
    entry.chart.setOption(option, { notMerge: true });
  };
  const drawAll = () => {
    const c = palette();
    boxes.forEach((entry) => draw(entry, c));
  };
  drawAll();
  let due = false;
  new ResizeObserver(() => {
    if (due) {
      return;
    }
    due = true;
    requestAnimationFrame(() => {
      due = false;
      const c = palette();
      boxes.filter((entry) => entry.box.clientWidth !== entry.width).forEach((entry) => draw(entry, c));
    });
  }).observe(document.querySelector(".column"));

  // ---- light and dark

  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const relight = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to ${isDark() ? "light" : "dark"} colours`);
    drawAll();
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    relight();
  });
  system.addEventListener("change", relight);
  relight();
  let before;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    relight();
  });
  addEventListener("afterprint", () => {
    if (before === undefined) {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = before;
    }
    relight();
  });

  // ---- contents: open where there is room beside the text

  const contents = document.getElementById("contents");
  contents.open = matchMedia("(min-width: 72rem)").matches;

  // ---- the filter of the checks

  const filter = document.querySelector(".filter");
  if (filter) {
    const [words, outcome] = [filter.querySelector("input"), filter.querySelector("select")];
    const told = filter.querySelector("output");
    const verdicts = [...document.querySelectorAll(".verdict")];
    const sift = () => {
      const wanted = words.value.trim().toLowerCase();
      verdicts.forEach((verdict) => {
        const fits = outcome.value === "" || verdict.dataset.outcome === outcome.value;
        verdict.hidden = !(fits && verdict.textContent.toLowerCase().includes(wanted));
      });
      document.querySelectorAll(".family").forEach((family) => {
        family.hidden = !family.querySelector(".verdict:not([hidden])");
      });
      told.textContent = `${verdicts.filter((verdict) => !verdict.hidden).length} of ${verdicts.length} shown`;
    };
    filter.hidden = false;
    filter.addEventListener("input", sift);
    sift();
  }
})();
