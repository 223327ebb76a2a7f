// Put into the head of a report by tests/plots/test_browser.c: uses the page as a reader would, and tells its frame a verdict.
var failures = [];
addEventListener("error", function (e) { failures.push("script error: " + e.message); });
console.error = function (text) { failures.push("console error: " + text); };
function must(ok, text) { if (!ok) failures.push(text); }

function keys(table, column) {
  return Array.from(table.tBodies[0].rows).map(function (row) { return row.cells[column].dataset.v; })
    .filter(function (v) { return v !== ""; }).map(Number);
}
function rises(list) { return list.every(function (v, i) { return i === 0 || list[i - 1] <= v; }); }

function checkLayout() {
  var width = document.documentElement.scrollWidth;
  must(innerWidth === WIDTH, "the window is " + innerWidth + " wide, not " + WIDTH);
  must(width <= innerWidth, "the page is " + width + " wide in a window of " + innerWidth);
  must(document.querySelector(".toc details").open === (innerWidth >= 1120), "contents are folded on a phone only");
  document.querySelectorAll(".toc a").forEach(function (a) {
    must(document.getElementById(a.hash.slice(1)), "contents lead nowhere: " + a.hash);
  });
}

function checkSorting() {
  var table = document.querySelector("#table ~ .wide table.sort, #table ~ .tools ~ .wide table.sort");
  var th = table.tHead.rows[0].cells[1], button = th.querySelector("button");
  must(button && button.tabIndex === 0, "a heading can be reached by keys");
  button.click();
  must(th.getAttribute("aria-sort") === "descending", "the first click sorts numbers downwards");
  must(rises(keys(table, 1).reverse()), "rows fall");
  button.click();
  must(th.getAttribute("aria-sort") === "ascending" && rises(keys(table, 1)), "the second click turns the order");
  must(table.querySelectorAll("[aria-sort]").length === 1, "one column is sorted");
}

function checkFilter() {
  var box = document.querySelector(".tools input"), table, shown;
  must(box, "a long table has a filter");
  if (!box) return;
  table = box.parentNode.nextElementSibling.querySelector("table");
  box.value = "higher";
  box.oninput();
  shown = Array.from(table.tBodies[0].rows).filter(function (row) { return !row.hidden; });
  must(shown.length > 0 && shown.length < table.tBodies[0].rows.length, "some rows are left: " + shown.length);
  must(shown.every(function (row) { return row.textContent.toLowerCase().includes("higher"); }), "those with the word");
  must(/ of \d+ rows/.test(box.parentNode.querySelector("output").textContent), "the count is told");
  box.value = "";
  box.oninput();
  must(!table.querySelector("tr[hidden]"), "an empty filter shows all");
}

function checkTheme() {
  var buttons = document.querySelectorAll(".seg button"), colours = [];
  buttons.forEach(function (button) {
    button.click();
    colours.push(getComputedStyle(document.body).backgroundColor);
    must(button.getAttribute("aria-pressed") === "true", "the theme chosen is marked");
  });
  must(buttons.length === 3 && colours[1] !== colours[2], "light and dark differ: " + colours);
  buttons[1].click();
}

function checkDownloads() {
  var figures = document.querySelectorAll("figure"), blobs = [], create = URL.createObjectURL;
  URL.createObjectURL = function (blob) { blobs.push(blob); return create.call(URL, blob); };
  HTMLAnchorElement.prototype.click = function () { must(/\.(svg|csv)$/.test(this.download), "a file has a name"); };
  must(figures.length > 0, "there are figures");
  figures.forEach(function (figure) {
    var buttons = figure.querySelectorAll(".get button");
    must(buttons.length === 2, "a figure offers SVG and CSV");
    buttons.forEach(function (button) { button.click(); });
  });
  return Promise.all(blobs.map(function (blob) {
    return blob.text().then(function (text) {
      if (blob.type !== "image/svg+xml") {
        must(/^[a-z_,.A-Z0-9]+\n/.test(text), "CSV has a head: " + text.slice(0, 40));
        return;
      }
      var svg = new DOMParser().parseFromString(text, "image/svg+xml");
      must(!svg.querySelector("parsererror"), "SVG is well formed");
      must(!text.includes("var(--"), "SVG has colours of its own");
      svg.querySelectorAll("use").forEach(function (use) {
        must(svg.getElementById((use.getAttribute("href") || use.getAttribute("xlink:href")).slice(1)), "SVG has its letters");
      });
    });
  }));
}

addEventListener("load", function () {
  try {
    checkLayout();
    checkSorting();
    checkFilter();
    checkTheme();
    checkDownloads().then(finish, function (e) { failures.push(String(e)); finish(); });
  } catch (e) {
    failures.push(String(e));
    finish();
  }
});
function finish() {
  parent.postMessage(failures.length === 0 ? "good" : Array.from(new Set(failures)).slice(0, 8).join("; "), "*");
}
