// The pictures that stand beside a lab for where no kernel is (asleep.py): out of sight once its figure is drawn. Where
// Jupyter's own style has done that already, this finds nothing that can be seen.
function hideStill(key) {
  for (const element of document.querySelectorAll(`[data-still="${key}"]`)) element.style.display = "none";
}
