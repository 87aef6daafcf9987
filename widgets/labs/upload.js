// A button that sends a file to the kernel in pieces. A server closes the connection of a page that sends more than it
// takes at once (10 MB in Jupyter), and the file is lost without a word. So is a long text that is pasted into the
// lab's field: it is sent as a file, too.

const PIECE = 2 ** 20; // bytes
const LONG = 2 ** 21; // characters of a text, of up to four bytes each

async function send(file, model, say) {
  const { name, size } = file;
  if (size > model.get("largest")) return model.send({ name, size }); // which the kernel refuses in words
  const transfer = `${Date.now()} ${Math.random()}`; // another file may be chosen before this one has arrived
  let start = 0;
  do {
    const piece = await file.slice(start, start + PIECE).arrayBuffer();
    model.send({ transfer, name, size, start }, undefined, [piece]);
    start += piece.byteLength;
    if (size > PIECE) say(`${name}: ${Math.round((100 * start) / size)} % sent`);
  } while (start < size);
}

function render({ model, el }) {
  const chooser = Object.assign(document.createElement("input"), { type: "file", accept: model.get("accept") });
  const button = Object.assign(document.createElement("button"), { title: model.get("tooltip") });
  button.className = "jupyter-widgets jupyter-button widget-button";
  button.style.width = "auto";
  const say = (words) => (button.textContent = words);
  async function take(file) {
    await send(file, model, say).catch((problem) => model.send({ name: file.name, problem: String(problem) }));
    say(model.get("description"));
  }
  async function choose() {
    const [file] = chooser.files;
    if (file) await take(file);
    chooser.value = ""; // or the same file, opened again, would be no change
  }
  function paste(event) {
    if (!event.target.matches?.("textarea") || !el.closest(".matrix-lab")?.contains(event.target)) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text.length < LONG) return;
    event.preventDefault();
    take(new File([text], "pasted text.txt"));
  }
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", choose);
  document.addEventListener("paste", paste, true);
  say(model.get("description"));
  el.append(button);
  return () => document.removeEventListener("paste", paste, true);
}

export default { render };
