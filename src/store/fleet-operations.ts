// What brokers of one store share besides sessions: who is there, places, tokens, roles, keys, kept results.
import type { Labels } from '../protocol/events.ts';

export interface RuntimeInfo {
  readonly runtimeId: string;
  readonly labels: Labels;
  readonly slots: number;
  readonly busy: number;
}

export interface BrokerInfo {
  readonly brokerId: string;
  readonly runtimes: readonly RuntimeInfo[];
  /** Sessions that its runtimes ended lately, by route, per second. */
  readonly rates?: Readonly<Record<string, number>>;
}

export interface TokenReply {
  readonly isTaken: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Until the next token is there, ms. */
  readonly waitMs: number;
}

export interface KeyReservation {
  readonly sessionId: string;
  readonly bodyHash: string;
}

/** What brokers share besides sessions. */
export interface FleetOperations {
  /** Takes one of `limit` places of a scope until it is given back, or until `untilMs` if that never happens. Asked again it is renewed. */
  acquireSlot(scope: string, id: string, limit: number, untilMs: number): Promise<boolean>;
  releaseSlot(scope: string, id: string): Promise<void>;
  /** Reserves an idempotency key; the answer is the earlier reservation, if there is one. */
  reserveKey(
    tenant: string,
    key: string,
    reservation: KeyReservation,
    ttlMs: number,
  ): Promise<KeyReservation | undefined>;

  /** Takes one of the tokens of a tenant: `perSecond` are added, up to `burst`. */
  takeToken(tenant: string, perSecond: number, burst: number): Promise<TokenReply>;
  /** Whether a broker has the role, alone among all, for `ttlMs` from now. Asked again it is renewed; 0 gives it back. */
  lead(role: string, brokerId: string, ttlMs: number): Promise<boolean>;
  cacheGet(key: string): Promise<string | undefined>;
  cachePut(key: string, value: string, ttlMs: number): Promise<void>;

  /** This broker is alive for `ttlMs` more, and these are its runtimes. */
  beat(info: BrokerInfo, ttlMs: number): Promise<void>;
  fleet(): Promise<readonly BrokerInfo[]>;
}
