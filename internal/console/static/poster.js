// The stage of the poster editor: layers are dragged and sized with the pointer or the arrow keys and snap to edges and middle lines.
// What is done is written into the form's fields; without this script the fields do it all.
(function () {
  "use strict";
  var form = document.querySelector("form[data-poster]"), stage = form && form.querySelector("[data-stage]");
  if (!stage) return;
  var wide = +stage.dataset.wide, high = +stage.dataset.high, picture = stage.querySelector("img"), boxes = [], asked = 0, waits = 0;
  var field = function (i, name) { return form.elements["l" + i + "." + name]; };
  var get = function (i, name) { return parseFloat(field(i, name).value) || 0; };
  var guides = ["x", "y"].map(function (axis) { var g = document.createElement("div"); g.className = "poster-guide poster-guide-" + axis; g.hidden = true; stage.appendChild(g); return g; });

  // undo and redo: the form as it was
  var past = [], future = [];
  var undo = form.querySelector("[data-undo]"), redo = form.querySelector("[data-redo]");
  function snapshot() {
    return Array.prototype.map.call(form.elements, function (el) { return el.type === "checkbox" ? el.checked : el.value; });
  }
  function restore(s) {
    Array.prototype.forEach.call(form.elements, function (el, i) { if (el.type === "checkbox") el.checked = s[i]; else if (el.tagName !== "BUTTON") el.value = s[i]; });
    place(); refresh();
  }
  var last = snapshot();
  function note() {
    var now = snapshot();
    if (now.join("\u0000") === last.join("\u0000")) return;
    past.push(last); if (past.length > 100) past.shift();
    last = now; future = []; buttons();
  }
  function buttons() { undo.disabled = !past.length; redo.disabled = !future.length; }
  undo.classList.remove("d-none"); redo.classList.remove("d-none");
  undo.addEventListener("click", function () { if (!past.length) return; future.push(last); last = past.pop(); restore(last); buttons(); });
  redo.addEventListener("click", function () { if (!future.length) return; past.push(last); last = future.pop(); restore(last); buttons(); });
  buttons();

  function place() {
    boxes.forEach(function (b) {
      b.el.style.left = 100 * get(b.i, "x") / wide + "%"; b.el.style.top = 100 * get(b.i, "y") / high + "%";
      b.el.style.width = 100 * get(b.i, "w") / wide + "%"; b.el.style.height = 100 * get(b.i, "h") / high + "%";
    });
  }

  // refresh asks for the picture of what the form says now; the last answer counts.
  function refresh() {
    clearTimeout(waits);
    waits = setTimeout(function () {
      var mine = ++asked;
      fetch(form.dataset.poster, { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(function (r) { return r.ok ? r.text() : ""; }).then(function (src) {
        if (mine === asked && src.indexOf("data:image/png") === 0) picture.src = src;
      });
    }, 250);
  }

  // snap moves a value to the nearest line within reach, of those that its near edge, middle and far edge may lie on.
  function snap(v, size, lines, guide, side, whole) {
    var best = v, least = 12, on = null;
    [0, size / 2, size].forEach(function (part) {
      lines.forEach(function (l) { var d = Math.abs(v + part - l); if (d < least) { least = d; best = l - part; on = l; } });
    });
    guide.hidden = on === null;
    if (on !== null) guide.style[side] = 100 * on / whole + "%";
    return Math.round(best);
  }
  function lines(i, pos, size, whole) {
    var out = [0, whole / 2, whole, 84, whole - 84];
    boxes.forEach(function (b) { if (b.i !== i) { var p = get(b.i, pos), s = get(b.i, size); out.push(p, p + s / 2, p + s); } });
    return out;
  }
  function choose(i) {
    boxes.forEach(function (b) { b.el.classList.toggle("on", b.i === i); });
    var d = form.querySelector('[data-layer="' + i + '"]');
    if (d) d.open = true;
  }

  form.querySelectorAll("[data-layer]").forEach(function (d) {
    var i = +d.dataset.layer, el = document.createElement("div"), grip = document.createElement("span");
    el.className = "poster-box"; el.tabIndex = 0; el.setAttribute("role", "button"); el.setAttribute("aria-label", d.querySelector("summary").textContent);
    el.appendChild(grip); stage.appendChild(el);
    boxes.push({ i: i, el: el });
    el.addEventListener("pointerdown", function (e) {
      if (e.button) return;
      e.preventDefault(); el.focus(); choose(i); el.setPointerCapture(e.pointerId);
      var by = wide / stage.clientWidth, x0 = e.clientX, y0 = e.clientY, x = get(i, "x"), y = get(i, "y"), w = get(i, "w"), h = get(i, "h"), sizes = e.target === grip;
      function move(m) {
        var dx = (m.clientX - x0) * by, dy = (m.clientY - y0) * by;
        if (sizes) {
          field(i, "w").value = Math.max(20, Math.round(snap(x + w + dx, 0, lines(i, "x", "w", wide), guides[0], "left", wide) - x));
          field(i, "h").value = Math.max(20, Math.round(snap(y + h + dy, 0, lines(i, "y", "h", high), guides[1], "top", high) - y));
        } else {
          field(i, "x").value = snap(x + dx, w, lines(i, "x", "w", wide), guides[0], "left", wide);
          field(i, "y").value = snap(y + dy, h, lines(i, "y", "h", high), guides[1], "top", high);
        }
        place();
      }
      function end() {
        el.removeEventListener("pointermove", move); el.removeEventListener("pointerup", end); el.removeEventListener("pointercancel", end);
        guides.forEach(function (g) { g.hidden = true; });
        note(); refresh();
      }
      el.addEventListener("pointermove", move); el.addEventListener("pointerup", end); el.addEventListener("pointercancel", end);
    });
    el.addEventListener("keydown", function (e) {
      var step = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] }[e.key];
      if (!step) return;
      e.preventDefault();
      field(i, step[0]).value = get(i, step[0]) + step[1] * (e.shiftKey ? 10 : 1);
      place(); note(); refresh();
    });
    d.addEventListener("toggle", function () { if (d.open) choose(i); });
  });
  form.addEventListener("change", function () { place(); note(); refresh(); });
  place();
})();
