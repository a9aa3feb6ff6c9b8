// Questions by `fetch`: in browsers, and where a caller brings one.
import { asConnectionError } from './refusal.ts';
import type { Answer, Ask } from './transport.ts';

export function askByFetch(ask: typeof fetch): Ask {
  return async (url, { method = 'GET', headers, body, signal }) => {
    const init = { method, headers, signal, ...(body === undefined ? {} : { body }) };
    return answerOf(await ask(url, init).catch(fail));
  };
}

function fail(thrown: unknown): never {
  throw asConnectionError(thrown);
}

function answerOf(response: Response): Answer {
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    text: () => response.text().catch(fail),
    async read(take, silenceMs) {
      const decoder = new TextDecoder();
      const reader = response.body?.getReader();
      if (reader === undefined) return;
      try {
        for (;;) {
          const { done, value } = await heard(reader, silenceMs);
          if (done || !take(decoder.decode(value, { stream: true }))) return;
        }
      } finally {
        // The rest of the body is not wanted; a reader that is at its end takes no notice.
        await reader.cancel().catch(() => {});
      }
    },
  };
}

/** The next piece; an end when none comes. */
async function heard(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silenceMs: number,
): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<{ readonly done: true }>((resolve) => {
    timer = setTimeout(() => resolve({ done: true }), silenceMs);
  });
  try {
    return await Promise.race([reader.read().catch(fail), silence]);
  } finally {
    clearTimeout(timer);
  }
}
