// Draws new numbers without plotly: lines, markers, heat maps and titles, straight into the SVG that plotly has made.
// Plotly.update costs 150 ms for five panels, this costs one or two. It is only for what plotly would draw alike:
// numbers change, and nothing else does. One module with live.js, which Python puts behind it.
//
// What is used here belongs to plotly.js itself, not to its documented interface; tested with plotly.js 4.1 (plotly 7.1):
//   gd._fullData, gd._fullLayout   traces, axes and annotations with all defaults filled in
//   axis._m, axis._b               pixel = _m * value + _b (of the logarithm on a log axis)
//   gd._dragging                   true while the reader drags over the graph
//   __data__[0].trace.index        d3's datum of a trace's element: which trace it draws
//   .scatterlayer > .trace, .heatmaplayer > .hm, path.js-line, path.point, .annotation text, a heat map's <image>
// All of them stand in this file alone. When one goes, `drawFast` returns false, or fails and returns false: plotly then
// draws every frame itself, right and slower. The browser tests of LiveFigure hold both ways to the same picture.

const FAR = 5000; // pixels beyond the panel: what is farther away is drawn there
const SHADES = 256; // of a colour scale

// Whether the reader is dragging over the graph: it must not be redrawn under the hand.
const isDragged = (gd) => Boolean(gd._dragging);

// A function from data to pixels in the panel, by plotly's own coefficients; null for an axis that is not known here.
function pixelsOf({ type, _m, _b }) {
  if ((type !== "log" && type !== "linear") || !Number.isFinite(_m + _b)) return null;
  const along = type === "log" ? (value) => (value > 0 ? Math.log10(value) : NaN) : (value) => value ?? NaN;
  return (value) => Math.max(-FAR, Math.min(FAR, _b + _m * along(value)));
}

// The `d` of an SVG path through the points; NaN is a gap, and points closer than half a pixel are left out.
function linePath(xs, ys) {
  let [path, command, lastX, lastY] = ["", "M", NaN, NaN];
  for (let i = 0; i < ys.length; i++) {
    const [x, y] = [xs[i], ys[i]];
    if (Number.isNaN(x + y)) {
      command = "M";
    } else if (command === "M" || Math.abs(x - lastX) + Math.abs(y - lastY) > 0.4) {
      path += `${command}${x.toFixed(1)},${y.toFixed(1)}`;
      [command, lastX, lastY] = ["L", x, y];
    }
  }
  return path;
}

// Each of the following returns a function that shows the new numbers of one trace, or null where plotly has to draw.
// Nothing is drawn before all of them are there: a frame is drawn here whole, or by plotly.

// New {x, y} of a line or of markers.
function lineStep(gd, drawn, trace, { x, y }) {
  const full = gd._fullData[trace];
  if (full?.type !== "scatter" || full.visible !== true || (full.fill ?? "none") !== "none") return null;
  if (x?.length !== y?.length || (full.line?.shape ?? "linear") !== "linear") return null;
  const axis = (name) => pixelsOf(gd._fullLayout[name[0] + "axis" + name.slice(1)]);
  const [toX, toY, element] = [axis(full.xaxis), axis(full.yaxis), drawn.get(trace)];
  if (!toX || !toY) return null;
  const [xs, ys] = [Array.from(x, toX), Array.from(y, toY)];
  const points = xs.filter((value, i) => !Number.isNaN(value + ys[i])).length;
  if (full.mode === "lines") {
    // plotly draws a path for each stretch without a gap; the first one takes all, the others are emptied
    const [first, ...others] = element?.querySelectorAll("path.js-line") ?? [];
    if (!first) return points ? null : () => {};
    return () => {
      first.setAttribute("d", linePath(xs, ys) || "M0,0");
      for (const other of others) other.setAttribute("d", "M0,0");
    };
  }
  const markers = element?.querySelectorAll("path.point") ?? [];
  if (full.mode !== "markers" || points !== xs.length || points !== markers.length) return null;
  return () => markers.forEach((mark, i) => mark.setAttribute("transform", `translate(${xs[i]},${ys[i]})`));
}

// New words of a title: annotations[i].text without markup, flush left.
function titleStep(gd, path, text) {
  const i = path.match(/^annotations\[(\d+)\]\.text$/)?.[1];
  const full = gd._fullLayout.annotations?.[i];
  const element = gd.querySelector(`.annotation[data-index="${i}"] text`);
  if (!element || full.xanchor !== "left" || full.showarrow || /[<&]/.test(text)) return null;
  return () => {
    element.textContent = text;
    gd.layout.annotations[i].text = text;
  };
}

// The colours of a scale, as the browser interpolates them, as 32-bit pixels.
function palette(scale) {
  const context = new OffscreenCanvas(SHADES, 1).getContext("2d");
  context.fillStyle = context.createLinearGradient(0, 0, SHADES, 0);
  for (const [at, colour] of scale) context.fillStyle.addColorStop(at, colour);
  context.fillRect(0, 0, SHADES, 1);
  return new Uint32Array(context.getImageData(0, 0, SHADES, 1).data.buffer);
}

// New {z} of a heat map on a fixed colour scale: one pixel for each cell, in the place of plotly's image.
function mapStep(gd, drawn, trace, { z }) {
  const full = gd._fullData[trace];
  const image = drawn.get(trace)?.querySelector("image");
  const [rows, columns] = [z?.length, z?.[0]?.length];
  if (full?.type !== "heatmap" || full.zsmooth || full.zauto || !image || full.z?.length !== rows) return null;
  const [x, y] = ["xaxis", "yaxis"].map((name) => gd._fullLayout[name + full[name].slice(1)]);
  const isWhole = (axis, cells, side) => Math.abs(Math.abs(axis._m) * cells - image.getAttribute(side)) < 2;
  if (!isWhole(x, columns, "width") || !isWhole(y, rows, "height")) return null; // zoomed: plotly draws a part
  return () => {
    const shades = palette(full.colorscale);
    const pixels = new ImageData(columns, rows);
    const colours = new Uint32Array(pixels.data.buffer);
    const scale = (SHADES - 1) / (full.zmax - full.zmin);
    for (let i = 0; i < rows; i++) {
      const row = (y._m > 0 ? i : rows - 1 - i) * columns; // _m > 0: the pixels run as the numbers do
      for (let j = 0; j < columns; j++) {
        const shade = Math.max(0, Math.min(SHADES - 1, Math.round((z[i][j] - full.zmin) * scale)));
        if (!Number.isNaN(shade)) colours[row + (x._m > 0 ? j : columns - 1 - j)] = shades[shade];
      }
    }
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    // the attribute that plotly writes: a plain href would hide what plotly draws the next time
    image.setAttributeNS("http://www.w3.org/1999/xlink", "xlink:href", canvas.toDataURL());
    image.style.imageRendering = "pixelated";
  };
}

// The elements of traces, by the traces' numbers.
function elementsOf(gd) {
  const elements = gd.querySelectorAll(".scatterlayer > .trace, .heatmaplayer > .hm");
  return new Map(Array.from(elements, (element) => [element.__data__?.[0]?.trace.index, element]));
}

// Fades traces (by number) and annotations (by path), and nothing else: they show an earlier state. Without plotly's
// names nothing is faded.
function fade(gd, pending) {
  const traces = elementsOf(gd);
  const annotation = (path) => gd.querySelector(`.annotation[data-index="${path.match(/\d+/)?.[0]}"]`);
  const faded = new Set(pending.map((part) => (typeof part === "string" ? annotation(part) : traces.get(part))));
  for (const element of gd.querySelectorAll("[data-pending]"))
    if (!faded.has(element)) element.removeAttribute("data-pending");
  for (const element of faded) element?.setAttribute("data-pending", "");
}

// Shows {trace: {x, y} or {z}} and the layout's {path: value}, all of it or nothing. False: plotly has to draw.
function drawFast(gd, numbers, layout) {
  try {
    const drawn = elementsOf(gd);
    const present = ({ x, y, z }) => (z ? { z } : { x, y });
    const changes = Object.entries(numbers).map(([trace, now]) => [
      Number(trace),
      { ...present(gd.data[trace]), ...now },
    ]);
    const steps = [
      ...Object.entries(layout).map(([path, value]) => titleStep(gd, path, value)),
      ...changes.map(([trace, now]) => ("z" in now ? mapStep : lineStep)(gd, drawn, trace, now)),
    ];
    if (steps.includes(null)) return false;
    steps.forEach((step) => step());
    changes.forEach(([trace, now]) => Object.assign(gd.data[trace], now));
    return true;
  } catch {
    return false; // a private name of plotly's is not what it was
  }
}
