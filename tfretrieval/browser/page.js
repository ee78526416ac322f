"use strict";

const one = (id) => document.getElementById(id);
const state = { file: null, place: null, drawn: false, asked: 0 };

function settings() {
  const query = new URLSearchParams({ k: one("k").value });
  if (one("near").checked) query.set("radius", one("radius").value);
  if (state.drawn || one("sketch").checked) query.set("sketch", "true");
  return query;
}

function say(status, error = "") {
  one("status").textContent = status;
  one("error").textContent = error;
}

async function ask() {
  if (state.file === null && state.place === null) return;
  const number = ++state.asked;
  say("Searching …");
  try {
    const response = state.file !== null
      ? await fetch(`/api/search?${settings()}`, {
        method: "POST", body: state.file,
        headers: { "Content-Type": state.file.type || "application/octet-stream" },
      })
      : await fetch(`/api/search/${state.place}?${settings()}`);
    const found = await response.json();
    if (number !== state.asked) return;
    if (!response.ok) {
      const detail = found.detail;
      throw new Error(typeof detail === "string" ? detail : "the request was refused");
    }
    show(found);
  } catch (error) {
    if (number !== state.asked) return;
    one("answers").replaceChildren();
    say("", error.message);
  }
}

function show(found) {
  const items = found.answers.map((answer, rank) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const image = document.createElement("img");
    image.src = `/pictures/${answer.place}`;
    image.loading = rank < 12 ? "eager" : "lazy";
    image.alt = answer.name;
    const told = document.createElement("span");
    told.className = "told";
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = (answer.label || answer.name).replaceAll("_", " ");
    const far = document.createElement("span");
    far.className = "far";
    far.textContent = `${answer.distance} bits`
      + (answer.cosine === null ? "" : ` · ${answer.cosine.toFixed(2)}`);
    told.append(label, far);
    button.append(image, told);
    button.setAttribute("aria-label",
      `${rank + 1}: ${answer.label || answer.name}, ${answer.distance} bits; search with it`);
    button.addEventListener("click", () => searchBy(answer.place, answer.name));
    item.append(button);
    return item;
  });
  one("answers").replaceChildren(...items);
  mark(found.box);
  const seconds = found.seconds.encode + found.seconds.search;
  const many = found.answers.length;
  say(`${many} ${many === 1 ? "answer" : "answers"} in ${Math.round(1000 * seconds)} ms`);
}

function mark(box) {
  const region = one("region");
  region.hidden = box === null || one("shown").hidden;
  if (region.hidden) return;
  const [top, left, bottom, right] = box.map((edge) => `${100 * edge}%`);
  Object.assign(region.style, {
    top, left, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})`,
  });
}

function display(source, told) {
  const shown = one("shown");
  if (shown.src.startsWith("blob:")) URL.revokeObjectURL(shown.src);
  shown.src = source;
  shown.alt = `Query: ${told}`;
  shown.hidden = false;
  one("region").hidden = true;
  drawing(false);
}

// No picture at all, or one of a format that only the server reads.
one("shown").addEventListener("error", () => {
  one("shown").hidden = true;
  one("region").hidden = true;
});

function searchFile(file) {
  if (!file) return;
  Object.assign(state, { file, place: null, drawn: false });
  display(URL.createObjectURL(file), file.name || "a pasted picture");
  if (location.hash) history.replaceState(null, "", location.pathname);
  ask();
}

function searchBy(place, name) {
  Object.assign(state, { file: null, place, drawn: false });
  display(`/pictures/${place}`, name || `picture ${place}`);
  if (location.hash !== `#${place}`) history.pushState(null, "", `#${place}`);
  window.scrollTo({ top: 0 });
  ask();
}

function fromAddress() {
  const place = /^#(\d+)$/.exec(location.hash);
  if (place) searchBy(Number(place[1]), "");
}

// Drop, paste, choose.
const drop = one("drop");
for (const name of ["dragover", "dragenter"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  searchFile(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => searchFile(event.clipboardData.files[0]));
one("file").addEventListener("change", (event) => searchFile(event.target.files[0]));

// Draw.
const pad = one("pad"), pen = pad.getContext("2d");
function blank() { pen.fillStyle = "#ffffff"; pen.fillRect(0, 0, pad.width, pad.height); }
function drawing(on) {
  if (on && pad.hidden) blank();
  pad.hidden = !on;
  one("draw").setAttribute("aria-pressed", String(on));
  for (const id of ["search", "clear"]) one(id).hidden = !on;
  if (on) { one("shown").hidden = true; one("region").hidden = true; }
}
one("draw").addEventListener("click", () => drawing(pad.hidden));
one("clear").addEventListener("click", blank);
one("search").addEventListener("click", () => pad.toBlob((blob) => {
  Object.assign(state, { file: blob, place: null, drawn: true });
  ask();
}, "image/png"));
let last = null;
const at = (event) => [event.offsetX * pad.width / pad.clientWidth,
  event.offsetY * pad.height / pad.clientHeight];
pad.addEventListener("pointerdown", (event) => {
  last = at(event);
  pad.setPointerCapture(event.pointerId);
});
pad.addEventListener("pointermove", (event) => {
  if (last === null) return;
  const next = at(event);
  pen.lineWidth = 4;
  pen.lineCap = "round";
  pen.strokeStyle = "#000000";
  pen.beginPath();
  pen.moveTo(...last);
  pen.lineTo(...next);
  pen.stroke();
  last = next;
});
for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { last = null; });

// Settings.
for (const id of ["k", "radius"]) {
  one(id).addEventListener("input", (event) => {
    one(`${id}Value`).textContent = event.target.value;
  });
  one(id).addEventListener("change", ask);
}
one("near").addEventListener("change", ask);
one("sketch").addEventListener("change", ask);
window.addEventListener("popstate", fromAddress);

fetch("/api/about").then((response) => response.json()).then((about) => {
  one("about").textContent = `${about.pictures.toLocaleString()} pictures, codes of ${about.bits} `
    + `bits by ${about.encoder}`;
  one("radius").max = about.bits;
  one("sketch").parentElement.hidden = !about.knows_sketches;
});
fromAddress();
