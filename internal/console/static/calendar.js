// Putting items of the calendar on another day: by dragging, or by Alt and the arrow keys. Both post the same form; without script an
// item's own page has a form for it.
(function () {
  "use strict";
  function board() { return document.querySelector("[data-calendar]"); }
  function day(text, by) {
    var at = new Date(text + "T12:00:00Z");
    at.setUTCDate(at.getUTCDate() + by);
    return at.toISOString().slice(0, 10);
  }
  function move(item, date) {
    var form = board() && document.getElementById(board().dataset.calendar);
    if (!form || date === item.dataset.date) return;
    form.action = "/calendar/" + item.dataset.item + "/move";
    form.elements.date.value = date;
    form.submit();
  }
  var held = null;
  function over(e) { return held && e.target.closest ? e.target.closest("[data-day]") : null; }
  document.addEventListener("dragstart", function (e) {
    held = e.target.closest ? e.target.closest("[data-item]") : null;
    if (held) { e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", held.dataset.item); }
  });
  document.addEventListener("dragover", function (e) {
    var target = over(e);
    if (!target) return;
    e.preventDefault();
    document.querySelectorAll(".calendar-over").forEach(function (el) { if (el !== target) el.classList.remove("calendar-over"); });
    target.classList.add("calendar-over");
  });
  document.addEventListener("drop", function (e) {
    var target = over(e);
    if (!target) return;
    e.preventDefault();
    move(held, target.dataset.day);
  });
  document.addEventListener("dragend", function () {
    held = null;
    document.querySelectorAll(".calendar-over").forEach(function (el) { el.classList.remove("calendar-over"); });
  });
  document.addEventListener("keydown", function (e) {
    var by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[e.key];
    var item = e.target.closest ? e.target.closest("[data-item]") : null;
    if (!e.altKey || !by || !item) return;
    e.preventDefault();
    move(item, day(item.dataset.date, by));
  });
})();
