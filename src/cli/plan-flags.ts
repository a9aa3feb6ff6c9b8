// The options of `enclave plan` as typed.

/** As commander hands them over. */
export interface PlanFlags {
  readonly perDay?: string;
  readonly perMonth?: string;
  readonly peak?: string;
  readonly peakShare?: string;
  readonly curve?: string;
  readonly autoscaler?: string;
  readonly slo?: string;
  readonly from?: readonly string[];
  readonly mix?: string;
  readonly mixMachines?: boolean;
  readonly region?: string;
  readonly extrapolate?: boolean;
  readonly scaling?: string;
  readonly capacity?: string;
  readonly on?: string;
  readonly types?: string;
  readonly prices?: string;
  readonly maxUtilisation?: string;
  readonly queue?: string;
  readonly floor?: string;
  readonly spares?: string;
  readonly zones?: string;
  readonly loseZones?: string;
  readonly availability?: string;
  readonly instanceAvailability?: string;
  readonly zoneAvailability?: string;
  readonly budget?: string;
  readonly fixed?: string;
  readonly serverlessMemory?: string;
  readonly reservedDiscount?: string;
  readonly seed?: string;
  readonly allowNoise?: boolean;
  readonly growth?: string;
  readonly history?: string;
  readonly start?: string;
  readonly md?: string | true;
  readonly html?: string;
  readonly check?: string;
  readonly profile?: string;
  readonly explain?: string;
  readonly confidence?: string;
  readonly emit?: string;
  readonly json?: boolean;
}
