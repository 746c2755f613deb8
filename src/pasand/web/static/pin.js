/* The PIN pad: digits by pointer, by keys, or by the arrows of a remote; four of them are sent. */

const form = document.querySelector(".pad");
const field = document.getElementById("pin");
const dots = [...form.querySelectorAll(".dots i")];
const keys = form.querySelector(".keys");
const buttons = () => [...keys.children];
const WIDTH = 3;

form.classList.add("scripted");
keys.hidden = false;
field.tabIndex = -1;

let wait = Number(form.dataset.wait);

function draw() {
  dots.forEach((dot, at) => dot.classList.toggle("full", at < field.value.length));
}

function press(digit) {
  if (wait) return;
  field.value = digit === "" ? field.value.slice(0, -1) : (field.value + digit).slice(0, dots.length);
  draw();
  if (field.value.length === dots.length) form.requestSubmit();
}

/** While tries are used up the pad counts down, then works again. */
function countDown() {
  if (!wait) {
    field.disabled = false;
    delete form.dataset.locked;
    form.querySelector(".problem").textContent = "";
    return;
  }
  form.dataset.locked = "yes";
  form.querySelector(".seconds").textContent = String(wait);
  setTimeout(() => {
    wait -= 1;
    countDown();
  }, 1000);
}

keys.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) press(button.dataset.digit);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9]$/.test(event.key)) press(event.key);
  else if (event.key === "Backspace") press("");
  else if (event.key === "Escape") location.assign("/home");
  else if (event.key.startsWith("Arrow")) {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -WIDTH, ArrowDown: WIDTH }[event.key];
    const next = at < 0 ? 4 : at + step;
    if (next >= 0 && next < all.length) all[next].focus();
  } else return;
  event.preventDefault();
});

draw();
if (wait) countDown();
buttons()[4].focus({ preventScroll: true, focusVisible: false });
