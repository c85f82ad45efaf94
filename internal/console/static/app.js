// What pages need beyond htmx: charts, copying, tick boxes, keys of the review queue, the progress of an upload. Every page works without.
(function () {
  "use strict";
  var said = function (text) { var el = document.getElementById("said"); if (el) el.textContent = text; };

  var font = { fontFamily: getComputedStyle(document.body).fontFamily };
  var ink = "#667085", colours = ["#1677ff", "#07c160", "#f59f00", "#7a5af8", "#c9d1dc"];
  function option(v) {
    var text = { color: ink, fontSize: 12 };
    var tip = { trigger: v.kind === "heat" ? "item" : "axis", renderMode: "richText", confine: true };
    if (v.kind === "heat") {
      var cells = [], unknown = [], top = 1;
      v.heat.forEach(function (row, y) { row.forEach(function (n, x) { (n === null ? unknown : cells).push([x, y, n]); }); });
      // One extraordinary hour must not wash out all others: the scale ends at the 95th percentile of what is not zero.
      var some = cells.map(function (c) { return c[2]; }).filter(Boolean).sort(function (a, b) { return a - b; });
      top = some.length ? some[Math.floor((some.length - 1) * 0.95)] : 1;
      return {
        animation: false, textStyle: font, aria: { enabled: true }, tooltip: { renderMode: "richText", confine: true, formatter: function (p) { return v.rows[p.value[1]] + " " + v.labels[p.value[0]] + "  " + p.value[2] + " " + v.unit; } },
        grid: { left: 44, right: 8, top: 8, bottom: 56 },
        xAxis: { type: "category", data: v.labels, axisLabel: text, axisTick: { show: false }, splitArea: { show: false } },
        yAxis: { type: "category", data: v.rows, inverse: true, axisLabel: text, axisTick: { show: false } },
        visualMap: { seriesIndex: 0, min: 0, max: top, orient: "horizontal", left: "center", bottom: 0, itemHeight: 90, itemWidth: 10, textStyle: text, inRange: { color: ["#eef3fb", "#8ebbff", "#1677ff", "#0b3a82"] } },
        series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: "#fff", borderWidth: 1 } },
          { type: "scatter", data: unknown.map(function (c) { return [c[0], c[1]]; }), symbol: "path://M0 0L8 8M8 0L0 8", symbolSize: 7, silent: true, itemStyle: { color: "transparent", borderColor: "#98a2b3", borderWidth: 1 } }]
      };
    }
    var right = v.series.some(function (s) { return s.right; });
    var axis = function (name, align) { return { type: "value", name: name, nameTextStyle: { color: ink, fontSize: 12, align: align }, axisLabel: text, minInterval: 1, splitLine: { lineStyle: { color: "#eef0f4" } } }; };
    var left = v.series.filter(function (s) { return !s.right; })[0], other = v.series.filter(function (s) { return s.right; })[0];
    var y = [axis(right && left ? left.name : v.unit, "left")];
    if (right) { y.push(axis(other.name, "right")); y[1].splitLine = { show: false }; }
    return {
      animation: false, textStyle: font, aria: { enabled: true }, color: colours, tooltip: tip,
      legend: { bottom: 0, textStyle: text, icon: "roundRect", itemWidth: 14, itemHeight: 6 },
      grid: { left: 8, right: 8, top: 32, bottom: 32, containLabel: true },
      xAxis: { type: "category", data: v.labels, axisLabel: { color: ink, fontSize: 12, hideOverlap: true, rotate: 0 }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#d0d5dd" } } },
      yAxis: y,
      series: v.series.map(function (s) {
        return { name: s.name, type: v.kind === "bars" ? "bar" : "line", yAxisIndex: s.right ? 1 : 0, data: s.data, smooth: false, symbolSize: 6, barMaxWidth: 28 };
      })
    };
  }
  function draw(root) {
    if (!window.echarts) return;
    root.querySelectorAll("[data-chart]").forEach(function (el) {
      var source = document.getElementById(el.dataset.chart);
      if (!source) return;
      var chart = echarts.getInstanceByDom(el) || echarts.init(el, null, { renderer: "canvas" });
      chart.setOption(option(JSON.parse(source.textContent)), true);
      if (!el.dataset.watched) { el.dataset.watched = "1"; new ResizeObserver(function () { chart.resize(); }).observe(el); }
    });
  }
  draw(document);

  // One event stream per visible page only: browsers allow six connections to a server, and people keep many tabs. A page
  // that comes back reads its parts again. Each kind of event is passed on at once, then at most every two seconds, the
  // last one always.
  if (window.htmx) htmx.createEventSource = function (url) {
    var ears = {}, resting = {}, inner = null, over = false;
    var outer = {
      url: url, onopen: null, onerror: null,
      get readyState() { return over ? 2 : inner ? inner.readyState : 1; },
      addEventListener: function (name, hear) {
        if (!ears[name]) { ears[name] = []; if (inner) inner.addEventListener(name, pass); }
        ears[name].push(hear);
      },
      removeEventListener: function (name, hear) { ears[name] = (ears[name] || []).filter(function (f) { return f !== hear; }); },
      close: function () { over = true; stop(); document.removeEventListener("visibilitychange", turn); }
    };
    function pass(e) {
      if (resting[e.type]) { resting[e.type].last = e; return; }
      var rest = resting[e.type] = { last: null };
      setTimeout(function () { delete resting[e.type]; if (rest.last) pass(rest.last); }, 2000);
      ears[e.type].slice().forEach(function (hear) { hear(e); });
    }
    function start() {
      if (inner || over) return;
      inner = new EventSource(url);
      inner.onopen = function (e) { if (outer.onopen) outer.onopen(e); };
      inner.onerror = function (e) { if (inner && inner.readyState === 2) outer.close(); if (outer.onerror) outer.onerror(e); };
      Object.keys(ears).forEach(function (name) { inner.addEventListener(name, pass); });
    }
    function stop() { if (inner) { inner.close(); inner = null; } }
    function turn() {
      if (document.hidden) { stop(); return; }
      start();
      Object.keys(ears).forEach(function (name) { pass(new MessageEvent(name, { data: "0" })); });
    }
    document.addEventListener("visibilitychange", turn);
    if (!document.hidden) start();
    return outer;
  };

  document.addEventListener("htmx:afterSettle", function (e) { draw(document); if (e.detail.requestConfig && e.detail.requestConfig.verb === "get") { var s = document.getElementById("said"); if (s) said(s.dataset.fresh); } });

  document.addEventListener("click", function (e) {
    var copy = e.target.closest("[data-copy]");
    if (copy) {
      var from = document.getElementById(copy.dataset.copy);
      navigator.clipboard.writeText(from.textContent).then(function () { var s = document.getElementById("said"); said(s.dataset.copied); copy.classList.add("btn-success"); });
      return;
    }
    var ask = e.target.closest("[popovertarget]"), asked = ask && ask.getAttribute("popovertarget");
    if (ask && !document.getElementById(asked)) { // a row that came after the page did: its question is read now
      fetch(location.href).then(function (r) { return r.text(); }).then(function (page) {
        var got = new DOMParser().parseFromString(page, "text/html").getElementById(asked);
        if (!got) { location.reload(); return; }
        document.querySelector("main").appendChild(document.importNode(got, true)).showPopover();
      });
      return;
    }
    document.querySelectorAll("details.menu[open]").forEach(function (d) { if (!d.contains(e.target)) d.open = false; });
  });
  document.addEventListener("change", function (e) {
    var all = e.target.closest("[data-all]");
    if (all) document.querySelectorAll('input[name="' + all.dataset.all + '"]').forEach(function (box) { box.checked = all.checked; });
  });
  document.addEventListener("keydown", function (e) {
    var menu = e.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    if ((e.ctrlKey || e.metaKey) && e.key === "k") { var q = document.getElementById("q"); if (q) { e.preventDefault(); q.focus(); } return; }
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    var hit = document.querySelector('[data-key="' + CSS.escape(e.key.toLowerCase()) + '"]');
    if (hit) { e.preventDefault(); hit.click(); }
  });
  document.addEventListener("submit", function (e) {
    var form = e.target, bar = form.querySelector(".upload-bar");
    if (!bar || !window.FormData) return;
    e.preventDefault();
    bar.classList.remove("d-none");
    var x = new XMLHttpRequest();
    x.upload.onprogress = function (p) { if (p.lengthComputable) bar.value = 100 * p.loaded / p.total; };
    x.onload = function () { if (x.status < 400) location.href = x.responseURL; else form.submit(); };
    x.onerror = function () { bar.classList.add("d-none"); form.submit(); };
    x.open("POST", form.action);
    x.send(new FormData(form));
  });
})();
