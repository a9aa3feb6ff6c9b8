// Where the text of a script lies: a short one in its session, a long one once for all sessions that run it.
import { createHash } from 'node:crypto';
import type { RedisLink } from './redis-link.ts';
import type { NewSession } from './store.ts';

const CODE_TTL_MS = 3_600_000;
/** Source up to this length is read with the claim itself, characters. */
const MAX_INLINE_SOURCE = 4_096;

export interface RedisSources {
  /** What a session keeps of its source: the text behind `=`, or the hash of one that is kept once, behind `#`. */
  readonly codeOf: (session: Pick<NewSession, 'source'>) => string;
  /** Keeps the text, should it be long, for as long as the session may need it. */
  readonly keepSource: (session: Pick<NewSession, 'source' | 'deadlineMs'>) => Promise<void>;
  readonly readSource: (code: string) => Promise<string>;
}

export function redisSources(db: RedisLink): RedisSources {
  const codeOf: RedisSources['codeOf'] = ({ source }) =>
    source.length <= MAX_INLINE_SOURCE ? `=${source}` : `#${sha256(source)}`;
  return {
    codeOf,

    async keepSource(session) {
      const { source, deadlineMs } = session;
      if (source.length <= MAX_INLINE_SOURCE) return;
      const key = db.keys.code(codeOf(session).slice(1));
      const leftMs = Math.max(0, deadlineMs - db.nowMs());
      await db.redis.send('SET', key, [source, 'PX', CODE_TTL_MS + leftMs]);
    },

    async readSource(code) {
      if (code.startsWith('=')) return code.slice(1);
      return String((await db.redis.send('GET', db.keys.code(code.slice(1)), [])) ?? '');
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
