// Elements out of hostile text: as text nodes only, with what can't be seen written out.

const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

// An element with attributes (null ones left out) and children, which are elements or texts.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// A text apart from what stands around it, so that its direction turns nothing else.
function shown(text, attributes) {
  const holder = make("bdi", attributes);
  let end = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    holder.append(text.slice(end, match.index), make("span", { class: "unseen" }, `U+${code}`));
    end = match.index + match[0].length;
  }
  holder.append(text.slice(end));
  return holder;
}

function number(value, digits = 2) {
  return value == null ? "–" : value.toFixed(digits);
}

function signed(value) {
  return value == null ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
}
