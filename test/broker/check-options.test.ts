import { describe, expect, it } from 'vitest';
import { checkBrokerOptions } from '../../src/broker/check-options.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';

describe('options of a broker', () => {
  it('are refused all at once, each with its name, what was expected and what was found', () => {
    const bad = {
      maxConcurrentSessions: 0,
      sessionTimeout: '5min',
      rateLimit: { burst: 0 },
      toolBreaker: { failures: 1.5 },
      routingStrategy: 'sticky',
      routingRules: [{ match: { priority: 'high' }, target: 'premium' }],
    };
    expect(() => checkBrokerOptions(bad)).toThrow(/broker options has 7 problems/u);
    for (const text of [
      'maxConcurrentSessions: expected a whole number from 1 to 1000000, got 0 (number)',
      'sessionTimeout: expected a number from 1 to 86400000, got "5min" (string)',
      'rateLimit.perSecond: expected a number of sessions, got nothing',
      'rateLimit.burst: expected a number',
      'toolBreaker.failures: expected a whole number',
      'routingStrategy: expected one of label-match, least-loaded, round-robin, got "sticky" (string)',
      'routingRules[0].target',
    ])
      expect(() => checkBrokerOptions(bad)).toThrow(text);
  });

  it('are checked when the broker is made', () => {
    expect(() => new EnclaveBroker({ lease: -1 })).toThrow(/lease: expected/u);
    expect(() => checkBrokerOptions({})).not.toThrow();
  });
});
