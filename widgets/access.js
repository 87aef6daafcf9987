// What keyboards and screen readers need of a lab, where ipywidgets and plotly do not give it: a slider's handle has no
// name and announces a logarithm as it is stored (−5 for 10⁻⁵), an accordion's header cannot be reached, a mode bar
// is eight stops of the Tab key. None of it can be said from Python, so it is written into their elements; controls come
// and go, so that is looked after once a second. Should a class name of theirs go, so does the help, and nothing else.

const RAISED = { "-": "⁻", "−": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// A slider's number as it is read: 10⁻⁵ for 1.0e-5, 3.2·10⁻⁵ for 3.2e-5, anything else as it is.
function spoken(text) {
  const [, factor, power] = text.match(/^(\d(?:\.\d+)?)e([+-−]?\d+)$/) ?? [];
  if (!power) return text;
  const ten = `10${String(Number(power.replace("−", "-"))).replace(/./g, (sign) => RAISED[sign])}`;
  return Number(factor) === 1 ? ten : `${Number(factor)}·${ten}`;
}

function nameSlider(slider) {
  const parts = [".noUi-handle, .ui-slider-handle", ".widget-label", ".widget-readout"]; // ipywidgets 8, and 7 in Colab
  const [handle, label, readout] = parts.map((part) => slider.querySelector(part));
  if (!handle || handle.ariaLabel) return;
  handle.ariaLabel = label?.textContent.trim() || "slider";
  if (!readout) return;
  Object.assign(readout, { role: "textbox", ariaLabel: `${handle.ariaLabel}, as a number` });
  const say = () => {
    if (handle.matches(".ui-slider-handle")) // has no role of its own, and its place in per cent
      Object.assign(handle, { role: "slider", ariaValueNow: String(Math.round(parseFloat(handle.style.left) || 0)) });
    const text = spoken(readout.textContent.trim());
    if (text && handle.getAttribute("aria-valuetext") !== text) handle.setAttribute("aria-valuetext", text);
  };
  const watch = new MutationObserver(say); // the slider writes its own text after every move
  watch.observe(handle, { attributeFilter: ["aria-valuetext"] });
  watch.observe(readout, { childList: true, characterData: true, subtree: true });
  say();
}

function openByKeyboard(header) {
  header.ariaExpanded = ["jupyter-widget-", "p-"].some((prefix) =>
    header.parentElement.classList.contains(`${prefix}Collapse-open`),
  );
  if (header.role) return;
  Object.assign(header, { role: "button", tabIndex: 0 });
  header.addEventListener("click", () => requestAnimationFrame(() => openByKeyboard(header)));
  header.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    header.click();
  });
}

// One stop of the Tab key, and the arrow keys from button to button: ARIA's pattern of a toolbar.
function oneStop(bar) {
  const buttons = [...bar.querySelectorAll("button, a.modebar-btn")];
  const current = buttons.find((button) => button === document.activeElement) ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
  if (bar.dataset.oneStop) return;
  bar.dataset.oneStop = true;
  bar.ariaLabel = "the figure's tools";
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...bar.querySelectorAll("button, a.modebar-btn")];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    oneStop(bar);
  });
}

// The lab around a figure's element: the outermost of the widgets that hold it.
function labAround(el) {
  let root = el;
  while (root.parentElement?.closest(".jupyter-widgets")) root = root.parentElement.closest(".jupyter-widgets");
  return root;
}

// Looks after the lab around a figure's element; returns how to end that.
function keepAccessible(el) {
  function look() {
    const root = labAround(el);
    root.dataset.lmSuppressShortcuts = true; // JupyterLab would take Enter and the arrows for commands of the notebook
    root.querySelectorAll(".widget-slider").forEach(nameSlider);
    root.querySelectorAll(".jupyter-widget-Collapse-header, .p-Collapse-header").forEach(openByKeyboard);
    el.querySelectorAll(".modebar").forEach(oneStop);
  }
  const timer = setInterval(look, 1000);
  requestAnimationFrame(look);
  return () => clearInterval(timer);
}
