// The grid of a shared table: arrows, Enter, Tab and typing as in a spreadsheet; every edit is sent with a key of its own until the server has said what became of it,
// and what others write is shown as they do. Where somebody was there first, both are shown and the person chooses. Without script rows have forms.
(function () {
  "use strict";
  var grid = document.getElementById("grid"), form = document.getElementById("grid-form"), said = document.getElementById("grid-said");
  if (!grid || !form) return;
  var words = grid.dataset, token = form.querySelector('[name="_token"]').value, waiting = 0, more = 0;
  var columns = {};
  form.querySelectorAll("[data-column]").forEach(function (c) { columns[c.dataset.column] = c.dataset; });
  function cells() { return Array.prototype.slice.call(grid.querySelectorAll(".grid-cell")); }
  function find(row, col) { return grid.querySelector('.grid-cell[data-row="' + CSS.escape(row) + '"][data-col="' + CSS.escape(col) + '"]'); }
  function say(text) { said.textContent = text || ""; }
  function key() { return Array.prototype.map.call(crypto.getRandomValues(new Uint8Array(12)), function (b) { return b.toString(16).padStart(2, "0"); }).join(""); }

  function show(cell, value, rev) {
    cell.dataset.value = value;
    if (rev) cell.dataset.rev = rev;
    var kind = columns[cell.dataset.col].kind, text = kind === "check" ? (value === "1" ? "✓" : "") : value, bdi = document.createElement("bdi");
    bdi.textContent = Array.from(text).length > 80 ? Array.from(text).slice(0, 80).join("") + "…" : text;
    if (kind === "link" && /^https?:\/\//.test(value)) {
      var a = document.createElement("a");
      a.href = value; a.rel = "noreferrer noopener nofollow"; a.tabIndex = -1;
      a.appendChild(bdi); bdi = a;
    }
    cell.replaceChildren(bdi);
  }
  function mark(cell, name) { cell.classList.remove("pending", "fresh", "bad"); if (name) cell.classList.add(name); }

  // One edit at a time of a cell: the next is sent on what the one before it made.
  function send(cell, value, seen, id) {
    id = id || key();
    cell.dataset.sending = "1"; cell.dataset.wanted = value;
    mark(cell, "pending");
    waiting++;
    say(words.pending.replace("{n}", waiting));
    var body = new URLSearchParams({ _token: token, key: id, verb: "set", row: cell.dataset.row, col: cell.dataset.col, seen: seen, value: value });
    fetch(words.home + "/edit", { method: "POST", body: body, headers: { Accept: "application/json" } }).then(function (r) {
      if (r.redirected || r.headers.get("Content-Type").indexOf("application/json") < 0) throw new Error(r.status >= 500 ? "" : "page");
      return r.json();
    }).then(function (out) {
      waiting--;
      delete cell.dataset.sending;
      say(waiting ? words.pending.replace("{n}", waiting) : words.saved);
      if (out.fault) { show(cell, cell.dataset.value); mark(cell, "bad"); say(out.fault); return; }
      if (out.state === "conflict") { show(cell, out.value, out.rev); mark(cell, "bad"); ask(cell, value, out); return; }
      if (out.state === "gone") { mark(cell, "bad"); say(words.gone); return; }
      show(cell, out.value, out.rev);
      mark(cell, "fresh");
    }).catch(function (e) {
      waiting--;
      if (e.message === "page") { mark(cell, "bad"); say(words.broken); return; }
      say(words.pending.replace("{n}", waiting + 1));
      setTimeout(function () { send(cell, value, seen, id); }, 1500); // the same key: it counts once
    });
  }
  function ask(cell, mine, out) {
    var box = document.createElement("div"), text = document.createElement("p"), own = document.createElement("button"), other = document.createElement("button");
    box.className = "grid-met"; text.className = "mb-2";
    text.textContent = words.met.replace("{who}", out.theirs || "").replace("{theirs}", out.value || words.none).replace("{mine}", mine || words.none);
    own.type = other.type = "button"; own.className = "btn btn-sm btn-primary me-2"; other.className = "btn btn-sm";
    own.textContent = words.mine; other.textContent = words.theirs;
    own.addEventListener("click", function () { box.remove(); send(cell, mine, out.rev); cell.focus(); });
    other.addEventListener("click", function () { box.remove(); mark(cell, ""); cell.focus(); });
    box.append(text, own, other);
    cell.parentNode.appendChild(box);
    own.focus();
  }

  var open = null;
  function edit(cell, first) {
    if (!words.edits || open || cell.dataset.sending) return;
    var c = columns[cell.dataset.col];
    if (!c) return;
    if (c.kind === "check") { send(cell, cell.dataset.value === "1" ? "" : "1", cell.dataset.rev); return; }
    var field, value = first === undefined ? cell.dataset.value : first;
    if (c.kind === "choice") {
      field = document.createElement("select");
      [""].concat(c.options.split("\n")).forEach(function (o) { var x = document.createElement("option"); x.value = x.textContent = o; field.appendChild(x); });
      value = cell.dataset.value;
    } else {
      field = document.createElement(c.kind === "text" && cell.dataset.value.indexOf("\n") >= 0 ? "textarea" : "input");
      if (c.kind === "date") { field.type = "date"; value = cell.dataset.value; }
      if (c.kind === "number") field.inputMode = "decimal";
      field.maxLength = c.kind === "person" ? 40 : 2000;
    }
    field.value = value;
    field.setAttribute("aria-label", c.name);
    open = { cell: cell, field: field, seen: cell.dataset.rev };
    cell.replaceChildren(field);
    field.focus();
    if (first === undefined && field.select) field.select();
    field.addEventListener("blur", function () { close(true); });
  }
  function close(keep) {
    if (!open) return;
    var was = open, value = was.field.value.trim();
    open = null;
    if (keep && value !== was.cell.dataset.value) {
      var old = was.cell.dataset.value;
      show(was.cell, value);
      was.cell.dataset.value = old;
      send(was.cell, value, was.seen);
    } else show(was.cell, was.cell.dataset.value);
  }
  function go(cell, dx, dy) {
    var row = cell.closest("tr"), line = Array.prototype.slice.call(row.querySelectorAll(".grid-cell")), i = line.indexOf(cell), to = line[i + dx];
    if (dy) { var next = dy > 0 ? row.nextElementSibling : row.previousElementSibling; to = next && next.querySelectorAll(".grid-cell")[i]; }
    if (!to && dx && !dy) { var turn = dx > 0 ? row.nextElementSibling : row.previousElementSibling, list = turn ? turn.querySelectorAll(".grid-cell") : []; to = list[dx > 0 ? 0 : list.length - 1]; }
    if (to) to.focus();
    return !!to;
  }
  grid.addEventListener("focusin", function (e) {
    if (!e.target.classList.contains("grid-cell")) return;
    cells().forEach(function (c) { c.tabIndex = c === e.target ? 0 : -1; });
  });
  grid.addEventListener("dblclick", function (e) { var cell = e.target.closest(".grid-cell"); if (cell) edit(cell); });
  // beside goes to the next cell of the same row.
  function beside(cell, dx) {
    var line = Array.prototype.slice.call(cell.closest("tr").querySelectorAll(".grid-cell")), to = line[line.indexOf(cell) + dx];
    if (to) to.focus();
    return !!to;
  }
  grid.addEventListener("keydown", function (e) {
    var cell = e.target.closest(".grid-cell"), link = !cell && e.target.closest("tr a");
    if (link && e.key === "Tab" && !e.ctrlKey && !e.metaKey && !e.altKey) { // only one cell is a stop of its own: a row's cells come after its link
      var row = e.shiftKey ? link.closest("tr").previousElementSibling : link.closest("tr"), list = row ? row.querySelectorAll(".grid-cell") : [], to = list[e.shiftKey ? list.length - 1 : 0];
      if (to) { e.preventDefault(); to.focus(); }
      return;
    }
    if (!cell || e.target.closest(".grid-met")) return;
    if (open) {
      if (e.isComposing || e.keyCode === 229) return; // an input method is at work
      if (e.key === "Escape") { e.preventDefault(); close(false); cell.focus(); }
      else if (e.key === "Enter" && !e.shiftKey && !e.altKey) { e.preventDefault(); close(true); if (!go(cell, 0, 1)) cell.focus(); }
      else if (e.key === "Tab") { e.preventDefault(); close(true); if (!go(cell, e.shiftKey ? -1 : 1, 0)) cell.focus(); }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    var move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (move) { e.preventDefault(); go(cell, move[0], move[1]); }
    else if (e.key === "Tab" && beside(cell, e.shiftKey ? -1 : 1)) e.preventDefault(); // at the end of a row the next row's link comes
    else if (e.key === "Enter" || e.key === "F2" || e.key === " ") { e.preventDefault(); edit(cell); }
    else if (e.key === "Delete" || e.key === "Backspace") { if (words.edits && cell.dataset.value && !cell.dataset.sending) { e.preventDefault(); send(cell, "", cell.dataset.rev); } }
    else if (e.key.length === 1) { e.preventDefault(); edit(cell, e.key); }
  });
  var first = grid.querySelector(".grid-cell");
  if (first) first.tabIndex = 0;
  window.addEventListener("beforeunload", function (e) { if (waiting || open) e.preventDefault(); });

  if (!words.live || !window.EventSource) return;
  var stream = new EventSource(words.home + "/live?after=" + words.after);
  stream.addEventListener("edit", function (e) {
    var told = JSON.parse(e.data);
    if (told.verb !== "set") { more++; say(words.more.replace("{n}", more)); return; }
    var cell = find(String(told.row), told.col);
    if (!cell || Number(cell.dataset.rev) >= told.no) return;
    if (open && open.cell === cell || cell.dataset.sending) return; // the person's own edit meets it, and is asked
    show(cell, told.value, told.no);
    mark(cell, "fresh");
  });
})();
