
// LiveFigure in the page: it paints what Python pushes, and it is the clock of the training.
// One module with plotly_js.js, still.js, access.js and fast_redraw.js, which Python puts before it. All that is private to
// plotly stands in fast_redraw.js, all that is private to Jupyter and anywidget in plotly_js.js.
const NUMBERS = new Set(["x", "y", "z"]); // what fast_redraw.js can draw
const HOLD = 100; // ms that what was pushed in a tick waits for the tick's answer at most
const READING = 300; // ms without a frame after which a person may read numbers off the lines
const REST = 1000; // ms without a frame after which plotly itself draws what is shown: its hover labels and zoom need it
const HIDDEN = 500; // ms between the ticks of a hidden tab
const PATIENCE = 3000; // ms without an answer after which a tick is sent again; doubled each time

const AIM = 1000; // ms after a pointer or a key has moved on a slider in which the slider may move at any time

if (shared.slidAt === undefined) {
  shared.slidAt = -Infinity; // a pointer that rests on a slider is no move: it must not hold back the training
  const moved = ({ target }) => target.closest?.(".widget-slider") && (shared.slidAt = performance.now());
  for (const event of ["pointermove", "pointerdown", "keydown"])
    document.addEventListener(event, moved, { capture: true, passive: true });
}

const axisOf = (path) => path.match(/^([xy]axis\d*)\.(auto)?range/)?.[1];
const keys = (path) => path.split(/[.[\]]+/).filter(Boolean);
const get = (tree, path) => keys(path).reduce((node, key) => node?.[key], tree);
function put(tree, path, value) {
  const [last, ...parents] = keys(path).reverse();
  parents.reduceRight((node, key) => (node[key] ??= {}), tree)[last] = value;
}

// Python's {f4, shape} becomes Float32Arrays, anything else is copied (plotly writes into what it is given).
function decode(value, buffers) {
  if (!value || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => decode(entry, buffers));
  if (!("f4" in value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, decode(v, buffers)]));
  const raw = typeof value.f4 === "number" ? buffers[value.f4] : value.f4;
  const aligned = new Uint8Array(raw.buffer ?? raw, raw.byteOffset ?? 0, raw.byteLength).slice().buffer;
  const [rows, columns] = value.shape;
  if (columns === undefined) return new Float32Array(aligned);
  return Array.from({ length: rows }, (_, i) => new Float32Array(aligned, 4 * i * columns, columns));
}

const NO_KERNEL = "No kernel: run the cell again.";

// Disables the controls around a figure, or enables them again.
function disable(el, gone) {
  for (const control of labAround(el).querySelectorAll(".jupyter-widgets"))
    if (gone && !control.querySelector(".live-figure")) control.inert = true;
    else if (!gone) control.inert = false;
}

const copied = (value) => decode(value); // plotly writes into the ranges that it is given

function initialize({ model }) {
  const page = Math.random().toString(36).slice(2); // crypto.randomUUID is missing where Jupyter is served over http
  const views = new Set();
  const figure = (shared.figures[model.get("_key")] = { views, paint, release, tick, send, serial: -1 });
  // sent: when the tick went out that is not yet answered; due: when the next one goes out
  let [ticks, sent, due, patience, timer] = [0, 0, 0, PATIENCE, 0];

  function load() {
    const spec = decode(model.get("_spec"));
    if (spec.serial > figure.serial) Object.assign(figure, spec);
    views.forEach((view) => (view.drawn = false));
    paint();
  }
  function paint(atOnce = false) {
    for (const view of views) {
      if (atOnce && !view.request) view.paint(); // the first of an animation frame; what follows waits for the next
      view.request ??= requestAnimationFrame(view.paint);
    }
  }
  function send(content) {
    try {
      model.send(content);
    } catch {
      lose(true); // its channel is closed
    }
  }
  // A figure without a kernel says so, and nothing beside it can be moved or pressed in vain.
  function lose(gone) {
    if (gone === figure.gone) return;
    figure.gone = gone;
    views.forEach((view) => view.say());
  }
  function tick(again = false) {
    clearTimeout(timer);
    if (figure.gone || (sent && !again) || !views.size || !model.get("playing")) return;
    [ticks, patience] = again ? [ticks, 2 * patience] : [ticks + 1, PATIENCE];
    sent = performance.now();
    const onSlider = performance.now() - shared.slidAt < AIM;
    send({ tick: page, n: ticks, hidden: document.hidden, onSlider });
  }
  function answered(wait) {
    sent = 0;
    const rest = Math.max(wait, document.hidden && HIDDEN);
    due = performance.now() + rest;
    if (rest) timer = setTimeout(tick, rest);
    else tick(); // at once: the painting comes after, so that kernel and page work at the same time
  }
  // What was pushed in a tick waits for the tick's answer, so that the next tick is asked for before the page paints; not
  // for long: the tick may go on computing.
  function hold() {
    figure.held ||= setTimeout(release, HOLD);
  }
  function release() {
    clearTimeout(figure.held);
    figure.held = 0;
    paint();
  }
  function receive(message, buffers) {
    const { frame, serial, held, pending, tock, n, wait, wake, download, filename, fullScreen } = message;
    if (pending && serial > figure.serial) figure.pending = pending;
    for (const [trace, path, value] of serial > figure.serial ? frame : []) {
      put(figure.data[trace] ?? figure.layout, path, decode(value, buffers)); // trace is null for the layout
      views.forEach((view) => view.stale.add(`${trace} ${path}`)); // the newest frame wins
    }
    figure.serial = Math.max(figure.serial, serial ?? 0);
    if (frame && held) hold();
    else if (frame) paint(true);
    if (tock === page && n === ticks) answered(wait);
    if (wake) tick();
    if (tock) Object.values(shared.figures).forEach((other) => other.release());
    if (download) [...views][0]?.save(download, filename);
    if (fullScreen) [...views][0]?.toggleFullScreen(fullScreen);
  }
  // The kernel may be busy or a message lost: the same tick is sent again, and Python runs it once at most.
  let holder; // the model of plotly.js, of the same kernel
  partner(model, "plotly_js").then((found) => (holder = found));
  const watchdog = setInterval(() => {
    reviveViews();
    paint();
    lose(isGone(holder));
    if (sent ? performance.now() - sent > patience : performance.now() > due) tick(sent > 0);
  }, 1000);
  model.on("change:arrangements", () => paint());
  for (const words of ["alt", "error"]) model.on(`change:${words}`, () => views.forEach((view) => view.say()));
  model.on("change:playing", () => tick()); // at once, whatever the clock before waited for
  model.on("change:_spec", load);
  model.on("msg:custom", receive);
  load();
  hear(model, model.get("_key")).then(() => send({ hello: figure.serial }));
  return () => {
    clearInterval(watchdog);
    delete shared.figures[model.get("_key")];
  };
}

async function render({ model, el }) {
  const figure = shared.figures[model.get("_key")];
  el.classList.add("live-figure");
  let [width, arranged] = [el.clientWidth, null]; // arranged: the entry of `arrangements` that is drawn
  // What lies over the layout at this width, or in full screen: the last entry that fits.
  function fitting() {
    const alone = document.fullscreenElement?.contains(el);
    const onScreen = (w, h) => alone && w <= window.innerWidth && h <= window.innerHeight;
    const fits = ([leastWidth, h]) => (h ? onScreen(leastWidth, h) : leastWidth <= width);
    return (width && model.get("arrangements").findLast(fits)?.[2]) || null;
  }
  const height = () => fitting()?.height ?? figure.layout.height;
  el.style.height = `${height()}px`; // before plotly.js is there: the page does not jump
  const Plotly = await loadPlotly(await partner(model, "plotly_js"));
  const gd = el.appendChild(document.createElement("div"));
  Object.assign(gd, { className: "live-graph", role: "group", tabIndex: 0 });
  const zoomed = new Map(); // axes whose range is the user's, and that range
  const behind = new Set(); // what the page shows and plotly does not know yet
  let [busy, resting, painted, settled] = [null, 0, 0, 0]; // busy: plotly's promise while it draws
  // stale: what changed since the last painting; faded: what is drawn as pending
  const view = { gd, zoomed, stale: new Set(), faded: null, drawn: false, paint, save, say, toggleFullScreen };

  function say() {
    gd.ariaLabel = model.get("alt");
    el.dataset.error = figure.gone ? NO_KERNEL : model.get("error");
    disable(el, figure.gone);
  }
  function save(format, filename = "figure") {
    // without width and height, the picture has plotly's own size
    Plotly.downloadImage(gd, { format, filename, width, height: height(), scale: format === "png" ? 2 : 1 });
  }
  // Within the seconds that a browser allows after a click on a button of Python's.
  function toggleFullScreen(selector) {
    const done = document.fullscreenElement ? document.exitFullscreen() : el.closest(selector).requestFullscreen();
    done.catch((problem) => (el.dataset.error = `The browser refuses the full screen. ${problem.message}`));
  }
  const axes = () => Object.keys(figure.layout).filter((key) => /^[xy]axis\d*$/.test(key));
  const rangeOf = (axis) => copied(zoomed.get(axis) ?? figure.layout[axis].range);
  function unzoom() {
    zoomed.clear();
    axes().forEach((axis) => view.stale.add(`null ${axis}.range`)); // of all: a tied axis may have moved with another
    figure.paint();
  }
  function home() {
    view.stale.add("null dragmode"); // zooming by a drag ends too
    unzoom();
  }
  // The user's alone: we call Plotly.update, whose event is plotly_update.
  function moved(change) {
    for (const axis of Object.keys(change).map(axisOf))
      if (axis) zoomed.set(axis, copied(gd.layout[axis].range));
    drawnByPlotly();
    paint();
  }
  async function draw() {
    view.drawn = true;
    hideStill(model.get("_key"));
    zoomed.clear();
    const button = (title, icon, click) => ({ name: title, title, icon: Plotly.Icons[icon], click });
    const modeBarButtonsToRemove = ["toImage", "resetScale2d", "autoScale2d", "select2d", "lasso2d"];
    const modeBarButtonsToAdd = [
      button("Save as SVG", "disk", () => save("svg")),
      button("Save as PNG", "camera", () => save("png")),
      button("Reset axes", "home", home),
    ];
    // plotly's own 300 ms miss a calm hand's double click, and a busy page's
    const clicks = { doubleClick: false, doubleClickDelay: 500, showAxisDragHandles: false };
    const own = { displaylogo: false, showSendToCloud: false, displayModeBar: "hover" }; // nothing leaves for a cloud
    const config = { ...own, ...clicks, modeBarButtonsToRemove, modeBarButtonsToAdd };
    const layout = { ...decode(figure.layout), width };
    arranged = fitting();
    for (const path in arranged) put(layout, path, decode(arranged[path]));
    const drawn = Plotly.newPlot(gd, decode(figure.data), layout, config);
    gd.on("plotly_click", ({ points: [{ curveNumber, x, y }] }) => figure.send({ click: [curveNumber, x, y] }));
    gd.on("plotly_doubleclick", unzoom);
    gd.on("plotly_relayout", moved);
    return drawn;
  }
  // What the entries of `stale` are now: numbers to draw, other attributes of traces, the layout.
  function sorted(entries, numbers = {}, others = {}, layout = {}) {
    for (const [trace, path] of [...entries].map((entry) => entry.split(" "))) {
      const value = get(figure.data[trace] ?? figure.layout, path);
      if (trace === "null" && value === undefined)
        layout[`${axisOf(path)}.autorange`] = figure.layout[axisOf(path)].autorange ?? true; // it may be "reversed"
      else if (trace === "null") zoomed.has(axisOf(path)) || (layout[path] = copied(value));
      else if (NUMBERS.has(path)) (numbers[trace] ??= {})[path] = value;
      else (others[path] ??= {})[trace] = value;
    }
    return { numbers, others, layout };
  }
  // plotly has drawn by itself, from the numbers that it knows: what is ahead of them is drawn again.
  function drawnByPlotly() {
    behind.forEach((entry) => view.stale.add(entry));
    view.faded = null;
  }
  async function paint() {
    view.request = null;
    if (!width || busy) return; // out of sight, or in plotly's hands: later
    if (view.drawn && isDragged(gd)) return void figure.paint(); // in the user's hands: in the first frame after
    if (view.drawn && !view.stale.size && isPlaced() && view.faded === figure.pending) return;
    if (canMoveAxes(sorted(view.stale))) await moveAxes();
    if (!width) return; // taken off the page meanwhile
    const change = sorted(view.stale);
    if (onlyNumbers(change) && drawFast(gd, change.numbers, change.layout)) {
      view.stale.forEach((entry) => behind.add(entry));
      view.stale.clear();
      painted = performance.now();
      if (gd.querySelector(".hovertext")) Plotly.Fx.unhover(gd); // it says numbers of an earlier frame
      clearTimeout(resting);
      resting = setTimeout(settle, REST);
    } else await redraw();
    mark();
  }
  function mark() {
    view.faded = figure.pending;
    fade(gd, figure.pending);
    const names = figure.pending.map((part) => figure.data[part]?.name ?? get(figure.layout, part));
    gd.ariaDescription = names.length ? `Still being worked out: ${names.join(", ")}.` : "";
  }
  // New ranges, and nothing else that plotly has to draw: it draws ticks, grid and the lines as it knows them, without a
  // look at numbers, in a third of the time of a whole redraw; drawFast then draws the lines as they are.
  const isRange = (path) => /^[xy]axis\d*\.range$/.test(path);
  const isPlaced = () => width === gd.layout.width && arranged === fitting();
  const onlyNumbers = ({ others }) => view.drawn && isPlaced() && !Object.keys(others).length;
  function canMoveAxes(change) {
    const paths = Object.keys(change.layout);
    const known = paths.every((path) => isRange(path) || path.endsWith(".text"));
    return onlyNumbers(change) && known && paths.some(isRange);
  }
  async function moveAxes() {
    const ranges = Object.entries(sorted(view.stale).layout).filter(([path]) => isRange(path));
    ranges.forEach(([path]) => view.stale.delete(`null ${path}`));
    await update({}, { ...tiedRanges(), ...Object.fromEntries(ranges) });
    drawnByPlotly();
  }
  // Axes with one scale for both: plotly widens the range of one of them until it fills its panel, and would widen what
  // it has widened before.
  function tiedRanges() {
    const ties = axes().map((axis) => [axis, figure.layout[axis].scaleanchor?.replace(/^[xy]/, "$&axis")]);
    const tied = new Set(ties.filter(([, other]) => other).flat());
    return Object.fromEntries([...tied].filter(rangeOf).map((axis) => [`${axis}.range`, rangeOf(axis)]));
  }
  // Where the uppermost panel begins: the mode bar stands there, at the right edge, and no title does.
  function panelTop() {
    const laid = (path) => fitting()?.[path] ?? get(figure.layout, path);
    const [above, below] = [laid("margin.t") ?? 100, laid("margin.b") ?? 80]; // plotly's own
    const tops = axes().map((axis) => (axis[0] === "y" && laid(`${axis}.domain`)?.[1]) || 0);
    return above + (height() - above - below) * (1 - (Math.max(...tops) || 1));
  }
  const update = (...changes) => (busy = Plotly.update(gd, ...changes).finally(() => (busy = null)));
  async function redraw() {
    el.style.height = `${height()}px`;
    el.style.setProperty("--panel-top", `${panelTop()}px`);
    const { numbers, others, layout } = sorted(new Set([...behind, ...view.stale]));
    [view.stale, behind].forEach((entries) => entries.clear());
    if (width !== gd.layout?.width) layout.width = width;
    if (view.drawn && arranged !== fitting()) Object.assign(layout, decode((arranged = fitting())));
    for (const trace in numbers)
      for (const path in numbers[trace]) (others[path] ??= {})[trace] = numbers[trace][path];
    // One call for all traces: each costs a full redraw. In it, undefined leaves a trace's attribute as it is.
    const traces = [...new Set(Object.values(others).flatMap(Object.keys))].map(Number);
    for (const path in others) others[path] = traces.map((trace) => others[path][trace]);
    if (view.drawn) await update(others, { ...tiedRanges(), ...layout }, traces);
    else await (busy = draw().finally(() => (busy = null)));
    figure.paint(); // of what came meanwhile
  }
  function settle() {
    if (behind.size && width && !isDragged(gd) && !busy) redraw();
  }
  // A hover label is of what is drawn, or is not there: plotly, which makes it, is told first, but not at every frame.
  function pointed(event) {
    const [moving, early] = [performance.now() - painted < READING, performance.now() - settled < REST];
    if (behind.size && moving && early && !isDragged(gd)) return void event.stopPropagation();
    if (!behind.size) return;
    settled = performance.now();
    settle();
  }
  for (const kind of ["pointermove", "mousemove"]) gd.addEventListener(kind, pointed, { capture: true });
  // It also tells when a hidden or detached figure is back. To ask for the width in every frame costs a layout.
  const sizes = new ResizeObserver(() => {
    width = el.clientWidth;
    figure.paint();
  });
  figure.views.add(view);
  sizes.observe(el);
  document.addEventListener("fullscreenchange", figure.paint);
  figure.tick();
  say();
  const leave = keepAccessible(el);
  return async () => {
    leave();
    figure.views.delete(view);
    sizes.disconnect();
    document.removeEventListener("fullscreenchange", figure.paint);
    clearTimeout(resting);
    width = 0; // nothing is drawn any more
    await busy; // plotly does not bear to lose its data while it draws
    Plotly.purge(gd);
  };
}

export default { initialize, render };
