/**
 * Reads alerts.yaml: all its faults at once, each with its line.
 *
 * Without the file the rules have their defaults and are told to the log alone.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Destination } from '../core/contracts.ts';
import { parseDuration } from '../core/duration.ts';
import { listOf, objectOf, unknownName } from '../core/file-faults.ts';
import { hasErrors, type Problem } from '../core/problem.ts';
import { type Origin, readYamlFile } from '../core/read-yaml-file.ts';
import { compileSchema, problemsIn } from '../core/schema-check.ts';
import { collectSecretReferences, type SecretUse } from '../core/secret-reference.ts';
import type { YamlFile } from '../core/yaml-file.ts';
import {
  type AlertRule,
  type Alerts,
  type AlertsFile,
  alertsFile,
  DEFAULTS,
  type Receiver,
  RULES,
  type RuleName,
  type Silence,
} from './alerts-file.ts';
import { type MailOptions, mailOptions } from './mail/options.ts';

export const ALERTS_FILE = 'alerts.yaml';
const MAIL = 'mail';

export interface KnownToAlerts {
  readonly destinations: ReadonlyMap<string, Destination>;
  /** `acme/drop`: the channels of partners whose files have no fault. */
  readonly channels: readonly string[];
  /** Partners whose files have faults: their channels cannot be known. */
  readonly unknownPartners: readonly string[];
}

export interface LoadedAlerts {
  /** Undefined: the file has faults. */
  readonly alerts: Alerts | undefined;
  readonly origin: Origin | undefined;
  readonly problems: readonly Problem[];
}

const check = compileSchema(alertsFile);
const checkMail = compileSchema(mailOptions);

export function loadAlerts(home: string, known: KnownToAlerts): LoadedAlerts {
  const location = path.join(home, ALERTS_FILE);
  if (!existsSync(location)) return { alerts: alertsFrom({}, new Map()), origin: undefined, problems: [] };
  const { file, problems: unreadable } = readYamlFile(location, ALERTS_FILE);
  if (file === undefined) return { alerts: undefined, origin: undefined, problems: unreadable };
  const { receivers, secrets, problems } = readReceivers(file, known);
  problems.unshift(...problemsIn(file, check(file.value)));
  problems.push(...wrongNames(file, known));
  const origin = { file, secrets };
  return hasErrors(problems)
    ? { alerts: undefined, origin, problems }
    : { alerts: alertsFrom(file.value as AlertsFile, receivers), origin, problems };
}

function readReceivers(file: YamlFile, { destinations }: KnownToAlerts) {
  const receivers = new Map<string, Receiver>();
  const secrets: SecretUse[] = [];
  const problems: Problem[] = [];
  for (const [name, receiver] of Object.entries(objectOf(objectOf(file.value).receivers))) {
    const { type, ...options } = objectOf(receiver);
    if (typeof type !== 'string') continue;
    const at = ['receivers', name];
    const destination = destinations.get(type);
    if (type !== MAIL && destination === undefined) {
      problems.push(unknownName(file, [...at, 'type'], type, [MAIL, ...destinations.keys()]));
      continue;
    }
    const schema = destination?.options ?? mailOptions;
    problems.push(...problemsIn(file, (destination === undefined ? checkMail : compileSchema(schema))(options), at));
    secrets.push(...collectSecretReferences(schema, options, at));
    receivers.set(
      name,
      destination === undefined
        ? { kind: 'mail', name, options: options as MailOptions }
        : { kind: 'destination', name, destination: destination.name, options },
    );
  }
  return { receivers, secrets, problems };
}

/** Receivers and channels that the rules name and that nothing bears. */
function wrongNames(file: YamlFile, { channels, unknownPartners }: KnownToAlerts): Problem[] {
  const said = objectOf(file.value);
  const rules = objectOf(said.rules);
  const receivers = Object.keys(objectOf(said.receivers));
  const problems = Object.entries(rules).flatMap(([rule, value]) =>
    listOf(objectOf(value).to).flatMap((name, index) =>
      typeof name === 'string' && !receivers.includes(name) ? [unknownName(file, ['rules', rule, 'to', index], name, receivers)] : [],
    ),
  );
  for (const name of Object.keys(objectOf(objectOf(rules.silence).channels))) {
    const [partner = ''] = name.split('/');
    if (!channels.includes(name) && !unknownPartners.includes(partner))
      problems.push({
        ...unknownName(file, ['rules', 'silence', 'channels', name], name, channels),
        at: file.placeOf(['rules', 'silence', 'channels', name], 'key'),
      });
  }
  return problems;
}

function alertsFrom(said: AlertsFile, receivers: ReadonlyMap<string, Receiver>): Alerts {
  const repeatMs = milliseconds(said.repeat) ?? DEFAULTS.repeatMs;
  const defaultsMs: Partial<Record<RuleName, number>> = { stopped: DEFAULTS.stoppedMs, blocked: DEFAULTS.blockedMs, overdue: DEFAULTS.overdueMs };
  const rules = new Map<RuleName, AlertRule>();
  for (const name of RULES) {
    const { off = false, to, repeat, after, at } = said.rules?.[name] ?? {};
    if (off) continue;
    rules.set(name, {
      receivers: to ?? [...receivers.keys()],
      repeatMs: milliseconds(repeat) ?? repeatMs,
      afterMs: milliseconds(after) ?? defaultsMs[name] ?? 0,
      thresholds: [...(at ?? DEFAULTS.thresholds)].sort((a, b) => a - b),
    });
  }
  return { receivers, rules, silences: rules.has('silence') ? silencesFrom(said) : [] };
}

function silencesFrom({ rules }: AlertsFile): Silence[] {
  const { everybody, channels = {} } = rules?.silence ?? {};
  const silences = Object.entries(channels).map(([subject, text]): Silence => {
    const [partner = '', channel = ''] = subject.split('/');
    return { subject, channel: { partner, channel }, afterMs: milliseconds(text) ?? 0 };
  });
  if (everybody !== undefined) silences.push({ subject: 'everybody', channel: undefined, afterMs: milliseconds(everybody) ?? 0 });
  return silences;
}

const milliseconds = (text: string | undefined): number | undefined => (text === undefined ? undefined : parseDuration(text));
