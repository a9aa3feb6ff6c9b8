// The catalogue of priced instance types: its shape and its parser. The file shipped is catalogue/ec2-prices.json.
import { invalidInput, type Problem } from '../errors.ts';

export interface InstanceType {
  readonly type: string;
  readonly pricePerHourUsd: number;
  readonly vcpu: number;
  readonly memoryGib: number;
  readonly arch: 'amd64' | 'arm64';
  /** Sustained use above a baseline spends credits or costs extra. */
  readonly burstable: boolean;
  /** Busy share of a vCPU that a burstable type sustains, 0..1; absent where it is not known. */
  readonly baselineUtilisationPerVcpu?: number;
}

export interface Catalogue {
  readonly region: string;
  /** ISO date of the prices. */
  readonly asOf: string;
  readonly types: readonly InstanceType[];
}

/**
 * Reads a catalogue from parsed JSON.
 * @throws EnclaveError INVALID_INPUT that lists every problem with its path.
 */
export function parseCatalogue(data: unknown, name = 'price catalogue'): Catalogue {
  const problems: Problem[] = [];
  const root = isRecord(data) ? data : {};
  const types: InstanceType[] = [];
  const rows = Array.isArray(root['types']) ? root['types'] : [];
  if (rows.length === 0)
    problems.push({
      path: 'types',
      message: `expected a list with at least one type, got ${kindOf(root['types'])}`,
    });
  for (const [index, row] of rows.entries()) {
    const type = parseType(row, `types[${index}]`, problems);
    if (type !== undefined) types.push(type);
  }
  const names = types.map(({ type }) => type);
  for (const repeated of new Set(names.filter((type, index) => names.indexOf(type) !== index)))
    problems.push({ path: 'types', message: `expected each type once, got ${repeated} more than once` });
  const asOf = root['asOf'];
  if (typeof asOf !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(asOf) || Number.isNaN(Date.parse(asOf)))
    problems.push({
      path: 'asOf',
      message: `expected a date such as 2026-07-20, got ${JSON.stringify(asOf)}`,
    });
  if (typeof root['region'] !== 'string')
    problems.push({
      path: 'region',
      message: `expected the name of a region, got ${kindOf(root['region'])}`,
    });
  if (problems.length > 0) throw invalidInput(name, problems);
  return { region: String(root['region']), asOf: String(asOf), types };
}

function parseType(row: unknown, path: string, problems: Problem[]): InstanceType | undefined {
  const before = problems.length;
  const fields = isRecord(row) ? row : {};
  const number = (key: string): number => {
    const value = fields[key];
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    problems.push({
      path: `${path}.${key}`,
      message: `expected a number above 0, got ${JSON.stringify(value)}`,
    });
    return 0;
  };
  const type = fields['type'];
  if (typeof type !== 'string' || type === '')
    problems.push({ path: `${path}.type`, message: `expected a name, got ${JSON.stringify(type)}` });
  const arch = fields['arch'];
  if (arch !== 'amd64' && arch !== 'arm64')
    problems.push({ path: `${path}.arch`, message: `expected amd64 or arm64, got ${JSON.stringify(arch)}` });
  const baseline = fields['baselineUtilisationPerVcpu'];
  const parsed: InstanceType = {
    type: String(type),
    pricePerHourUsd: number('pricePerHourUsd'),
    vcpu: number('vcpu'),
    memoryGib: number('memoryGib'),
    arch: arch === 'arm64' ? 'arm64' : 'amd64',
    burstable: fields['burstable'] === true,
    ...(baseline === undefined ? {} : { baselineUtilisationPerVcpu: number('baselineUtilisationPerVcpu') }),
  };
  return problems.length === before ? parsed : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
