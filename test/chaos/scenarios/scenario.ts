/** What a scenario is: one situation of the acceptance list, played with several processes, and the figures that decide it. */
export interface ScenarioOptions {
  /** How long the outage or each measured span lasts; each scenario has its own by default. */
  readonly seconds?: number | undefined;
  /** Where the gateways' logs go. */
  readonly logs?: string | undefined;
  say(line: string): void;
}

export interface ScenarioResult {
  readonly figures: Readonly<Record<string, number | string | readonly number[]>>;
  /** Criteria that were not met, in words. */
  readonly faults: readonly string[];
}

export type Scenario = (options: ScenarioOptions) => Promise<ScenarioResult>;
