// What the labs' figures show, held against what Python has pushed, in every animation frame: for tests.
// `liveFigures.figures` is what the page has received; here the SVG is read back and compared with it. An expression
// whose value is an object with `faults`: each one a figure that showed something else than was pushed, three frames later.
(() => {
  const TOLERANCE = 2.5; // pixels: plotly leaves out points that are about so near to the line without them
  const LATE = 50; // ms: three frames
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
      // plotly fits a pair to its panel more than once while margins settle: some percent, which do not add up
      if (Math.min(...slack) > 1.06) found.push(`${name} and ${partner} both show more than they should: ${slack}`);
    }
    return found;
  }

  function textFaults(gd, view, layout) {
    return (layout.annotations ?? []).flatMap(({ text, visible, xref = "x", yref = "y" }, i) => {
      const zoomed = [xref, yref].some((ref) => view.zoomed.has(ref.replace(/^[xy]/, "$&axis")));
      const element = gd.querySelector(`.annotation[data-index="${i}"]`);
      const plain = (text ?? "").replace(/<[^>]*>/g, "").replace(/\s+/g, "");
      const words = element?.querySelector("text");
      const drawn = (words?.textContent ?? "").replace(/[\s\u200b]+/g, "");
      // where the user has zoomed its point away it is not drawn
      return visible === false || plain === drawn || (zoomed && !words) ? [] : [`annotation ${i} says ${drawn}, not ${plain}`];
    });
  }

  function faultsOf(figure, view) {
    const gd = view.gd;
    const found = [...rangeFaults(gd, view, figure.layout), ...textFaults(gd, view, figure.layout)];
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

  // What Python has, as JSON, against what the page has received: {key: {serial, pending, layout, data}}.
  function differences(python) {
    const found = [];
    for (const [key, state] of Object.entries(python)) {
      const figure = liveFigures.figures[key];
      if (figure.serial !== state.serial) found.push(`the page is at ${figure.serial}, Python at ${state.serial}`);
      if (figure.pending.join() !== state.pending.join()) found.push(`pending: ${figure.pending}, not ${state.pending}`);
      state.data.forEach((parts, i) => {
        for (const [part, values] of Object.entries(parts)) {
          const [have, want] = [numbers([...(figure.data[i][part] ?? [])].flatMap((v) => (v?.length ? [...v] : v))), numbers(values)];
          const off = want.findIndex((v, j) => !near(v, have[j]) && (Number.isFinite(v) || Number.isFinite(have[j])));
          if (have.length !== want.length || off >= 0) found.push(`${figure.data[i].name} ${part}[${off}] is ${have[off]}, not ${want[off]}`);
        }
      });
    }
    return found;
  }

  // The colours of a whole heat map on the screen, cell by cell; its numbers are on a fixed scale.
  async function mapColourFault(gd, i, z) {
    const [full, image] = [gd._fullData[i], [...gd.querySelectorAll(".heatmaplayer > .hm")].find((e) => e.__data__[0].trace.index === i)?.querySelector("image")];
    const scale = full.colorscale.map(([at, colour]) => [at, channels(colour)]);
    if (!image || scale.some(([, [, , , alpha]]) => alpha < 255)) return "";
    const [xaxis, yaxis] = [axisOf(gd, full.xaxis), axisOf(gd, full.yaxis)];
    const picture = new Image();
    picture.src = image.href.baseVal;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const place = (v, axis, side, size, natural) => Math.floor(((axis._b + axis._m * v - Number(image.getAttribute(side))) / Number(image.getAttribute(size))) * natural);
    for (let row = 0; row < z.length; row++)
      for (let column = 0; column < z[row].length; column++) {
        const [x, y] = [place(column, xaxis, "x", "width", picture.naturalWidth), place(row, yaxis, "y", "height", picture.naturalHeight)];
        if (x < 0 || y < 0 || x >= picture.naturalWidth || y >= picture.naturalHeight) continue; // zoomed
        const drawn = [...canvas.getImageData(x, y, 1, 1).data];
        const value = z[row][column];
        const wanted = Number.isFinite(value) ? shade(scale, (value - full.zmin) / (full.zmax - full.zmin)) : [0, 0, 0, 0];
        const off = wanted[3] ? Math.max(...wanted.map((c, k) => Math.abs(c - drawn[k]))) : drawn[3];
        if (off > 6) return `${full.name}: cell ${row}, ${column} is ${drawn}, not ${wanted.map(Math.round)} for ${value}`;
      }
    return "";
  }
  function channels(colour) {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  }
  function shade(scale, at) {
    const share = Math.max(0, Math.min(1, at));
    const i = Math.max(1, scale.findIndex(([end]) => end >= share));
    const [[a, from], [b, to]] = [scale[i - 1], scale[i]];
    return from.map((c, k) => c + ((to[k] - c) * (share - a)) / (b - a));
  }
  async function colourFaults() {
    const found = [];
    for (const figure of Object.values(liveFigures.figures))
      for (const { gd } of figure.views)
        if (gd?._fullData && gd.offsetParent)
          for (const [i, trace] of figure.data.entries())
            if (gd._fullData[i]?.type === "heatmap") found.push(await mapColourFault(gd, i, Array.from(trace.z, numbers)));
    return found.filter(Boolean);
  }

  const watch = { faults: [], frames: 0, compared: 0, faultsOf, differences, colourFaults };
  const before = new Map(); // view: what was wrong with it one frame ago, and at which serial
  function look() {
    watch.frames += 1;
    for (const figure of Object.values(globalThis.liveFigures?.figures ?? {}))
      for (const view of figure.held ? [] : figure.views) {
        const { gd } = view;
        if (!gd?._fullLayout || !gd.isConnected || !gd.offsetParent || gd._dragging || !gd.querySelector(".cartesianlayer .subplot")) continue;
        const now = `${figure.serial} ${gd.clientWidth} ${[...gd.querySelectorAll("path.js-line, path.point")].map((p) => p.getAttribute("d") + p.getAttribute("transform")).join()}`;
        const last = before.get(view);
        if (last?.now === now && !last.found.length) continue;
        watch.compared += 1;
        const found = faultsOf(figure, view);
        const still = last?.serial === figure.serial ? found.filter((fault) => last.found.includes(fault)) : [];
        const since = last?.serial === figure.serial ? last.since : performance.now();
        const frames = last?.serial === figure.serial ? last.frames + 1 : 0;
        const how = `(serial ${figure.serial}, ${Math.round(performance.now() - since)} ms and ${frames} frames after; ${view.stale.size} waiting, next ${view.request}, width ${gd.layout.width} of ${gd.clientWidth})`;
        // One look may come between a push and its frame, and on a busy page several in a bunch.
        if (frames >= 2 && performance.now() - since > LATE)
          for (const fault of still) if (watch.faults.length < 50) watch.faults.push(`${fault} ${how}`);
        before.set(view, { now, found, serial: figure.serial, since, frames });
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
