/** How outcomes are held against the endpoint itself: said by its queue file, carried out by src/store/endpoint-health.ts. */
export interface EndpointPolicy {
  readonly endpoint: string;
  /** Failures in a row that open the breaker. */
  readonly breakerFailures: number;
  /** Or this part of at least `breakerMinimum` attempts within `breakerWindowMs`. */
  readonly breakerRatio: number;
  readonly breakerMinimum: number;
  readonly breakerWindowMs: number;
  /** Wait before the first probe, the second …; the last one repeats. */
  readonly probesMs: readonly number[];
  /** Rejections in a row that park it. */
  readonly rejectionsBeforeParking: number;
}
