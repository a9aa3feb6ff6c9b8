// Reference values from publications and other implementations; the file names the source of each.
import { readFileSync } from 'node:fs';

interface Published {
  readonly usl: readonly {
    readonly name: string;
    readonly N: readonly number[];
    readonly X: readonly number[];
    readonly published: Readonly<Record<'sigma' | 'kappa' | 'gamma', number>>;
  }[];
  readonly erlangC: {
    readonly rows: readonly Readonly<Record<'c' | 'A' | 'pWait' | 'erlangB', number>>[];
  };
  readonly mmcWaits: {
    readonly rows: readonly (Readonly<Record<'c' | 'A' | 'pWait' | 'wqOverS' | 'lq', number>> & {
      readonly waitQuantileOverS: Readonly<Record<string, number>>;
      readonly responseQuantileOverS: Readonly<Record<string, number>>;
    })[];
  };
  readonly mdcExact: { readonly rows: readonly Readonly<Record<'c' | 'rho' | 'wqOverS', number>>[] };
  readonly hpaCases: {
    readonly rows: readonly Readonly<
      Record<'currentReplicas' | 'metricPerPod' | 'targetPerPod' | 'expectedReplicas', number>
    >[];
  };
}

const file = new URL('../fixtures/published/planner-published.json', import.meta.url);

export const published: Published = JSON.parse(readFileSync(file, 'utf8'));

/** |got / expected - 1|, or |got| where 0 is expected. */
export function relativeError(got: number, expected: number): number {
  return expected === 0 ? Math.abs(got) : Math.abs(got / expected - 1);
}
