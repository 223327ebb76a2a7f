"use strict";
(function () {
  var root = document.documentElement, make = function (tag, props, parent) {
    var e = Object.assign(document.createElement(tag), props || {});
    if (parent) parent.appendChild(e);
    return e;
  };

  /* ---- theme: as the reader's system has it, or as they say here ---- */
  var bar = document.querySelector(".bar");
  if (bar) {
    var group = make("div", { className: "seg" }, bar);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Theme");
    [["Auto", ""], ["Light", "light"], ["Dark", "dark"]].forEach(function (theme) {
      var button = make("button", { type: "button", textContent: theme[0] }, group);
      button.setAttribute("aria-pressed", theme[1] === "");
      button.onclick = function () {
        if (theme[1]) root.dataset.theme = theme[1]; else delete root.dataset.theme;
        Array.from(group.children).forEach(function (b) { b.setAttribute("aria-pressed", b === button); });
      };
    });
  }

  /* ---- contents: folded on a phone, the chapter being read is marked ---- */
  var toc = document.querySelector(".toc details"), narrow = matchMedia("(max-width:1119px)");
  if (toc) {
    var fold = function () { toc.open = !narrow.matches; };
    fold();
    narrow.addEventListener("change", fold);
    var links = {}, marked = null;
    toc.querySelectorAll("a").forEach(function (a) {
      links[a.hash.slice(1)] = a;
      a.addEventListener("click", function () { if (narrow.matches) toc.open = false; });
    });
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || !links[entry.target.id]) return;
        if (marked) marked.removeAttribute("aria-current");
        marked = links[entry.target.id];
        marked.setAttribute("aria-current", "true");
      });
    }, { rootMargin: "0px 0px -75% 0px" });
    document.querySelectorAll("main h2[id],main h3[id]").forEach(function (h) { seen.observe(h); });
  }

  /* ---- tables: a heading sorts, words filter ---- */
  var keyOf = function (cell) {
    if (!cell) return -Infinity;
    if (cell.dataset.v !== undefined) {
      var v = cell.dataset.v;
      return v === "" ? -Infinity : isNaN(v) ? v.toLowerCase() : Number(v);
    }
    var text = cell.textContent.trim(), plain = text.replace(/\u2212/g, "-").replace(/[,\s%\u00a0]|^p [<=] ?/g, "");
    return plain !== "" && !isNaN(plain) ? Number(plain) : cell.classList.contains("n") ? -Infinity : text.toLowerCase();
  };
  var compare = function (a, b) {
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  };

  function sortable(table) {
    var heads = table.tHead.rows[0].cells, body = table.tBodies[0];
    Array.from(body.rows).forEach(function (row, i) { row.place = i; });
    Array.from(heads).forEach(function (th, column) {
      var button = th.querySelector("button");
      if (!button) {
        button = make("button", { type: "button" });
        while (th.firstChild) button.appendChild(th.firstChild);
        th.appendChild(button);
      }
      button.title = "Sort by this column";
      button.onclick = function () {
        var now = th.getAttribute("aria-sort"), first = th.classList.contains("n") ? "descending" : "ascending";
        var way = !now ? first : now === "ascending" ? "descending" : "ascending", sign = way === "ascending" ? 1 : -1;
        Array.from(heads).forEach(function (other) { other.removeAttribute("aria-sort"); });
        th.setAttribute("aria-sort", way);
        Array.from(body.rows).sort(function (a, b) {
          var x = keyOf(a.cells[column]), y = keyOf(b.cells[column]);
          if (x === -Infinity || y === -Infinity) return (x === -Infinity) - (y === -Infinity) || a.place - b.place;
          return sign * compare(x, y) || a.place - b.place;
        }).forEach(function (row) { body.appendChild(row); });
      };
    });
  }

  function filterable(table, wide) {
    var rows = Array.from(table.tBodies[0].rows), heads = table.tHead.rows[0].cells;
    if (rows.length < 8) return;
    var tools = make("div", { className: "tools" }), chosen = [];
    var box = make("input", { type: "search", placeholder: "Filter rows" }, tools);
    box.setAttribute("aria-label", "Filter rows by words");
    Array.from(heads).forEach(function (th, column) {
      var values = {}, list;
      if (rows.some(function (row) { return row.cells[column] && row.cells[column].dataset.v !== undefined && column > 0; })) return;
      rows.forEach(function (row) { values[row.cells[column] ? row.cells[column].textContent.trim() : ""] = true; });
      list = Object.keys(values);
      if (list.length < 2 || list.length > 12 || list.length * 2 > rows.length || (th.classList.contains("n") && list.length > 6))
        return;
      if (list.some(function (v) { return v.length > 40; })) return;
      var select = make("select", {}, tools), name = th.textContent.trim();
      select.setAttribute("aria-label", "Only this " + name);
      make("option", { value: "", textContent: name + ": all" }, select);
      list.forEach(function (v) { make("option", { value: "=" + v, textContent: v === "" ? "(none)" : v }, select); });
      select.onchange = apply;
      chosen.push([select, column]);
    });
    var told = make("output", {}, tools);
    function apply() {
      var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), left = 0;
      rows.forEach(function (row) {
        var text = row.textContent.toLowerCase();
        row.hidden = !(words.every(function (w) { return text.includes(w); }) && chosen.every(function (c) {
          return c[0].value === "" || (row.cells[c[1]] ? row.cells[c[1]].textContent.trim() : "") === c[0].value.slice(1);
        }));
        left += !row.hidden;
      });
      told.textContent = left === rows.length ? rows.length + " rows" : left + " of " + rows.length + " rows";
    }
    box.oninput = apply;
    apply();
    wide.parentNode.insertBefore(tools, wide);
  }

  document.querySelectorAll("table.sort").forEach(function (table) {
    if (!table.tHead || !table.tBodies[0]) return;
    sortable(table);
    filterable(table, table.closest(".wide") || table);
  });

  /* What scrolls sideways must be reachable by keys. */
  var reach = function () {
    document.querySelectorAll(".wide,.draw").forEach(function (e) {
      if (e.scrollWidth > e.clientWidth + 1) {
        e.tabIndex = 0;
        e.setAttribute("role", "region");
        e.setAttribute("aria-label", e.className === "wide" ? "Table, scrolls sideways" : "Figure, scrolls sideways");
      } else {
        e.removeAttribute("tabindex");
        e.removeAttribute("role");
        e.removeAttribute("aria-label");
      }
    });
  };
  reach();
  addEventListener("resize", reach);

  /* ---- downloads: made here, from what the page holds ---- */
  function save(name, type, text) {
    var a = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: type })) }, document.body);
    a.click();
    setTimeout(function () { URL.revokeObjectURL(a.href); a.remove(); }, 1000);
  }

  /* A drawing that stands alone: with the letters and words that it points to, and its colours as they are now. */
  function alone(svg) {
    var copy = svg.cloneNode(true), defs = document.createElementNS("http" + "://www.w3.org/2000/svg", "defs"), have = {};
    var style = getComputedStyle(root);
    var fetchUses = function (part) {
      part.querySelectorAll("use").forEach(function (use) {
        var id = (use.getAttribute("href") || use.getAttribute("xlink:href") || "").slice(1), target;
        if (!id || have[id] || copy.querySelector("#" + CSS.escape(id))) return;
        target = document.getElementById(id);
        if (!target) return;
        have[id] = true;
        target = target.cloneNode(true);
        defs.appendChild(target);
        fetchUses(target);
      });
    };
    fetchUses(copy);
    copy.insertBefore(defs, copy.firstChild);
    copy.setAttribute("xmlns", "http" + "://www.w3.org/2000/svg");
    return new XMLSerializer().serializeToString(copy).replace(/var\((--p\d+)\)/g, function (all, name) {
      return style.getPropertyValue(name).trim();
    });
  }

  document.querySelectorAll("figure").forEach(function (figure, i) {
    var draw = figure.querySelector(".draw"), svg = figure.querySelector("svg"), csv = figure.querySelector(".csv");
    if (!draw || !svg) return;
    var name = draw.dataset.name || "figure-" + (i + 1), get = make("div", { className: "get" });
    var offer = function (kind, what, run) {
      make("button", { type: "button", textContent: kind, onclick: run }, get).setAttribute("aria-label", what);
    };
    offer("SVG", "Download this figure as SVG", function () { save(name + ".svg", "image/svg+xml", alone(svg)); });
    if (csv) offer("CSV", "Download the numbers of this figure as CSV", function () {
      save(name + ".csv", "text/csv", csv.textContent);
    });
    figure.insertBefore(get, draw.nextSibling);
  });
})();
