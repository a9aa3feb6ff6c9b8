// YAML in which every number says where it comes from: plain data, with notes that become comments.
import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** A value with its derivation. */
export interface Noted<T extends number | string = number | string> {
  readonly value: T;
  /** Formula with its numbers, one line. */
  readonly why: string;
}

export type Tree = string | number | boolean | Noted | readonly Tree[] | { readonly [key: string]: Tree };

export function noted<T extends number | string>(value: T, why: string): Noted<T> {
  return { value, why };
}

/** The documents with `header` as the comment of the file; notes stand behind their values. */
export function formatNotedYaml(header: string, documents: readonly Tree[]): string {
  const texts = documents.map((tree) => {
    // kubectl reads YAML 1.1, in which a bare off is false.
    const document = new Document(null, { compat: 'yaml-1.1' });
    document.contents = toNode(tree);
    return document.toString({ lineWidth: 0, indentSeq: true });
  });
  return `${commentLines(header)}${texts.join('---\n')}`;
}

/** Each line behind `# `. */
export function commentLines(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '#\n' : `# ${line}\n`))
    .join('');
}

function toNode(tree: Tree): Node {
  if (Array.isArray(tree)) {
    const list = new YAMLSeq();
    list.items = tree.map(toNode);
    return list;
  }
  if (isNoted(tree)) {
    const scalar = new Scalar(tree.value);
    scalar.comment = ` ${tree.why}`;
    return scalar;
  }
  if (typeof tree === 'object') {
    const map = new YAMLMap();
    map.items = Object.entries(tree).map(([key, value]) => new Pair(new Scalar(key), toNode(value)));
    return map;
  }
  return new Scalar(tree);
}

function isNoted(tree: Tree): tree is Noted {
  return typeof tree === 'object' && 'why' in tree && 'value' in tree && typeof tree['why'] === 'string';
}
