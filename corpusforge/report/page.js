// Filters the sample rows. Without it the page shows all of them.
(function () {
  "use strict";
  var form = document.getElementById("row-filters");
  var list = document.getElementById("row-list");
  if (!form || !list || !list.children.length) { return; }
  var selects = form.querySelectorAll("select[data-filter]");
  var count = document.getElementById("row-count");
  function update() {
    var shown = 0;
    Array.prototype.forEach.call(list.children, function (row) {
      var fits = Array.prototype.every.call(selects, function (select) {
        return !select.value || row.getAttribute("data-" + select.dataset.filter) === select.value;
      });
      row.hidden = !fits;
      if (fits) { shown += 1; }
    });
    count.textContent = shown + " shown";
  }
  form.addEventListener("change", update);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  update();
})();
