// Prints a JSON Schema as a TypeScript type, for people and language models to read; it checks nothing.
// By hand because a reader needs a page of it, and json-schema-to-typescript brings prettier and lodash along.

/** A JSON Schema as read from anywhere: every keyword is looked at before it is believed. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface PrintedType {
  readonly type: string;
  /** Types that `type` refers to by name, in order of first use. */
  readonly named: readonly { readonly name: string; readonly type: string }[];
}

const MAX_DEPTH = 20;
const MAX_LINE = 90;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u;

/** `block`: long objects over several lines, with comments; `line`: one line, no comments. */
export type TypeStyle = 'block' | 'line';

interface Printer {
  readonly style: TypeStyle;
  readonly root: unknown;
  readonly rootName: string;
  /** By `$ref`. */
  readonly named: Map<string, { readonly name: string; type: string }>;
}

/**
 * `schema` as a type. What it refers to (`$ref` within the same schema) becomes named types that begin with `name`.
 * What TypeScript cannot say (ranges, patterns, formats) stands in comments at the properties.
 */
export function schemaToType(schema: unknown, name: string, style: TypeStyle = 'block'): PrintedType {
  const printer: Printer = { style, root: schema, rootName: name, named: new Map() };
  const printed = print(schema, printer, 0);
  // A schema that refers to itself as a whole has a name already.
  const type = printer.named.get('#')?.name ?? printed;
  return { type, named: [...printer.named.values()] };
}

function print(schema: unknown, printer: Printer, depth: number): string {
  if (schema === false) return 'never';
  if (!isSchema(schema) || depth > MAX_DEPTH) return 'unknown';
  const parts: string[] = [];
  if (typeof schema['$ref'] === 'string') parts.push(refer(schema['$ref'], printer, depth));
  if ('const' in schema) parts.push(literal(schema['const']));
  else if (Array.isArray(schema['enum'])) parts.push(union(schema['enum'].map(literal)));
  else if (schema['type'] !== undefined || 'properties' in schema) parts.push(byType(schema, printer, depth));
  for (const keyword of ['anyOf', 'oneOf']) {
    const choices = schema[keyword];
    if (Array.isArray(choices)) parts.push(union(choices.map((choice) => print(choice, printer, depth + 1))));
  }
  if (Array.isArray(schema['allOf']))
    parts.push(...schema['allOf'].map((part) => print(part, printer, depth + 1)));
  const known = [...new Set(parts)].filter((part) => part !== 'unknown');
  if (known.length < 2) return known[0] ?? 'unknown';
  return known.map((part) => (part.includes(' | ') ? `(${part})` : part)).join(' & ');
}

function byType(schema: JsonSchema, printer: Printer, depth: number): string {
  const types: readonly unknown[] = Array.isArray(schema['type'])
    ? schema['type']
    : [schema['type'] ?? 'object'];
  return union(
    types.map((type) => {
      if (type === 'integer' || type === 'number') return 'number';
      if (type === 'string' || type === 'boolean' || type === 'null') return type;
      if (type === 'array') return arrayType(schema, printer, depth);
      return type === 'object' ? objectType(schema, printer, depth) : 'unknown';
    }),
  );
}

function arrayType(schema: JsonSchema, printer: Printer, depth: number): string {
  const { prefixItems, items } = schema;
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
  if (tuple === undefined) {
    const inner = print(items, printer, depth + 1);
    return / [|&] /u.test(inner) ? `Array<${inner}>` : `${inner}[]`;
  }
  const rest = tuple === items ? schema['additionalItems'] : items;
  const inner = tuple.map((item) => print(item, printer, depth + 1));
  if (rest !== undefined && rest !== false) inner.push(`...Array<${print(rest, printer, depth + 1)}>`);
  return `[${inner.join(', ')}]`;
}

function objectType(schema: JsonSchema, printer: Printer, depth: number): string {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const members = Object.entries(properties).map(([key, inner]) => {
    const comment = printer.style === 'block' ? propertyComment(inner) : '';
    const label = `${IDENTIFIER.test(key) ? key : JSON.stringify(key)}${required.includes(key) ? '' : '?'}`;
    return { text: `${label}: ${print(inner, printer, depth + 1)}`, comment };
  });
  const open = schema['additionalProperties'];
  if (isSchema(open)) {
    // An index signature must admit the named properties too, whose types are not compared here.
    const value = members.length === 0 ? print(open, printer, depth + 1) : 'unknown';
    members.push({ text: `[key: string]: ${value}`, comment: '' });
  } else if (members.length === 0) {
    return 'properties' in schema || open === false ? '{}' : 'Record<string, unknown>';
  }
  const line = `{ ${members.map(({ text }) => text).join('; ')} }`;
  if (printer.style === 'line') return line;
  if (line.length <= MAX_LINE && !line.includes('\n') && members.every(({ comment }) => comment === ''))
    return line;
  const rows = members.flatMap(({ text, comment }) =>
    comment === '' ? [`${text};`] : [blockComment(comment), `${text};`],
  );
  return `{\n${indent(rows.join('\n'))}\n}`;
}

/** What a property's type does not say: its description, its bounds, its default. */
function propertyComment(schema: unknown): string {
  if (!isSchema(schema)) return '';
  const notes = NOTES.flatMap(([keyword, note]) => {
    const value = schema[keyword];
    // Bounds that only repeat what a JavaScript integer is tell a reader nothing.
    if (value === undefined || Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER) return [];
    return [note(JSON.stringify(value).slice(0, MAX_LINE))];
  });
  if (schema['type'] === 'integer') notes.unshift('integer');
  const description = typeof schema['description'] === 'string' ? schema['description'].trim() : '';
  return [description, notes.join(', ')].filter((part) => part !== '').join(description === '' ? '' : ' — ');
}

const NOTES: readonly (readonly [string, (value: string) => string])[] = [
  ['minimum', (value) => `at least ${value}`],
  ['exclusiveMinimum', (value) => `above ${value}`],
  ['maximum', (value) => `at most ${value}`],
  ['exclusiveMaximum', (value) => `below ${value}`],
  ['multipleOf', (value) => `a multiple of ${value}`],
  ['minLength', (value) => `${value} characters or more`],
  ['maxLength', (value) => `${value} characters at most`],
  ['minItems', (value) => `${value} items or more`],
  ['maxItems', (value) => `${value} items at most`],
  ['format', (value) => `format ${value}`],
  ['default', (value) => `default ${value}`],
];

/** `$ref` within the schema: a name for its target, which is printed once. */
function refer(ref: string, printer: Printer, depth: number): string {
  const known = printer.named.get(ref);
  if (known !== undefined) return known.name;
  const target = resolve(printer.root, ref);
  if (target === undefined) return 'unknown';
  const last = ref === '#' ? '' : `_${(ref.split('/').at(-1) ?? '').replaceAll(/\W/gu, '_')}`;
  const taken = new Set([...printer.named.values()].map(({ name }) => name));
  let name = `${printer.rootName}${last}`;
  for (let n = 2; taken.has(name); n++) name = `${printer.rootName}${last}${n}`;
  // Set before it is printed, so that a recursive type meets its own name.
  const entry = { name, type: 'unknown' };
  printer.named.set(ref, entry);
  const type = print(target, printer, depth + 1);
  if (type !== name) entry.type = type;
  return name;
}

/** The part of `root` that a JSON pointer names (RFC 6901). */
function resolve(root: unknown, ref: string): unknown {
  if (!/^#(?:\/|$)/u.test(ref)) return undefined;
  let found = root;
  for (const step of ref.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'unknown' : (JSON.stringify(value) ?? 'unknown');
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  return distinct.includes('unknown') ? 'unknown' : distinct.join(' | ') || 'never';
}

/** A comment that no text can close early; one line where it fits. */
export function blockComment(text: string): string {
  const lines = text.replaceAll('*/', '*\\/').split(/\r\n|[\n\r\u2028\u2029]/u);
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gmu, '  ');
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
