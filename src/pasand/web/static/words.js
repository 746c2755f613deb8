/* What the page says, in the member's language: messages of `languages/`, from the words block. */

const block = document.getElementById("words");
const words = block ? JSON.parse(block.textContent) : { page: {}, genre: {} };
const isRtl = document.documentElement.dir === "rtl";

/** A message with its values; a name of another script keeps its own direction. */
export function say(key, values = {}) {
  return (words.page[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return isRtl && typeof value === "string" ? `\u2068${value}\u2069` : String(value);
  });
}

/** A genre as this language calls it; an owner's own stays as given. */
export const genreWord = (genre) => words.genre[genre] ?? genre;
