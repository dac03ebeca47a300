// What pages do beyond forms and links: the colours, and the progress of a check.
// Law: what comes from a target is only ever set as text.

const toggle = document.getElementById("theme");
if (toggle) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // It holds for this page then.
    }
  });
}

const TELLERS = {
  queued: () => "Queued",
  started: (stage) => `Begun at ${stage.vantage_point}`,
  dns: (stage) => `Name: ${[...stage.a_records, ...stage.aaaa_records].join(", ") || code(stage.outcome)}`,
  port: (stage) => `Port ${stage.port}: ${stage.state}`,
  tls: (stage) => `TLS on port ${stage.port}: ${stage.tls.valid ? "certificate valid" : "certificate not valid"}`,
  path: (stage) => `Path ${stage.path}: ${stage.status_code ?? code(stage.outcome)}`,
  judged: (stage) => `Judged: ${stage.analyzability}`,
};

const ENDS = ["completed", "failed", "cancelled"];

function code(outcome) {
  return outcome ? outcome.code : "not tried";
}

// Browsers hold few connections to a server, and a stream is one: a tab that nobody looks at has none.
function follow(list, state) {
  let events = null;
  const look = () => {
    events?.close();
    events = document.hidden ? null : opened(list, state);
  };
  document.addEventListener("visibilitychange", look);
  look();
}

function opened(list, state) {
  const events = new EventSource(list.dataset.events);
  // Each stream tells all from the beginning.
  list.replaceChildren();
  state.textContent = "Waiting for the first word of it…";
  for (const [name, tell] of Object.entries(TELLERS)) {
    events.addEventListener(name, (event) => {
      const line = document.createElement("li");
      line.className = `stage ${name}`;
      const stage = JSON.parse(event.data);
      // Of several vantage points each tells its own stages.
      const whose = name !== "started" && stage.vantage_point ? `${stage.vantage_point}: ` : "";
      line.textContent = whose + tell(stage);
      list.append(line);
      // Of several vantage points nothing is told on the way.
      state.textContent = list.dataset.underWay ?? "Under way…";
    });
  }
  for (const name of ENDS) {
    events.addEventListener(name, () => {
      events.close();
      location.reload();
    });
  }
  events.addEventListener("error", () => {
    const isOver = events.readyState === EventSource.CLOSED;
    state.textContent = isOver
      ? "The gateway tells no more of this check. Load the page again."
      : "The gateway does not answer. Trying again…";
  });
  return events;
}

const progress = document.getElementById("progress");
if (progress) {
  follow(progress, document.getElementById("progress-state"));
}
