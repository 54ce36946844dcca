/** What the composition root offers to commands: handed in, so that `--help` loads none of it. */

import type { Problem } from '../core/problem.ts';
import type { Partner } from '../partners/partner-file.ts';
import type { Catalog } from '../pipeline/catalog.ts';
import type { ConnectionCheck } from '../pipeline/check-connections.ts';
import type { Extensions, Gateway } from '../pipeline/gateway.ts';

export const ROLES = ['all', 'api', 'channels', 'translate', 'deliver', 'control'] as const;
export type RoleName = (typeof ROLES)[number];

/** A gateway that does nothing by itself: commands read and change its stores. */
export interface OpenGateway {
  readonly gateway: Gateway;
  close(): Promise<void>;
}

export interface RunningGateway extends OpenGateway {
  /** `http://127.0.0.1:8080` */
  readonly address: string | undefined;
  /** What GET /metrics answers; never throws, whatever is away. */
  renderMetrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Which stores are in use, in words. */
  readonly stores: readonly string[];
}

export interface StoreCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** A site that is made while the program runs, on embedded stores of its own: the demo's. */
export interface Site {
  readonly home: string;
  readonly data: string;
  readonly secretsDirectory: string;
  /** Takes each line of its log, a JSON object. */
  log(line: string): void;
}

export interface Application {
  readonly home: string;
  /** Where embedded stores live. */
  readonly data: string;
  /** The demo's partners, mappings and queues, which ship with the product. */
  readonly demoHome: string;
  /** JSON Schemas by which editors complete and check files, as they ship with the product. */
  readonly schemas: string;
  readonly tenant: string;
  readonly eventPrefix: string;
  readonly publicUrl: string;
  readonly extensions: Extensions;
  now(): Date;
  /** Partner, mapping and queue files of a folder, with every fault. */
  loadCatalog(home: string): { catalog: Catalog; problems: Problem[] };
  /** Connects to the stores (the running gateway's embedded ones too); throws when they are away. */
  open(): Promise<OpenGateway>;
  start(roles: readonly RoleName[]): Promise<RunningGateway>;
  migrate(): Promise<{ applied: readonly string[] }>;
  doctor(): Promise<StoreCheck[]>;
  /** Really connects to everything that a partner file names. */
  connect(partner: Partner): Promise<ConnectionCheck[]>;
  /** The same program on another site; PORT unset is any free port there. DATABASE_URL and REDIS_URL do not count. */
  atSite(site: Site): Application;
}
