"use strict";
{
  const element = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(element(id).textContent);
  const { max, exercises, rows } = read("data");
  const { shapes, states, flags } = read("words");
  const list = element("list");
  const controls = ["text", "exercise", "result", "mistake", "flag"].map(element).filter(Boolean);
  const normal = (text) => text.normalize("NFKC").toLowerCase();
  const columns = {
    name: (row) => row[0], key: (row) => row[1], score: (row) => row[4],
    seconds: (row) => row[8] ?? -1, flags: (row) => row[6] * 2 + row[7],
  };
  const collator = new Intl.Collator(undefined, { numeric: true });
  const haystacks = rows.map((row) => normal(`${row[0]}\n${row[1]}\n${row[3]}`));
  const orders = new Map();
  let sort = "", down = false, page = 0, found = [];

  const make = (name, text = "", cls = "") => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (cls) made.className = cls;
    return made;
  };
  const points = (value) => {
    for (const digits of [2, 4, 6]) {
      const shown = String(Number(value.toFixed(digits)));
      const hides = (value !== 0 && Number(shown) === 0) || (value !== max && Number(shown) === Number(max.toFixed(digits)));
      if (!hides || digits === 6) return shown;
    }
  };
  const state = (letter, title) => {
    const span = make("span", "", `state ${letter === "-" ? "none" : letter}`);
    span.title = `${title}: ${states[letter]}`;
    const shape = make("span", shapes[letter]);
    shape.setAttribute("aria-hidden", "true");
    span.append(shape, make("span", `${title}: ${states[letter]}. `, "sr"));
    return span;
  };
  const rendered = ([name, key, file, members, score, codes, bits, late, seconds]) => {
    const row = make("tr");
    const head = make("th");
    head.scope = "row";
    const link = make("a", name);
    link.href = `students/${encodeURIComponent(file || key)}.html`;
    head.append(link);
    if (members) head.append(make("span", members, "sub"));
    const results = make("td", "", "codes");
    results.append(...Array.from(codes, (letter, i) => state(letter, exercises[i])));
    const odd = flags.filter((_, bit) => bits >> bit & 1);
    if (late) odd.unshift("late");
    row.append(head, make("td", key), make("td", points(score), "n"), results,
      make("td", seconds === null ? "" : `${seconds.toFixed(2)} s`, "n"), make("td", odd.join(", ")));
    return row;
  };

  const ordered = () => {
    if (!orders.has(sort)) {
      const order = rows.map((_, i) => i);
      const of = columns[sort];
      if (of) {
        const values = rows.map(of);
        const compare = typeof values[0] === "string" ? collator.compare : (a, b) => a - b;
        order.sort((a, b) => compare(values[a], values[b]) || a - b);
      }
      orders.set(sort, order);
    }
    return down ? orders.get(sort).slice().reverse() : orders.get(sort);
  };
  const fits = () => {
    const value = (id) => element(id)?.value ?? "";
    const words = normal(value("text")).split(/\s+/).filter(Boolean);
    const [exercise, result, mistake, flag] = ["exercise", "result", "mistake", "flag"].map(value);
    return (i) => {
      const row = rows[i];
      return words.every((word) => haystacks[i].includes(word))
        && (!result || (exercise ? row[5][exercise] === result : row[5].includes(result)))
        && (!mistake || row[9].includes(Number(mistake)))
        && (!flag || row[6] >> flag & 1);
    };
  };
  const draw = () => {
    const size = Number(list.dataset.rows);
    const pages = Math.max(1, Math.ceil(found.length / size));
    page = Math.min(Math.max(page, 0), pages - 1);
    const shown = found.slice(page * size, (page + 1) * size);
    const body = list.tBodies[0];
    body.replaceChildren(...shown.map((i) => rendered(rows[i])));
    if (!shown.length) {
      const cell = make("td", "No student fits.");
      cell.colSpan = 6;
      body.append(make("tr"));
      body.rows[0].append(cell);
    }
    element("shown").textContent = found.length === rows.length
      ? rows.length.toLocaleString("en") : `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    element("pager").hidden = pages === 1;
    element("where").textContent = `page ${page + 1} of ${pages}`;
    element("back").disabled = page === 0;
    element("next").disabled = page === pages - 1;
  };
  const filter = () => {
    found = ordered().filter(fits());
    page = 0;
    draw();
  };
  const turn = (by) => {
    page += by;
    draw();
    list.closest(".scroll").scrollIntoView({ block: "nearest" });
  };

  if (list) {
    element("controls").hidden = false;
    for (const control of controls) control.addEventListener("input", filter);
    element("clear").addEventListener("click", () => {
      for (const control of controls) control.value = "";
      filter();
    });
    element("back").addEventListener("click", () => turn(-1));
    element("next").addEventListener("click", () => turn(1));
    for (const head of list.querySelectorAll("th[data-sort]")) {
      const button = make("button", head.textContent, "sort");
      button.type = "button";
      button.addEventListener("click", () => {
        down = sort === head.dataset.sort ? !down : ["score", "seconds", "flags"].includes(head.dataset.sort);
        sort = head.dataset.sort;
        for (const other of list.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        filter();
      });
      head.replaceChildren(button);
    }
    for (const button of document.querySelectorAll("button.show")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        for (const control of controls) control.value = "";
        if (button.dataset.mistake) element("mistake").value = button.dataset.mistake;
        if (button.dataset.flag) element("flag").value = button.dataset.flag;
        filter();
        element("students").scrollIntoView();
        element("text").focus({ preventScroll: true });
      });
    }
    filter();
  }
  const reveal = () => {
    const target = location.hash && element(decodeURIComponent(location.hash.slice(1)));
    if (target?.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
}
