// Opens an encoded histogram of a run report into plain bins, so that the planner needs to know no encoding.
import { decodeFromCompressedBase64, JsHistogram } from 'hdr-histogram-js';
import { EnclaveError } from '../errors.ts';

/** Values from `fromUs` to below `toUs`, microseconds, and how many there were. */
export interface HistogramBin {
  readonly fromUs: number;
  readonly toUs: number;
  readonly count: number;
}

const MAX_ENCODED_LENGTH = 2 ** 20;

/**
 * The non-empty bins of an HdrHistogram V2 (compressed, base64), ascending; at most 0.1 % wide.
 * @throws EnclaveError INVALID_INPUT when the text is no such histogram, or longer than 1 MiB.
 */
export function histogramBins(hdrV2: string, path = 'hdr_v2'): HistogramBin[] {
  const histogram = decode(hdrV2, path);
  const bins: HistogramBin[] = [];
  const values = histogram.recordedValuesIterator;
  values.reset();
  while (values.hasNext()) {
    const { valueIteratedTo: value, countAddedInThisIterationStep: count } = values.next();
    bins.push({
      fromUs: histogram.lowestEquivalentValue(value),
      toUs: histogram.nextNonEquivalentValue(value),
      count,
    });
  }
  return bins;
}

function decode(hdrV2: string, path: string): JsHistogram {
  const expected = `${path}: expected an HdrHistogram V2, compressed, base64`;
  if (hdrV2.length > MAX_ENCODED_LENGTH)
    throw new EnclaveError('INVALID_INPUT', `${expected}, got ${hdrV2.length} characters`);
  try {
    const histogram = decodeFromCompressedBase64(hdrV2, 64, false);
    if (histogram instanceof JsHistogram) return histogram;
  } catch (cause) {
    throw new EnclaveError('INVALID_INPUT', `${expected}, got ${JSON.stringify(hdrV2.slice(0, 24))}`, {
      cause,
    });
  }
  throw new EnclaveError('INTERNAL', 'the histogram library answered with a histogram of another kind');
}
