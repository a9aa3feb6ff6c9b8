// Histograms of several runs as one: pooled, or mixed by share.
import { type Bin, measuredServiceTime, type ServiceTime } from './service-time.ts';

/** All samples together. */
export function poolTimes(parts: readonly ServiceTime[]): ServiceTime {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return measuredServiceTime(mergeBins(parts.map((part) => ({ bins: binsOf(part), factor: 1 }))));
}

/** By share; the count is that of a simple sample with the same error of a share: 1 / sum(w^2 / n). */
export function mixTimes(
  parts: readonly { readonly share: number; readonly service: ServiceTime }[],
): ServiceTime {
  const count = 1 / parts.reduce((sum, { share, service }) => sum + share ** 2 / countOf(service), 0);
  return measuredServiceTime(
    mergeBins(
      parts.map(({ share, service }) => ({
        bins: binsOf(service),
        factor: (share * count) / countOf(service),
      })),
    ),
  );
}

function countOf(service: ServiceTime): number {
  return service.kind === 'histogram' ? service.count : 1;
}

function binsOf(service: ServiceTime): readonly Bin[] {
  return service.kind === 'histogram' ? service.bins : [];
}

/** Bins of several histograms on the union of their edges; a bin that is cut is spread evenly, as it is taken to be. */
function mergeBins(parts: readonly { readonly bins: readonly Bin[]; readonly factor: number }[]): Bin[] {
  const all = parts.flatMap(({ bins, factor }) => bins.map((bin) => ({ ...bin, count: bin.count * factor })));
  const edges = [...new Set(all.flatMap(({ fromS, toS }) => [fromS, toS]))].sort((a, b) => a - b);
  const at = new Map(edges.map((edge, index) => [edge, index]));
  const counts = new Float64Array(edges.length);
  const points = new Float64Array(edges.length);
  for (const { count, fromS, toS } of all) {
    const [from, to] = [at.get(fromS) ?? 0, at.get(toS) ?? 0];
    if (from === to) points[from] = (points[from] ?? 0) + count;
    for (let i = from; i < to; i++) {
      const width = (edges[i + 1] ?? toS) - (edges[i] ?? fromS);
      counts[i] = (counts[i] ?? 0) + (count * width) / (toS - fromS);
    }
  }
  return edges.flatMap((fromS, index) => {
    const toS = edges[index + 1] ?? fromS;
    const point = { fromS, toS: fromS, count: points[index] ?? 0 };
    return [point, { fromS, toS, count: counts[index] ?? 0 }].filter(({ count }) => count > 0);
  });
}
