/** Writes schemas/partner.json, schemas/queue.json, schemas/alerts.json and one for the guide of each format, by which editors complete and check the files that people write. */
import { alertsFile, RECEIVER_NAME } from '../src/alerts/alerts-file.ts';
import { mailOptions } from '../src/alerts/mail/options.ts';
import { CHANNELS } from '../src/channels/_registry.ts';
import { editorSchema, variantsByType } from '../src/core/editor-schema.ts';
import { DESTINATIONS } from '../src/destinations/_registry.ts';
import { EVERY_EVENT, endpointFile } from '../src/endpoints/endpoint-file.ts';
import { EVENT_NAMES } from '../src/events/documents.ts';
import { FORMATS } from '../src/formats/_registry.ts';
import { CHANNEL_NAME, partnerFile } from '../src/partners/partner-file.ts';
import { ownFormatOptions } from '../src/partners/read-format-options.ts';
import { writeOrCheck } from './generated-files.ts';

const channel = variantsByType('channel', CHANNELS.values());
const destination = variantsByType('destination', DESTINATIONS.values());

const partner = editorSchema(
  'A Quayside partner file: partners/<name>/partner.yaml',
  partnerFile,
  {
    channels: { type: 'object', additionalProperties: false, patternProperties: { [CHANNEL_NAME]: channel.schema } },
    formats: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries([...FORMATS.values()].map((format) => [format.name, ownFormatOptions(format)])),
    },
  },
  channel.definitions,
);
const queue = editorSchema(
  'A Quayside queue file: queues/<endpoint>.yaml',
  endpointFile,
  {
    destination: destination.schema,
    events: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: [...EVENT_NAMES, EVERY_EVENT] } },
  },
  destination.definitions,
);

const receiver = variantsByType('receiver', [{ name: 'mail', summary: 'A mail by SMTP.', options: mailOptions }, ...DESTINATIONS.values()]);
const alerts = editorSchema(
  'A Quayside alerts file: alerts.yaml',
  alertsFile,
  { receivers: { type: 'object', additionalProperties: false, patternProperties: { [RECEIVER_NAME]: receiver.schema } } },
  receiver.definitions,
);

const guides = [...FORMATS.values()].flatMap(({ name, guide }) =>
  guide === undefined
    ? []
    : [[`schemas/${name}-guide.json`, editorSchema(`A guide of ${name} documents, beside a partner file`, guide.schema, {}, {})] as const],
);

const text = (schema: object) => `${JSON.stringify(schema, undefined, 2)}\n`;
writeOrCheck(
  new Map([
    ['schemas/partner.json', text(partner)],
    ['schemas/queue.json', text(queue)],
    ['schemas/alerts.json', text(alerts)],
    ...guides.map(([file, schema]) => [file, text(schema)] as const),
  ]),
);
