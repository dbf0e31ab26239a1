// The connection to the gateway: first the newest articles, then the stream from the same position, without a gap.

const LIST_LIMIT = 200;

/**
 * Calls on.list(articles, whether these are all), on.article(article) and on.state(state) until the page is closed.
 * After the client was too slow, it fetches the list again.
 */
export function connect(on) {
  let backoff = 500;
  let source = null;

  async function start() {
    on.state("connecting");
    try {
      const response = await fetch(`/v1/articles?limit=${LIST_LIMIT}`);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { articles, position } = await response.json();
      on.list(articles, articles.length < LIST_LIMIT);
      listen(position);
      backoff = 500;
    } catch {
      retry();
    }
  }

  function retry() {
    on.state("waiting");
    setTimeout(start, backoff);
    backoff = Math.min(backoff * 2, 10_000);
  }

  function listen(position) {
    source?.close();
    source = new EventSource(position ? `/v1/stream?after=${encodeURIComponent(position)}` : "/v1/stream");
    source.onopen = () => on.state("live");
    source.onmessage = (event) => on.article(JSON.parse(event.data));
    source.addEventListener("lagged", () => {
      source.close();
      start();
    });
    source.onerror = () => {
      // The browser reconnects automatically, except after a response that is not a stream.
      if (source.readyState === EventSource.CLOSED) retry();
      else on.state("waiting");
    };
  }

  start();
}
