// Keeps on this device what is typed in a form with data-draft until a service has it. Without this script the form works all the same.
(() => {
  const prefix = "fabrique-brouillon:";
  const longest = 30 * 24 * 60 * 60 * 1000;
  let store;
  try {
    store = window.localStorage;
  } catch {
    return;
  }

  const read = key => {
    try {
      return JSON.parse(store.getItem(key));
    } catch {
      return null;
    }
  };
  const kept = () => Object.keys(store).filter(key => key.startsWith(prefix));

  for (const key of kept()) {
    if (!(Date.now() - read(key)?.at < longest)) {
      store.removeItem(key);
    }
  }

  // A new practice takes the identifier of the form that it was written in.
  const saved = document.querySelector("[data-saved]")?.dataset.saved;
  if (saved) {
    kept().filter(key => key === prefix + saved || read(key)?.request === saved).forEach(key => store.removeItem(key));
  }

  const form = document.querySelector("form[data-draft]");
  if (!form) {
    return;
  }

  const key = prefix + form.dataset.draft;
  const offer = document.getElementById("reprise");
  const line = document.getElementById("garde");
  // The proof of the form and the pressed button are of one page only.
  const ofThisPage = name => name.startsWith("__") || name === "_handler" || name === "_action";
  const fields = () => [...new FormData(form)].filter(([name]) => !ofThisPage(name));
  const texts = all => JSON.stringify(all.filter(([name]) => !name.startsWith("_")));
  const say = what => {
    if (line.textContent !== line.dataset[what]) {
      line.textContent = line.dataset[what];
    }
  };

  const earlier = form.dataset.offer ? read(key) : null;
  let choosing = earlier !== null && texts(earlier.fields) !== texts(fields());
  offer.hidden = !choosing;
  const versionOf = all => Number(all.find(([name]) => name === "_version")?.[1]);
  document.getElementById("depuis").hidden = !choosing || !(versionOf(earlier.fields) < versionOf(fields()));

  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    timer = 0;
    if (choosing) {
      say("choose");
      return;
    }
    try {
      store.setItem(key, JSON.stringify({ at: Date.now(), request: form.elements["_request"]?.value, fields: fields() }));
      say("kept");
    } catch {
      // No room on this device: nothing is promised.
      line.textContent = "";
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 600);
  });
  addEventListener("pagehide", () => timer && keep());

  let warned = false;
  form.addEventListener("submit", event => {
    keep();
    // Some devices are wrong about being offline: a second press is let through.
    if (navigator.onLine === false && !warned) {
      warned = true;
      event.preventDefault();
      say("offline");
    }
  });
  addEventListener("online", () => warned = false);

  document.getElementById("effacer").addEventListener("click", () => {
    store.removeItem(key);
    choosing = false;
    offer.hidden = true;
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });

  document.getElementById("reprendre").addEventListener("click", () => {
    const again = document.createElement("form");
    again.method = "post";
    again.action = form.getAttribute("action");
    const add = (name, value) => {
      const field = document.createElement("input");
      [field.type, field.name, field.value] = ["hidden", name, value];
      again.append(field);
    };
    earlier.fields.forEach(([name, value]) => add(name, value));
    [...new FormData(form)].filter(([name]) => ofThisPage(name)).forEach(([name, value]) => add(name, value));
    add("_action", "resume");
    document.body.append(again);
    again.submit();
  });
})();
