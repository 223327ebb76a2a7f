document.querySelectorAll("table.sort th button").forEach(function (button) {
  button.onclick = function () {
    var th = button.parentNode, table = th.closest("table"), body = table.tBodies[0];
    var up = th.getAttribute("aria-sort") === "descending", column = th.cellIndex;
    table.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    Array.from(body.rows).map(function (row, i) {
      var key = row.cells[column].dataset.v, number = key === "" ? -Infinity : Number(key);
      return { row: row, i: i, key: isNaN(number) ? key : number };
    }).sort(function (a, b) {
      var order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
      return (up ? order : -order) || a.i - b.i;
    }).forEach(function (entry) { body.appendChild(entry.row); });
  };
});
