// fetch whose answers end with an error once a message is too large: a server must not fill our memory.

/**
 * fetch for the SDK's HTTP transport. `maxMessageBytes` bounds a whole body, or one event of an event stream;
 * `onFlood` is told of the latter, because the SDK itself would leave the request behind it pending.
 */
export function cappedFetch(
  maxMessageBytes: number,
  onFlood: () => void,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.body === null) return response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const cap = isStream ? capEvents(maxMessageBytes, onFlood) : capBody(maxMessageBytes);
    const { status, statusText, headers } = response;
    const capped = new Response(response.body.pipeThrough(cap), { status, statusText, headers });
    // The SDK decides by this URL which redirects it follows; a constructed response has none.
    return Object.defineProperty(capped, 'url', { value: response.url });
  };
}

type Bytes = Uint8Array<ArrayBuffer>;

function capBody(max: number): TransformStream<Bytes, Bytes> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > max) throw new Error(`the server sent more than ${max} bytes`);
      controller.enqueue(chunk);
    },
  });
}

const LF = 10;
const CR = 13;

/** An event ends with an empty line; bytes are counted from there. */
function capEvents(max: number, onFlood: () => void): TransformStream<Bytes, Bytes> {
  let size = 0;
  let lineIsEmpty = true;
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        size++;
        if (byte === LF) {
          if (lineIsEmpty) size = 0;
          lineIsEmpty = true;
        } else if (byte !== CR) lineIsEmpty = false;
      }
      if (size > max) {
        onFlood();
        throw new Error(`the server sent an event of more than ${max} bytes`);
      }
      controller.enqueue(chunk);
    },
  });
}
