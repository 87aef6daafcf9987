// plotly.js in the page, unpacked and imported once, as soon as it is there: while Python still imports and computes.
// Here stands all that the page's side relies on beyond the documented interface of Jupyter's widgets and of anywidget.

// anywidget 0.9 to 0.11 gives initialize() and render() different proxies of one model, and every widget a module of its
// own: what they share stands on globalThis, a figure under the key that Python gave it. Should both one day see the same
// object, this still holds.
const shared = (globalThis.liveFigures ??= { plotly: {}, figures: {}, imports: 0 });

// JupyterLab has require.js and the page may have a plotly of its own: shadow the module systems, put Plotly back.
async function importPlotly(packed) {
  shared.imports += 1;
  const source = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  const head = "const foreign = globalThis.Plotly, module = { exports: {} }; let exports, define, require;\n";
  const tail =
    "\nif (foreign) globalThis.Plotly = foreign; else delete globalThis.Plotly;\nexport default module.exports;";
  const url = URL.createObjectURL(new Blob([head, source, tail], { type: "text/javascript" }));
  return (await import(url).finally(() => URL.revokeObjectURL(url))).default;
}

// The model that a trait of another model refers to, by the manager and the prefix of ipywidgets 7 and 8. Should they go:
// anywidget's own way to a child widget is what to look for.
function partner(model, trait) {
  return model.widget_manager.get_model(model.get(trait).replace("IPY_MODEL_", ""));
}

// The classic notebook (6, with ipywidgets 7) asks a new kernel which widgets it has, and then draws every cell that
// shows one again. While cells run the answer waits, and the views are there before it: to take them away blanks the
// model_id in the cell's output, so that none is made again, and the picture stands where a lab is alive. So a cell
// whose views are there is left alone, and an output whose id is blank gets it back from the words beside the picture.
// Should these names go, so does this, and nothing else.
const VIEW = "application/vnd.jupyter.widget-view+json";

function keepViews() {
  const notebook = globalThis.Jupyter?.notebook;
  if (!notebook?.render_cell_output || shared.again) return;
  shared.again = notebook.render_cell_output;
  notebook.render_cell_output = function (cell) {
    if (!cell.output_area?._jupyterWidgetViews?.length) shared.again.call(this, cell);
  };
}

function reviveViews() {
  const notebook = globalThis.Jupyter?.notebook;
  for (const cell of (shared.again && notebook.get_cells()) || []) {
    const outputs = cell.output_area?.outputs ?? [];
    const lost = outputs.filter(({ data }) => data?.[VIEW]?.model_id === "");
    for (const output of lost) {
      const words = outputs.slice(outputs.indexOf(output)).find(({ data }) => data?.["text/html"]?.includes("data-lab"));
      const id = words?.data["text/html"].match(/data-lab="([^"]*)"/)[1];
      if (id && notebook.kernel?.widget_manager?.get_model(id)) output.data[VIEW].model_id = id;
    }
    if (lost.some(({ data }) => data[VIEW].model_id)) shared.again.call(notebook, cell);
  }
}

// anywidget gives a model two seconds to begin. On a busy page it takes longer, and anywidget then hands it no message any
// more: the figure would stand still for good. So once it has begun, ipywidgets' own class hands it the kernel's messages;
// in a task of its own, for those that have come before go first. Should these names go, a busy page is to be reloaded.
function hear(model, id) {
  return new Promise((begun) => {
    setTimeout(async () => {
      try {
        const whole = await model.widget_manager.get_model(id);
        const { _handle_comm_msg } = Object.getPrototypeOf(whole.constructor.prototype);
        whole.comm.on_msg(_handle_comm_msg.bind(whole));
      } finally {
        begun();
      }
    });
  });
}

function loadPlotly(holder) {
  return (shared.plotly[holder.get("version")] ??= importPlotly(holder.get("source")));
}

// Whether the kernel that made a figure has died, been restarted or been shut down: ipywidgets then cuts the models off
// (8: comm_live), and JupyterLab knows the kernel. A busy kernel is none of it. A front end that tells nothing of this is
// taken to be alive; a message that cannot be sent says it too.
function isGone(holder) {
  const kernel = holder?.widget_manager?.kernel;
  return holder?.comm_live === false || kernel === null || ["dead", "terminating"].includes(kernel?.status);
}
