// The parts that every report document is made of: words, tables, statements and figures, already rounded. Types only.
import type { ValidityCheck } from './run-report.ts';

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Goes first where there is little room. */
  readonly isOptional?: boolean;
}

export interface TableModel {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface NamedTable {
  readonly title: string;
  readonly table: TableModel;
}

export type Tone = 'good' | 'bad' | 'warn';

/** A statement with a sign, so that its tone is read without colour. */
export interface Statement {
  readonly tone: Tone | 'plain';
  readonly sign: '✓' | '✗' | '!' | '?';
  readonly text: string;
}

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

/** The word for what a document is worth, before what it says. */
export interface Verdict {
  readonly tone: Tone;
  readonly word: string;
  readonly sentence: string;
}

/** Label and value. */
export type Fact = readonly [string, string];

export type DescribeCheck = (check: ValidityCheck) => string;

/** A document about several runs made for one question. */
export interface StudyModel {
  readonly title: string;
  readonly purpose: string;
  /** What was run, in one line. */
  readonly subtitle: string;
  readonly verdict: Verdict;
  readonly statements: readonly Statement[];
  readonly figures: readonly Figure[];
  /** Markup, for pages only. */
  readonly charts: readonly string[];
  readonly tables: readonly NamedTable[];
  /** How to read the tables. */
  readonly notes: readonly string[];
  readonly environment: readonly Fact[];
}
