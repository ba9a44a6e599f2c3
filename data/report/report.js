"use strict";
// Adds to a page that is whole without it: sorting, what-if sliders, a switch of the theme.
(function () {
  function value(cell) {
    var text = cell.textContent.replace(/[, %]/g, "");
    var number = text === "" || text === "–" ? NaN : Number(text);
    return isNaN(number) ? null : number;
  }
  function compare(a, b, column) {
    var x = value(a.cells[column]), y = value(b.cells[column]);
    if (x !== null && y !== null) return x - y;
    if (x !== null || y !== null) return x !== null ? -1 : 1;
    return a.cells[column].textContent.localeCompare(b.cells[column].textContent);
  }
  function sortBy(table, head, column) {
    var down = head.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("thead th").forEach(function (th) { th.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var body = table.tBodies[0];
    var rows = Array.from(body.rows);
    var total = rows.filter(function (row) { return row.classList.contains("total"); });
    rows = rows.filter(function (row) { return !row.classList.contains("total"); });
    rows.sort(function (a, b) { return (down ? -1 : 1) * compare(a, b, column); });
    rows.concat(total).forEach(function (row) { body.appendChild(row); });
  }
  document.querySelectorAll("table.sort").forEach(function (table) {
    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      if (!head.textContent || table.tBodies[0].rows.length < 3) return;
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () { sortBy(table, head, column); });
    });
  });

  var holder = document.getElementById("what-if-data");
  var curves = holder ? [].concat(JSON.parse(holder.textContent)) : [];
  curves.forEach(function (curve) {
    var input = document.getElementById(curve.id + "-range");
    var output = document.getElementById(curve.id + "-out");
    var cursor = document.querySelector("#" + curve.chart + " .cursor");
    function show() {
      var i = Number(input.value);
      output.textContent = curve.label[i];
      input.setAttribute("aria-valuetext", curve.label[i]);
      cursor.setAttribute("x1", curve.px[i]);
      cursor.setAttribute("x2", curve.px[i]);
      cursor.setAttribute("visibility", "visible");
      curve.cells[i].forEach(function (row, r) {
        row.forEach(function (text, c) {
          document.getElementById(curve.id + "-" + r + "-" + c).textContent = text;
        });
      });
    }
    input.addEventListener("input", show);
    input.closest(".slider").hidden = false;
    show();
  });
  document.querySelectorAll(".noscript").forEach(function (note) { note.hidden = true; });

  function openTarget() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  var footer = document.querySelector("footer");
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  var button = document.createElement("button");
  button.type = "button";
  button.className = "theme";
  function name() { button.textContent = footer.getAttribute(dark ? "data-light" : "data-dark"); }
  button.addEventListener("click", function () {
    dark = !dark;
    document.documentElement.setAttribute("data-theme", dark ? "dark" : "light");
    name();
  });
  name();
  document.querySelector("header").appendChild(button);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && location.hash.startsWith("#w")) location.hash = "#-";
  });
})();
