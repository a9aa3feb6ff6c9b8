// What one `enclave plan verify` found, as data; one line of the track record.
import type { VerifiedNumber } from './verify-prediction.ts';

export const VERIFICATION_SCHEMA = 'enclave.plan-verify/1';

export interface Verification {
  readonly schema: typeof VERIFICATION_SCHEMA;
  /** ISO 8601 UTC, when the last run had ended. */
  readonly at: string;
  /** Version of enclave. */
  readonly enclave: string;
  readonly plan: {
    /** As the command line named it. */
    readonly file: string;
    readonly type: string;
    readonly instances: number;
    readonly scenario: string;
  };
  readonly machine: { readonly name: string; readonly cores: number };
  readonly scale: Scale;
  /** Starts per second asked of this machine, and as they came about. */
  readonly askedPerSecond: number;
  readonly sentPerSecond: number;
  readonly runs: number;
  readonly executions: number;
  readonly numbers: readonly VerifiedNumber[];
  /** `outside`: a number left its band; `invalid`: the measurement does not count, whatever it shows. */
  readonly state: 'inside' | 'outside' | 'invalid' | 'interrupted';
  readonly faults: readonly string[];
}

/** How the load of one instance was brought to this machine. */
export interface Scale {
  /** vCPUs of an instance of the plan. */
  readonly vcpu: number;
  /** Executions per second of one instance at the peak with only the needed instances up. */
  readonly instancePerSecond: number;
  /** Cores here / vCPUs of an instance: the load per core stays. */
  readonly factor: number;
  /** A scaled run says nothing of how an instance scales over its own vCPUs. */
  readonly isFull: boolean;
}

/** The load of one instance on a machine with `cores` cores: the same rate per core. */
export function scaleTo(
  cores: number,
  { peakPerSecond }: { readonly peakPerSecond: number },
  { needed, vcpu }: { readonly needed: number; readonly vcpu: number },
): Scale {
  return {
    vcpu,
    instancePerSecond: peakPerSecond / needed,
    factor: cores / vcpu,
    isFull: cores === vcpu,
  };
}
