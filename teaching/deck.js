// Turns the pages of the slides. Without it the page shows them one below the other, and prints.
const slides = [...document.querySelectorAll(".slide")];
let now = 0;
let speaker = null;

function fit() {
  const scale = Math.min(innerWidth / 1280, innerHeight / 720);
  for (const slide of slides) {
    slide.style.transform = `scale(${scale})`;
    slide.style.left = `${(innerWidth - 1280 * scale) / 2}px`;
    slide.style.top = `${(innerHeight - 720 * scale) / 2}px`;
  }
}

function show(number) {
  now = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, i) => slide.classList.toggle("now", i === now));
  history.replaceState(null, "", `#${now + 1}`);
  if (speaker && !speaker.closed) tell();
}

// The notes in a window of their own: for the lecturer's screen, while the projector shows the slide.
function tell() {
  const text = (slide) => (slide ? slide.querySelector("h1, h2").outerHTML : "");
  const notes = slides[now].querySelector(".notes");
  speaker.document.body.style.font = "20px/1.4 Arial, Helvetica, sans-serif";
  speaker.document.title = `Notes, slide ${now + 1} of ${slides.length}`;
  speaker.document.body.innerHTML = `${text(slides[now])}${notes ? notes.innerHTML : ""}<hr>Next: ${text(slides[now + 1])}`;
}

const keys = {
  ArrowRight: () => show(now + 1), PageDown: () => show(now + 1), " ": () => show(now + 1),
  ArrowLeft: () => show(now - 1), PageUp: () => show(now - 1),
  Home: () => show(0), End: () => show(slides.length - 1),
  n: () => document.body.classList.toggle("with-notes"),
  f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  s: () => { speaker = open("", "notes", "width=700,height=800"); if (speaker) tell(); },
};

document.body.classList.add("live");
addEventListener("keydown", (event) => {
  if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); keys[event.key](); }
});
addEventListener("click", (event) => { if (!event.target.closest("a, .notes")) show(now + 1); });
addEventListener("hashchange", () => show(Number(location.hash.slice(1) || 1) - 1));
addEventListener("resize", fit);
fit();
show(Number(location.hash.slice(1) || 1) - 1);
