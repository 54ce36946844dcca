/**
 * Once more, or not at all: what ops does to a dead letter, a skipped delivery or one that succeeded.
 *
 * A dead delivery keeps its row, its key and its place in the order. A succeeded one is sent beside the order, as a new row with the
 * same key. What could not be translated goes through T2 again, under the mapping that is then in force.
 */
import { GatewayError } from '../core/errors/errors.ts';
import type { Operator } from '../store/audit.ts';
import { findDeadLetter } from '../store/dead-letters.ts';
import { stateOfDelivery } from '../store/deliveries.ts';
import { closeDead, discardDocument, discardMessage, placeClosed, replayDead, replayDocument, replayEnded, replayMessage } from '../store/replays.ts';
import type { Gateway } from './gateway.ts';

/** Replays one thing by its id; says in words what was done. */
export async function replay(gateway: Gateway, id: string, by: Operator, options: { outOfOrder: boolean }): Promise<string> {
  const { database, tenant } = gateway;
  const said = (await replayDelivery(gateway, id, by, options)) ?? (await replayTranslation(gateway, id, by));
  if (said !== undefined) return said;
  const letter = await findDeadLetter(database, tenant, id);
  throw letter === undefined
    ? new GatewayError('ERR_NOT_FOUND', `there is no delivery, dead document or failed message ${id}`)
    : new GatewayError('ERR_DELIVERY_STATE', `${id} changed meanwhile`);
}

async function replayDelivery(gateway: Gateway, id: string, by: Operator, { outOfOrder }: { outOfOrder: boolean }): Promise<string | undefined> {
  const { database, tenant } = gateway;
  const state = await stateOfDelivery(database, tenant, id);
  if (state === undefined) return undefined;
  if (state === 'dead' && (await replayDead(database, tenant, id, by, { outOfOrder }))) {
    gateway.nudge('deliver');
    return `delivery ${id} is due again, in its old place`;
  }
  if (!outOfOrder && (state === 'skipped' || (state === 'dead' && (await placeClosed(database, tenant, id))))) {
    throw new GatewayError('ERR_DELIVERY_STATE', `${id} gave up its place: later documents of its orders may have gone ahead`, {
      hint: 'add --out-of-order to send it all the same',
    });
  }
  if (state === 'succeeded' || state === 'skipped') {
    const copy = await replayEnded(database, tenant, id, [state], by);
    if (copy !== undefined) {
      gateway.nudge('deliver');
      return `delivery ${id} is sent once more beside the order, as ${copy}, with the same idempotency key`;
    }
  }
  throw new GatewayError('ERR_DELIVERY_STATE', `${id} is ${state}: there is nothing to replay`);
}

async function replayTranslation(gateway: Gateway, id: string, by: Operator): Promise<string | undefined> {
  const { database, tenant } = gateway;
  if (await replayDocument(database, tenant, id, by)) {
    gateway.nudge('translate');
    return `document ${id} is translated again`;
  }
  if (await replayMessage(database, tenant, id, by)) {
    gateway.nudge('translate');
    return `message ${id} is read again`;
  }
  return undefined;
}

/** Lets the order go on without a dead letter: `skip` keeps the way back open, `discard` does not. */
export async function closeDeadLetter(gateway: Gateway, id: string, way: 'skip' | 'discard', by: Operator): Promise<void> {
  const { database, tenant } = gateway;
  if (await closeDead(database, tenant, id, way, by)) return gateway.nudge('deliver');
  if (way === 'discard' && ((await discardDocument(database, tenant, id, by)) || (await discardMessage(database, tenant, id, by)))) return;
  const letter = await findDeadLetter(database, tenant, id);
  if (letter === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no dead letter ${id}`);
  throw new GatewayError('ERR_DELIVERY_STATE', `${id} was never on its way to an endpoint: it blocks nothing`, {
    hint: `quayside replay ${id} once its cause is mended, or quayside dead discard ${id} --reason …`,
  });
}
