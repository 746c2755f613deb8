/* Who's watching: the filter box, and arrows that move over the faces. */

const filter = document.getElementById("filter");
const none = document.querySelector(".none");
const faces = () => [...document.querySelectorAll("[data-testid=member], .grown")].filter((face) => face.getClientRects().length);

/** Hide what does not contain the words: an account's own name keeps all of its members. */
function narrow() {
  const words = filter.value.trim().toLowerCase();
  for (const account of document.querySelectorAll(".account")) {
    const whole = account.dataset.name.includes(words);
    let left = 0;
    for (const face of account.querySelectorAll("[data-testid=member]")) {
      const fits = whole || face.dataset.name.includes(words);
      face.parentElement.hidden = !fits;
      left += fits;
    }
    account.hidden = !left;
  }
  none.hidden = faces().length > 0;
}

/** The face nearest in a direction, judged by the middles. */
function nearest(from, key) {
  const here = from.getBoundingClientRect();
  let best = null;
  let bestAway = Infinity;
  for (const face of faces()) {
    if (face === from) continue;
    const there = face.getBoundingClientRect();
    const right = there.left + there.width / 2 - here.left - here.width / 2;
    const down = there.top - here.top;
    const along = { ArrowRight: right, ArrowLeft: -right, ArrowDown: down, ArrowUp: -down }[key];
    const aside = key === "ArrowRight" || key === "ArrowLeft" ? down : right;
    const away = along + 3 * Math.abs(aside);
    if (along > 4 && away < bestAway) [best, bestAway] = [face, away];
  }
  return best;
}

document.addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow")) return;
  const face = document.activeElement?.closest("[data-testid=member], .grown");
  if (!face && document.activeElement === filter && event.key !== "ArrowDown") return;
  const next = face ? nearest(face, event.key) : faces()[0];
  if (next) next.focus();
  else if (event.key === "ArrowUp") filter?.focus();
  event.preventDefault();
});

filter?.addEventListener("input", narrow);
filter?.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
(filter ?? faces()[0])?.focus({ preventScroll: true, focusVisible: false });
