/** Who wants an event. Test traffic reaches only endpoints of stage test, live traffic only live ones. */
import { type Endpoint, EVERY_EVENT } from './endpoint-file.ts';

export interface Announcement {
  /** Without prefix and version: `invoice.received`. */
  readonly name: string;
  readonly partner: string;
  /** The partner's stage is test, or its envelope says so (ISA15 = T). */
  readonly test: boolean;
}

/** In the order of their names; none means that the event is unrouted. */
export function subscribers(endpoints: ReadonlyMap<string, Endpoint>, event: Announcement): Endpoint[] {
  const wanted = (endpoint: Endpoint): boolean =>
    (endpoint.stage === 'test') === event.test &&
    (endpoint.events.includes(EVERY_EVENT) || endpoint.events.includes(event.name)) &&
    (endpoint.partners === undefined || endpoint.partners.includes(event.partner));
  return [...endpoints.values()].filter(wanted).sort((a, b) => (a.name < b.name ? -1 : 1));
}
