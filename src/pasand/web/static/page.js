/* The page's data: which cell stands where, and which answers belong to it. Draws nothing. */

const block = document.getElementById("page-data");

export const page = block ? JSON.parse(block.textContent) : { page_id: "", rows: [] };
export const isRtl = document.documentElement.dir === "rtl";
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Where an element stands: its cell, row and column. Null outside the page. */
export function placeOf(element) {
  const node = element?.closest?.("[data-row][data-column]");
  if (!node) return null;
  const row = Number(node.dataset.row);
  const column = Number(node.dataset.column);
  const cell = page.rows[row]?.cells[column];
  return cell ? { cell, row, column, page_id: page.page_id, node } : null;
}

/** A place for an item that is shown outside the page's rows. */
export const placeOutside = (cell) => ({ cell, row: null, column: null, page_id: page.page_id, node: null });

/** Change a title's facts in all of its cells. */
export function updateCells(itemId, change) {
  for (const row of page.rows) for (const cell of row.cells) if (cell.item_id === itemId) Object.assign(cell, change);
}

const answers = new Map();

/** GET JSON of our own server, once; a failure is null and may be asked again. */
export function ask(path) {
  if (!answers.has(path)) {
    const answer = fetch(path, { credentials: "same-origin", headers: { accept: "application/json" } })
      .then((got) => (got.ok ? got.json() : null))
      .catch(() => null)
      .then((got) => {
        if (got === null) answers.delete(path);
        return got;
      });
    answers.set(path, answer);
  }
  return answers.get(path);
}

export function explain(place) {
  if (place.row === null) return Promise.resolve(null);
  const query = new URLSearchParams({ page_id: place.page_id, row: place.row, column: place.column });
  return ask(`/v1/explain?${query}`);
}
