// The short way past plotly: new numbers of lines, markers and heat maps, and words of titles, straight into the SVG
// that plotly has drawn. Plotly.update costs 150 ms a frame for five panels, this one or two. It is for what plotly
// would draw alike: numbers change, and nothing else. One module with live.js, which Python puts behind it.
const FAR = 5000; // pixels beyond the panel: what is farther away is drawn there

// From data to pixels in the panel: plotly's own coefficients.
function pixels({ type, _m, _b }) {
  if (type !== "log" && type !== "linear") return null;
  const along = type === "log" ? (value) => (value > 0 ? Math.log10(value) : NaN) : (value) => value ?? NaN;
  return (value) => Math.max(-FAR, Math.min(FAR, _b + _m * along(value)));
}

function linePath(xs, ys) {
  let [path, command, lastX, lastY] = ["", "M", NaN, NaN];
  for (let i = 0; i < ys.length; i++) {
    const [x, y] = [xs[i], ys[i]];
    if (Number.isNaN(x + y)) command = "M"; // a gap
    else if (command === "M" || Math.abs(x - lastX) + Math.abs(y - lastY) > 0.4) {
      path += `${command}${x.toFixed(1)},${y.toFixed(1)}`;
      [command, lastX, lastY] = ["L", x, y];
    }
  }
  return path;
}

// What to do to show {x, y} in a trace as plotly drew it: a function, or null where plotly has to draw.
function shortLine(gd, drawn, trace, { x, y }) {
  const full = gd._fullData[trace];
  if (full?.type !== "scatter" || full.visible !== true || (full.fill ?? "none") !== "none") return null;
  if (x?.length !== y?.length || (full.line?.shape ?? "linear") !== "linear") return null;
  const axis = (name) => pixels(gd._fullLayout[name[0] + "axis" + name.slice(1)]);
  const [toX, toY, element] = [axis(full.xaxis), axis(full.yaxis), drawn.get(trace)];
  if (!toX || !toY) return null;
  const [xs, ys] = [Array.from(x, toX), Array.from(y, toY)];
  const points = xs.filter((value, i) => !Number.isNaN(value + ys[i])).length;
  if (full.mode === "lines") {
    const [first, ...others] = element?.querySelectorAll("path.js-line") ?? []; // one for each stretch without a gap
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

// The same for a title: annotations[i].text without markup, flush left.
function shortText(gd, path, text) {
  const i = path.match(/^annotations\[(\d+)\]\.text$/)?.[1];
  const full = gd._fullLayout.annotations?.[i];
  const element = gd.querySelector(`.annotation[data-index="${i}"] text`);
  if (!element || full.xanchor !== "left" || full.showarrow || /[<&]/.test(text)) return null;
  return () => {
    element.textContent = text;
    gd.layout.annotations[i].text = text;
  };
}

// The colours of a scale, as the browser interpolates them.
const SHADES = 256;
function palette(scale) {
  const context = new OffscreenCanvas(SHADES, 1).getContext("2d");
  context.fillStyle = context.createLinearGradient(0, 0, SHADES, 0);
  for (const [at, colour] of scale) context.fillStyle.addColorStop(at, colour);
  context.fillRect(0, 0, SHADES, 1);
  return new Uint32Array(context.getImageData(0, 0, SHADES, 1).data.buffer);
}

// The same for a heat map {z} on a fixed colour scale: one pixel a cell, in the place of plotly's image.
function shortMap(gd, drawn, trace, { z }) {
  const full = gd._fullData[trace];
  const image = drawn.get(trace)?.querySelector("image");
  const [rows, columns] = [z?.length, z?.[0]?.length];
  if (full?.type !== "heatmap" || full.zsmooth || full.zauto || !image || full.z?.length !== rows) return null;
  const [x, y] = ["xaxis", "yaxis"].map((name) => gd._fullLayout[name + full[name].slice(1)]);
  const whole = (axis, cells, side) => Math.abs(Math.abs(axis._m) * cells - image.getAttribute(side)) < 2;
  if (!whole(x, columns, "width") || !whole(y, rows, "height")) return null; // zoomed: plotly draws a part
  return () => {
    const shades = palette(full.colorscale);
    const pixels = new ImageData(columns, rows);
    const colours = new Uint32Array(pixels.data.buffer);
    const scale = (SHADES - 1) / (full.zmax - full.zmin);
    for (let i = 0; i < rows; i++) {
      const row = (y._m > 0 ? i : rows - 1 - i) * columns; // _m > 0: the pixels run as the numbers
      for (let j = 0; j < columns; j++) {
        const shade = Math.max(0, Math.min(SHADES - 1, Math.round((z[i][j] - full.zmin) * scale)));
        if (!Number.isNaN(shade)) colours[row + (x._m > 0 ? j : columns - 1 - j)] = shades[shade];
      }
    }
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    // plotly's own attribute: a plain href would hide what plotly draws the next time
    image.setAttributeNS("http://www.w3.org/1999/xlink", "xlink:href", canvas.toDataURL());
    image.style.imageRendering = "pixelated";
  };
}

// Shows {trace: {x, y} or {z}} and the layout's {path: value}, all of it or nothing. False: plotly has to draw.
function drawShortly(gd, numbers, layout) {
  const elements = gd.querySelectorAll(".scatterlayer > .trace, .heatmaplayer > .hm");
  const drawn = new Map(Array.from(elements, (element) => [element.__data__[0].trace.index, element]));
  const present = ({ x, y, z }) => (z ? { z } : { x, y });
  const changes = Object.entries(numbers).map(([trace, now]) => [Number(trace), { ...present(gd.data[trace]), ...now }]);
  const steps = [
    ...Object.entries(layout).map(([path, value]) => shortText(gd, path, value)),
    ...changes.map(([trace, now]) => ("z" in now ? shortMap : shortLine)(gd, drawn, trace, now)),
  ];
  if (steps.includes(null)) return false;
  steps.forEach((step) => step());
  changes.forEach(([trace, now]) => Object.assign(gd.data[trace], now));
  return true;
}
