// Tables without lines: columns are told apart by space alone.

import type { TableConstructorOptions } from 'cli-table3';

/** Options of cli-table3 for such a table. */
export const BARE: Pick<TableConstructorOptions, 'chars'> & {
  readonly style: NonNullable<TableConstructorOptions['style']>;
} = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
};
