/** `quayside map coverage --live`: what mappings did to the documents that really came. */
import type { Gateway } from '../../pipeline/gateway.ts';
import { type LiveMapping, type LiveUnread, type LiveUse, type RuleFigures, readLiveUse } from '../../store/mapping-use.ts';
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

export interface LiveOptions {
  readonly partner?: string | undefined;
  readonly json?: boolean | undefined;
}

/** As without --live, the status is 1 while anything is unexplained. */
export async function liveCoverage({ terminal, application }: Commands, { partner, json }: LiveOptions): Promise<number> {
  const use = await withGateway(await application(), ({ database, tenant }: Gateway) => readLiveUse(database, tenant, partner));
  for (const mapping of use.mappings) {
    const [rules, unread] = [of(mapping, use.rules), of(mapping, use.unread)];
    if (json) terminal.out(JSON.stringify({ ...mapping, unexplained: unread.map(keyed), rules: rules.map(ruled) }));
    else show(mapping, rules, unread, (line) => terminal.out(line));
  }
  if (use.mappings.length === 0 && !json) terminal.out('no document was mapped yet');
  return isExplained(use) ? EXIT.done : EXIT.inputAtFault;
}

const isExplained = ({ unread }: LiveUse): boolean => unread.length === 0;

function of<Of extends { readonly partner: string; readonly mapping: string }>(mapping: LiveMapping, all: readonly Of[]): Of[] {
  return all.filter((one) => one.partner === mapping.partner && one.mapping === mapping.mapping);
}

const keyed = ({ key, count, example, messageId, segment, offset, firstSeenAt, lastSeenAt }: LiveUnread) => ({
  ...{ key, count, example: { text: example, messageId, segment, offset }, firstSeenAt, lastSeenAt },
});

const ruled = ({ rule, sourced, given }: RuleFigures) => ({ rule, sourced, given });

function show(mapping: LiveMapping, rules: readonly RuleFigures[], unread: readonly LiveUnread[], out: (line: string) => void): void {
  const { partner, documents, elements, mapped } = mapping;
  out(
    `${partner}  ${mapping.mapping} ${mapping.version}: ${documents} documents, ${elements} elements, ${mapped} mapped, ${unread.length} unexplained`,
  );
  for (const { key, count, example, messageId, segment, firstSeenAt } of unread)
    out(`  unexplained ${key} ×${count} since ${firstSeenAt.toISOString()}, e.g. ${example}, segment ${segment} of message ${messageId}`);
  for (const { rule, sourced, given } of rules) out(`  rule ${rule}: ${sourced} from documents, ${given} from the rule itself`);
}
