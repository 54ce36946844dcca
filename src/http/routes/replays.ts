/** Once more, in bulk: what a filter would replay, the jobs that do it, and the way to stop one. */
import { type Static, Type } from '@sinclair/typebox';
import type { Caller } from '../../access/authenticate-key.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { cancelReplayJob, createReplayJob, findReplayJob, planReplay, REPLAY_RATE } from '../../pipeline/replay-job.ts';
import { pageOfReplayJobs } from '../../store/replay-job-pages.ts';
import { JOB_STATES, REPLAY_MODES, REPLAY_STATES, type ReplayFilter, type ReplayJobDetail } from '../../store/replay-jobs.ts';
import { cursorsOf, Position, pageOf, pageQuery, placedPageFrom, usual } from '../page.ts';
import { changing, type Route, reading } from '../route.ts';
import { Count, closedObject, EndpointName, Id, Name, OrNull, Reason, Time, TimeAsked, timeOf, Words } from '../shapes.ts';

const MOST = 100;
const places = cursorsOf('replays', Type.Object({ createdAt: Position, id: Id }));

const Filter = closedObject(
  {
    state: StringEnum(REPLAY_STATES, { description: 'dead also takes what was given up before it was a delivery' }),
    partner: Type.Optional(Name),
    po: Type.Optional(Words),
    endpoint: Type.Optional(EndpointName),
    event: Type.Optional(Words),
    fingerprint: Type.Optional(Words),
    since: Type.Optional(TimeAsked),
    until: Type.Optional(TimeAsked),
  },
  { title: 'ReplayFilter', description: 'exactly what this leaves is replayed' },
);

const filterOf = ({ po, since, until, ...rest }: Static<typeof Filter>): ReplayFilter => ({
  ...rest,
  orderNumber: po,
  since: timeOf(since),
  until: timeOf(until),
});

const Job = closedObject(
  {
    id: Id,
    mode: StringEnum(REPLAY_MODES),
    filter: Type.Object({}, { description: 'as it was given; po is orderNumber' }),
    rate: Type.Integer({ minimum: 1, description: 'items a second' }),
    outOfOrder: Type.Boolean(),
    state: StringEnum(JOB_STATES),
    planned: Count,
    replayed: Count,
    skipped: Count,
    failed: Count,
    problems: Type.Array(Type.Object({ id: Type.String(), code: Type.String(), message: Type.String() })),
    createdBy: Type.String(),
    reason: OrNull(Type.String()),
    createdAt: Time,
    endedAt: OrNull(Time),
  },
  { title: 'ReplayJob' },
);

const JobDetail = closedObject(
  {
    ...Job.properties,
    lanes: Type.Array(closedObject({ endpoint: OrNull(Type.String()), planned: Count, done: Count })),
    deliveries: closedObject({ open: Count, succeeded: Count, dead: Count }),
  },
  { title: 'ReplayJobDetail' },
);

const Change = closedObject({ path: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) });
const Diff = closedObject(
  {
    sampled: Count,
    unchanged: Count,
    failing: Count,
    fields: Type.Array(closedObject({ path: Type.String(), documents: Count })),
    examples: Type.Array(closedObject({ documentId: Id, changes: Type.Array(Change) })),
  },
  { title: 'ReplayDiff', description: 'retranslate only: what it would change in the oldest documents that the filter leaves' },
);

const Counted = Type.Array(closedObject({ name: Type.String(), count: Count }));
const Plan = closedObject(
  {
    mode: StringEnum(REPLAY_MODES),
    total: Count,
    outOfOrder: Type.Integer({
      minimum: 0,
      description: 'of these, replayed only with outOfOrder: later documents of their orders may have gone ahead',
    }),
    endpoints: Counted,
    partners: Counted,
    causes: Type.Array(closedObject({ stage: Type.String(), fingerprint: Type.String(), reason: Type.String(), count: Count })),
    diff: OrNull(Diff),
  },
  { title: 'ReplayPlan' },
);

const noJob = (id: string): GatewayError => new GatewayError('ERR_NOT_FOUND', `there is no replay ${id}`, { hint: 'GET /v1/replays' });

/** A key of some partners replays what is theirs, one partner at a time; another one looks as if it did not exist. */
function mustBeOwn({ partners }: Caller, partner: string | undefined): void {
  if (partners === undefined) return;
  if (partner === undefined)
    throw new GatewayError('ERR_API_REQUEST', `body.filter.partner: expected one of ${partners.join(', ')}, for which this key is, found none`);
  if (!partners.includes(partner)) throw new GatewayError('ERR_NOT_FOUND', `there is no partner ${partner}`);
}

async function mustFind(gateway: Gateway, { partners }: Caller, id: string): Promise<ReplayJobDetail> {
  const job = await findReplayJob(gateway, id);
  if (job === undefined) throw noJob(id);
  const { partner } = job.filter;
  if (partners !== undefined && (partner === undefined || !partners.includes(partner))) throw noJob(id);
  return job;
}

export const replayRoutes: readonly Route[] = [
  reading({
    path: '/v1/replays',
    tag: 'replays',
    summary: 'Replay jobs, the newest first',
    scope: 'replays:read',
    reach: 'list',
    query: pageQuery(MOST),
    answer: pageOf(Job),
    async handle({ gateway: { database, tenant }, caller, query: { limit = usual(MOST), after } }) {
      const rows = await pageOfReplayJobs(database, tenant, caller.partners, places.decode(after), limit + 1);
      return placedPageFrom(rows, limit, places);
    },
  }),
  changing({
    path: '/v1/replays',
    tag: 'replays',
    summary: 'Start a replay job, or with dryRun count what one would replay',
    description:
      'resend keeps event and key; retranslate translates anew under the mapping now in force. A dry run changes nothing and is not audited.',
    scope: 'replays:write',
    reach: 'list',
    body: {
      filter: Filter,
      mode: StringEnum(REPLAY_MODES),
      dryRun: Type.Optional(Type.Boolean()),
      outOfOrder: Type.Optional(Type.Boolean()),
      rate: Type.Optional(Type.Integer({ minimum: REPLAY_RATE.least, maximum: REPLAY_RATE.most, description: 'items a second' })),
      reason: Reason,
    },
    status: 202,
    answer: closedObject({ job: OrNull(JobDetail), plan: OrNull(Plan) }, { description: 'the job; with dryRun the plan' }),
    async handle({ gateway, caller, body: { filter, mode, dryRun = false, outOfOrder, rate, reason }, by }) {
      mustBeOwn(caller, filter.partner);
      const wanted = filterOf(filter);
      if (!dryRun) return { job: await createReplayJob(gateway, { filter: wanted, mode, outOfOrder, rate }, by(reason)), plan: null };
      const { filter: _, ...plan } = await planReplay(gateway, wanted, mode);
      return { job: null, plan };
    },
  }),
  reading({
    path: '/v1/replays/{id}',
    tag: 'replays',
    summary: 'How far a replay job is, and what became of what it moved',
    scope: 'replays:read',
    reach: 'item',
    params: { id: Id },
    answer: JobDetail,
    async handle({ gateway, caller, params: { id } }) {
      return mustFind(gateway, caller, id);
    },
  }),
  changing({
    path: '/v1/replays/{id}/cancel',
    tag: 'replays',
    summary: 'Replay nothing more; what was replayed stays so',
    scope: 'replays:write',
    reach: 'item',
    params: { id: Id },
    body: { reason: Reason },
    answer: JobDetail,
    async handle({ gateway, caller, params: { id }, body: { reason }, by }) {
      await mustFind(gateway, caller, id);
      return cancelReplayJob(gateway, id, by(reason));
    },
  }),
];
