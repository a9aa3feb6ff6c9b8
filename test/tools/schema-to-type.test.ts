import { describe, expect, it } from 'vitest';
import { schemaToType } from '../../src/tools/schema-to-type.ts';

const typeOf = (schema: unknown) => schemaToType(schema, 'T', 'line').type;

describe('schemaToType()', () => {
  it.each([
    ['a boolean schema', true, 'unknown'],
    ['the schema that admits nothing', false, 'never'],
    ['several types', { type: ['string', 'null'] }, 'string | null'],
    ['an integer', { type: 'integer' }, 'number'],
    ['an enum of mixed values', { enum: ['a', 1, null] }, '"a" | 1 | null'],
    ['a constant', { const: 'x' }, '"x"'],
    ['a list', { type: 'array', items: { type: 'string' } }, 'string[]'],
    ['a list of a union', { type: 'array', items: { enum: ['(', 'b'] } }, 'Array<"(" | "b">'],
    ['a list of anything', { type: 'array' }, 'unknown[]'],
    [
      'a tuple of 2020-12',
      { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } },
      '[string, ...Array<number>]',
    ],
    [
      'a tuple of draft 7',
      { type: 'array', items: [{ type: 'string' }], additionalItems: false },
      '[string]',
    ],
    [
      'an object',
      { properties: { a: { type: 'string' }, 'b-c': { type: 'number' } }, required: ['a'] },
      '{ a: string; "b-c"?: number }',
    ],
    ['a map', { type: 'object', additionalProperties: { type: 'number' } }, '{ [key: string]: number }'],
    ['an object of anything', { type: 'object' }, 'Record<string, unknown>'],
    ['an object of nothing', { type: 'object', properties: {} }, '{}'],
    ['all of', { allOf: [{ anyOf: [{ const: 1 }, { const: 2 }] }, { type: 'number' }] }, '(1 | 2) & number'],
    ['a reference to elsewhere', { $ref: 'https://example.org/schema' }, 'unknown'],
    ['a reference to nothing', { $ref: '#/$defs/missing' }, 'unknown'],
    ['a reference to itself alone', { $ref: '#' }, 'T'],
    ['not a schema', 'string', 'unknown'],
  ])('prints %s', (_what, schema, expected) => {
    expect(typeOf(schema)).toBe(expected);
  });

  it('gives each target of a reference one name, also where their last words are the same', () => {
    const schema = {
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
      properties: { a: { $ref: '#/$defs/node' }, node: { type: 'string' }, b: { $ref: '#/properties/node' } },
    };
    expect(schemaToType(schema, 'T', 'line')).toEqual({
      type: '{ a?: T_node; node?: string; b?: T_node2 }',
      named: [
        { name: 'T_node', type: '{ next?: T_node }' },
        { name: 'T_node2', type: 'string' },
      ],
    });
  });

  it('ends on a schema that is deeper than any reader', () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 5_000; depth++) schema = { type: 'array', items: schema };
    expect(typeOf(schema)).toMatch(/^unknown(\[\])+$/u);
  });

  it('writes beside a property what its type cannot say', () => {
    const schema = {
      properties: { n: { type: 'integer', minimum: 1, default: 5, description: 'How many */' } },
    };
    expect(schemaToType(schema, 'T').type).toBe(
      '{\n  /** How many *\\/ — integer, at least 1, default 5 */\n  n?: number;\n}',
    );
  });
});
