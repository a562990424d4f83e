/* Marks the column that is chosen as the id in the preview of the file. */
(() => {
  "use strict";

  const choice = document.getElementById("id_key_column");
  const table = document.querySelector(".sample table");
  if (!choice || !table) return;

  const mark = () => {
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const chosen = names.indexOf(choice.value);
    for (const row of table.rows) {
      [...row.cells].forEach((cell, index) => cell.classList.toggle("chosen", index === chosen));
    }
    table.tHead.rows[0].cells[chosen]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  choice.addEventListener("change", mark);
  mark();
})();
