// Two pictures of a page: one over the other with a slider between them, and outlines around what differs. Without
// scripts they stand side by side. What differs is found in cells of 16 pixels, after parts that only stand higher or
// lower than before were laid upon each other.
(() => {
  const WIDTH = 1280, CELL = 16, COLUMNS = WIDTH / CELL, ACROSS = 4; // pixels of a page; columns; pixels of a cell that are looked at
  const looks = document.querySelector(".looks"), controls = document.querySelector(".controls");
  if (!controls) return;
  const [then, now] = looks.querySelectorAll("img");
  const at = document.querySelector("#at"), apart = document.querySelector("#apart"), outlines = document.querySelector("#outlines");
  const changes = document.querySelector("#changes"), steps = document.querySelectorAll(".steps button");
  let here = -1;

  const show = () => {
    looks.classList.toggle("over", !apart.checked);
    looks.classList.toggle("plain", !outlines.checked);
    looks.style.setProperty("--at", `${at.value}%`);
    at.disabled = apart.checked;
  };
  const slide = (to) => { at.value = to; show(); };
  controls.addEventListener("input", show);
  controls.addEventListener("submit", (event) => event.preventDefault());
  const drag = (event) => {
    if (apart.checked || !(event.buttons & 1)) return;
    const box = looks.getBoundingClientRect();
    slide(((event.clientX - box.left) / box.width) * 100);
  };
  looks.addEventListener("pointerdown", drag);
  looks.addEventListener("pointermove", drag);
  looks.addEventListener("dragstart", (event) => event.preventDefault());

  // The pixels of a picture, as wide as a quarter of the page and as high as the page is.
  const read = (image) => {
    const height = Math.max(1, Math.round((image.naturalHeight * WIDTH) / image.naturalWidth));
    const width = COLUMNS * ACROSS;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    return { data: context.getImageData(0, 0, width, height).data, height, line: width * 4 };
  };
  // How far two runs of bytes are from each other, up to `most`.
  const distance = (a, from, b, to, length, most) => {
    let sum = 0;
    for (let i = 0; i < length && sum <= most; i++) sum += Math.abs(a[from + i] - b[to + i]);
    return sum;
  };
  const sameRows = (a, top, b, other, rows) => {
    if (top < 0 || other < 0 || top + rows > a.height || other + rows > b.height) return false;
    for (let y = 0; y < rows; y += 2) {
      const most = a.line * 3;
      if (distance(a.data, (top + y) * a.line, b.data, (other + y) * b.line, a.line, most) > most) return false;
    }
    return true;
  };
  const isPlain = (a, top, rows) => {
    for (let y = 1; y < rows && top + y < a.height; y++) {
      if (distance(a.data, top * a.line, a.data, (top + y) * a.line, a.line, a.line * 2) > a.line * 2) return false;
    }
    return true;
  };
  // What WebP loses of a letter is up to 5 of 255; another figure is 6 and more.
  const sameCell = (a, column, top, b, other, rows) => {
    let sum = 0;
    for (let y = 0; y < rows; y++) {
      const from = (top + y) * a.line + column * ACROSS * 4, to = (other + y) * b.line + column * ACROSS * 4;
      sum += distance(a.data, from, b.data, to, ACROSS * 4, 1e9);
    }
    return sum <= rows * ACROSS * 4 * 5;
  };
  // How much lower each row of cells of `b` stands than the same rows of `a`; the last known shift where none is the same.
  const shifts = (a, b) => {
    const found = [], far = 1600, rows = 4 * CELL;
    let shift = 0;
    for (let top = 0; top < b.height; top += CELL) {
      if (!sameRows(b, top, a, top - shift, Math.min(CELL, b.height - top)) && !isPlain(b, top, rows)) {
        for (let by = 1; by <= far; by++) {
          const other = [shift + by, shift - by].find((one) => sameRows(b, top, a, top - one, rows));
          if (other === undefined) continue;
          shift = other;
          break;
        }
      }
      found.push(shift);
    }
    return found;
  };
  // The cells of `b` that are not the same in `a`, row by row, by their numbers.
  const differing = (a, b) => {
    const cells = new Set();
    for (const [row, shift] of shifts(a, b).entries()) {
      const top = row * CELL, rows = Math.min(CELL, b.height - top), other = top - shift;
      const plain = isPlain(b, top, rows); // the empty foot of a page that fills the window in both pictures, say
      for (let column = 0; column < COLUMNS; column++) {
        const beyond = other < 0 || other + rows > a.height;
        if (beyond ? !plain : !sameCell(b, column, top, a, other, rows)) cells.add(row * COLUMNS + column);
      }
    }
    return cells;
  };
  // Rectangles, in cells, around the cells that are not further than two cells from each other.
  const regions = (cells) => {
    const left = new Set(cells), found = [];
    for (const first of cells) {
      if (!left.delete(first)) continue;
      const box = { left: COLUMNS, right: 0, top: Infinity, bottom: 0 }, waiting = [first];
      while (waiting.length) {
        const cell = waiting.pop(), row = Math.floor(cell / COLUMNS), column = cell % COLUMNS;
        box.left = Math.min(box.left, column); box.right = Math.max(box.right, column + 1);
        box.top = Math.min(box.top, row); box.bottom = Math.max(box.bottom, row + 1);
        for (let y = row - 2; y <= row + 2; y++) {
          for (let x = Math.max(0, column - 2); x <= Math.min(COLUMNS - 1, column + 2); x++) {
            if (left.delete(y * COLUMNS + x)) waiting.push(y * COLUMNS + x);
          }
        }
      }
      found.push(box);
    }
    // Rectangles that touch become one.
    for (let i = 0; i < found.length; i++) {
      const j = found.findIndex((o, k) => k > i && o.left <= found[i].right && o.right >= found[i].left && o.top <= found[i].bottom && o.bottom >= found[i].top);
      if (j < 0) continue;
      const [o] = found.splice(j, 1), b = found[i];
      found[i] = { left: Math.min(b.left, o.left), right: Math.max(b.right, o.right), top: Math.min(b.top, o.top), bottom: Math.max(b.bottom, o.bottom) };
      i = -1;
    }
    return found.sort((a, b) => a.top - b.top || a.left - b.left);
  };
  const outline = (image, height, boxes) => boxes.map((box) => {
    const mark = Object.assign(document.createElement("div"), { className: "change" });
    const bottom = Math.min(height, box.bottom * CELL);
    mark.style.left = `${(box.left / COLUMNS) * 100}%`;
    mark.style.width = `${((box.right - box.left) / COLUMNS) * 100}%`;
    mark.style.top = `${((box.top * CELL) / height) * 100}%`;
    mark.style.height = `${((bottom - box.top * CELL) / height) * 100}%`;
    // In a frame that is as high as its picture, whatever the other one is.
    image.parentElement.append(mark);
    return mark;
  });
  const compare = () => {
    const a = read(then), b = read(now);
    const before = outline(then, a.height, regions(differing(b, a)));
    const after = outline(now, b.height, regions(differing(a, b)));
    const marks = after.length >= before.length ? after : before;
    changes.textContent = marks.length ? _("Places that differ: {number}. Keys: ← → slide, j k next and previous change.", { number: marks.length }) : _("The pictures do not differ.");
    for (const one of steps) one.disabled = !marks.length;
    const go = (to) => {
      if (!marks.length) return;
      marks[here]?.classList.remove("here");
      here = here < 0 && to < 0 ? marks.length - 1 : (here + to + marks.length) % marks.length;
      const mark = marks[here];
      mark.classList.add("here");
      mark.scrollIntoView({ block: "center" });
      changes.textContent = _("Change {here} of {all}", { here: here + 1, all: marks.length });
    };
    document.querySelector("#next").addEventListener("click", () => go(1));
    document.querySelector("#previous").addEventListener("click", () => go(-1));
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=range]")) return;
      if (event.key === "j") go(1);
      else if (event.key === "k") go(-1);
      else if (event.key === "ArrowLeft" && !apart.checked) slide(+at.value - 2);
      else if (event.key === "ArrowRight" && !apart.checked) slide(+at.value + 2);
    });
  };
  controls.hidden = false;
  show();
  Promise.all([then.decode(), now.decode()]).then(compare).catch(() => { changes.textContent = _("The pictures cannot be compared."); });
})();
