// Reads server-sent events from a response (WHATWG HTML, section 9.2). EventSource cannot send a token.

/** @typedef {{ name: string, data: string, id: string | null }} Message */

/** A line above this is not from the gateway. */
const LONGEST = 4_000_000;

/**
 * The messages of a response as they arrive; a comment gives a message without data.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<Message>}
 */
export async function* messages(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  /** @type {Message} */
  let message = { name: "", data: "", id: null };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      if (rest.length > LONGEST) throw new Error("a line of the stream is too long");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const raw of lines) {
        const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
        if (line) {
          take(line, message);
          continue;
        }
        yield message;
        message = { name: "", data: "", id: null };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} line @param {Message} message */
function take(line, message) {
  const colon = line.indexOf(":");
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (field === "data") message.data += message.data ? `\n${value}` : value;
  else if (field === "event") message.name = value;
  else if (field === "id") message.id = value;
}
