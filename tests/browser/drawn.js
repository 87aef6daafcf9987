// What the labs' figures show, held against what Python has pushed, in every animation frame: for tests.
// `liveFigures.figures` is what the page has received; here the SVG is read back and compared with it. An expression
// whose value is an object with `faults`: each one a figure that for two frames showed something else, unmarked.
(() => {
  const TOLERANCE = 1.5; // pixels: a line's points are rounded to a tenth, plotly leaves out what is within one
  const FAR = 4000; // pixels: lines are cut off far outside of their panel

  const near = (a, b, least = 1e-5) => Math.abs(a - b) <= least * Math.max(1, Math.abs(a), Math.abs(b));
  const axisOf = (gd, name = "x") => gd._fullLayout[name[0] + "axis" + name.slice(1)];
  const numbers = (values) => Array.from(values ?? [], (value) => (value === null ? NaN : Number(value)));

  function toPixels(axis) {
    const along = axis.type === "log" ? (v) => (v > 0 ? Math.log10(v) : NaN) : (v) => v;
    return (v) => axis._b + axis._m * along(v);
  }
  const cut = (v) => Math.max(-FAR, Math.min(FAR, v));

  // Stretches without a gap, as lists of points.
  function stretches(points) {
    const found = [[]];
    for (const point of points)
      if (Number.isNaN(point[0] + point[1])) found.push([]);
      else found.at(-1).push(point);
    return found.filter((part) => part.length);
  }
  function pathStretches(d) {
    return d.split("M").filter(Boolean).map((part) => part.split(/[LZ]/).filter(Boolean).map((p) => p.split(",").map(Number)));
  }
  function distance([x, y], parts) {
    let least = Infinity;
    for (const part of parts)
      for (let i = 0; i < part.length; i++) {
        const [a, b] = [part[Math.max(0, i - 1)], part[i]];
        const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        const t = Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1)));
        const away = Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
        if (away < least) least = away;
      }
    return least;
  }
  // Points of one line that are farther than the tolerance from the other, in the panel.
  function astray(some, others, width, height) {
    for (const point of some.flat()) {
      const inside = point[0] >= 0 && point[0] <= width && point[1] >= 0 && point[1] <= height;
      const away = inside ? distance(point, others) : 0;
      if (away > TOLERANCE) return `${away.toFixed(1)} px at ${point.map((v) => v.toFixed(1))}`;
    }
    return "";
  }

  function lineFault(gd, full, trace, element) {
    const [xaxis, yaxis] = [axisOf(gd, full.xaxis), axisOf(gd, full.yaxis)];
    const [toX, toY] = [toPixels(xaxis), toPixels(yaxis)];
    const [xs, ys] = [numbers(trace.x), numbers(trace.y)];
    const wanted = stretches(xs.map((x, i) => [cut(toX(x)), cut(toY(ys[i]))]));
    if (full.mode === "markers") {
      const points = [...(element?.querySelectorAll("path.point") ?? [])];
      const drawn = points.map((mark) => mark.getAttribute("transform").match(/-?[\d.e+-]+/g).map(Number));
      if (drawn.length !== wanted.flat().length) return `${drawn.length} markers for ${wanted.flat().length}`;
      const off = wanted.flat().findIndex((point, i) => Math.hypot(point[0] - cut(drawn[i][0]), point[1] - cut(drawn[i][1])) > TOLERANCE);
      return off < 0 ? "" : `marker ${off} is at ${drawn[off]}, not at ${wanted.flat()[off]}`;
    }
    if (full.mode === "text") {
      const words = [...(element?.querySelectorAll("text") ?? [])].map((text) => text.textContent);
      const wantedWords = Array.from(trace.text ?? []).filter((_, i) => !Number.isNaN(toX(xs[i]) + toY(ys[i])));
      return words.join("|") === wantedWords.join("|").replace(/<[^>]*>/g, "") ? "" : `says ${words}, not ${wantedWords}`;
    }
    const paths = [...(element?.querySelectorAll("path.js-line") ?? [])].map((path) => path.getAttribute("d") ?? "");
    const drawn = paths.flatMap(pathStretches).filter((part) => part.length > 1 || wanted.length);
    const long = wanted.filter((part) => part.length > 1);
    if (!long.length) return drawn.some((part) => part.length > 1) ? "a line is drawn, and there is none" : "";
    const missing = astray(long, drawn, xaxis._length, yaxis._length);
    if (missing) return `not drawn: ${missing}`;
    const more = astray(drawn.filter((part) => part.length > 1), wanted, xaxis._length, yaxis._length);
    return more ? `drawn, and there is none: ${more}` : "";
  }

  function mapFault(full, trace, shown) {
    const z = Array.from(trace.z ?? [], numbers);
    const known = Array.from(shown.z ?? [], numbers);
    const off = z.length !== known.length || z.some((row, i) => row.some((v, j) => !(near(v, known[i][j]) || (Number.isNaN(v) && !Number.isFinite(known[i][j])))));
    return off ? "other numbers than those of the map" : "";
  }

  function rangeFaults(gd, view, layout) {
    const found = [];
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      const [wanted, axis] = [layout[name].range, gd._fullLayout[name]];
      if (!wanted || view.zoomed?.has(name) || !axis) continue;
      const span = Math.abs(wanted[1] - wanted[0]);
      const tied = Object.keys(layout).some((key) => layout[key]?.scaleanchor === name.replace("axis", "")) || layout[name].scaleanchor;
      const off = axis.range.some((end, i) => Math.abs(end - wanted[i]) > 1e-4 * span);
      if (!tied && off) found.push(`${name} shows ${axis.range}, not ${wanted}`);
      // both axes of a pair have one scale: one shows its range, the other more, around the same middle
      const middle = Math.abs(axis.range[0] + axis.range[1] - wanted[0] - wanted[1]) > 1e-3 * span;
      const less = Math.abs(axis.range[1] - axis.range[0]) < span * (1 - 1e-3);
      if (tied && (middle || less)) found.push(`${name} shows ${axis.range}, not around ${wanted}`);
    }
    for (const name of Object.keys(layout).filter((key) => layout[key]?.scaleanchor)) {
      const partner = layout[name].scaleanchor.replace(/^([xy])/, "$1axis");
      if (view.zoomed?.has(name) || view.zoomed?.has(partner) || !layout[name].range) continue;
      const slack = [name, partner].map((key) => Math.abs((gd._fullLayout[key].range[1] - gd._fullLayout[key].range[0]) / (layout[key].range[1] - layout[key].range[0])));
      if (Math.min(...slack) > 1.01) found.push(`${name} and ${partner} both show more than they should: ${slack}`);
    }
    return found;
  }

  function textFaults(gd, layout) {
    return (layout.annotations ?? []).flatMap(({ text, visible }, i) => {
      const element = gd.querySelector(`.annotation[data-index="${i}"]`);
      const plain = (text ?? "").replace(/<[^>]*>/g, "").replace(/\s+/g, "");
      const drawn = (element?.querySelector("text")?.textContent ?? "").replace(/\s+/g, "");
      return visible === false || plain === drawn ? [] : [`annotation ${i} says ${drawn}, not ${plain}`];
    });
  }

  function faultsOf(figure, view) {
    const gd = view.gd;
    const found = [...rangeFaults(gd, view, figure.layout), ...textFaults(gd, figure.layout)];
    const elements = new Map([...gd.querySelectorAll(".scatterlayer > .trace, .heatmaplayer > .hm")].map((element) => [element.__data__[0].trace.index, element]));
    figure.data.forEach((trace, i) => {
      const full = gd._fullData[i];
      if (!full || full.visible !== true) return;
      const element = elements.get(i);
      const fault = full.type === "scatter" ? lineFault(gd, full, trace, element) : full.type === "heatmap" ? mapFault(full, trace, gd.data[i]) : "";
      if (fault) found.push(`${trace.name ?? i}: ${fault}`);
    });
    return found;
  }

  const watch = { faults: [], frames: 0, compared: 0, faultsOf };
  const before = new Map(); // view: what was wrong with it one frame ago, and at which serial
  function look() {
    watch.frames += 1;
    for (const figure of Object.values(globalThis.liveFigures?.figures ?? {}))
      for (const view of figure.views) {
        const { gd } = view;
        if (!gd?._fullLayout || !gd.isConnected || !gd.offsetParent || gd._dragging || !gd.querySelector(".cartesianlayer .subplot")) continue;
        const now = `${figure.serial} ${gd.clientWidth} ${[...gd.querySelectorAll("path.js-line, path.point")].map((p) => p.getAttribute("d") + p.getAttribute("transform")).join()}`;
        const last = before.get(view);
        if (last?.now === now && !last.found.length) continue;
        watch.compared += 1;
        const found = faultsOf(figure, view);
        const still = last?.serial === figure.serial ? found.filter((fault) => last.found.includes(fault)) : [];
        for (const fault of still)
          if (!watch.faults.includes(fault) && watch.faults.length < 50) watch.faults.push(fault);
        before.set(view, { now, found, serial: figure.serial });
      }
  }
  const loop = () => {
    const channel = new MessageChannel(); // after the painting of this frame, whatever asked for it
    channel.port1.onmessage = look;
    channel.port2.postMessage(0);
    requestAnimationFrame(loop);
  };
  requestAnimationFrame(loop);
  return (globalThis.watchDrawn = watch);
})()
