// The line to the gateway: what is there first, then what comes, with no gap between them.

const FIRST = 200;

/** Calls on.first(articles, whether these are all), on.article(article), on.lagged() and on.state(state) until the page is left. */
export function connect(on) {
  let pause = 500;
  let source = null;

  async function start() {
    on.state("connecting");
    try {
      const response = await fetch(`/v1/articles?limit=${FIRST}`);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { articles, position } = await response.json();
      on.first(articles, articles.length < FIRST);
      listen(position);
      pause = 500;
    } catch {
      on.state("waiting");
      setTimeout(start, pause);
      pause = Math.min(pause * 2, 10_000);
    }
  }

  function listen(position) {
    source?.close();
    source = new EventSource(position ? `/v1/stream?after=${encodeURIComponent(position)}` : "/v1/stream");
    source.onopen = () => on.state("live");
    source.onmessage = (event) => on.article(JSON.parse(event.data));
    source.addEventListener("lagged", () => {
      on.lagged();
      source.close();
      start();
    });
    source.onerror = () => {
      on.state("waiting");
      // The browser comes back by itself but after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(start, pause);
        pause = Math.min(pause * 2, 10_000);
      }
    };
  }

  start();
}
