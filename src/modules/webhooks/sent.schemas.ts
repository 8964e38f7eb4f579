import { demo } from '../../core/demo.ts';
import { type EventType, eventTypes } from '../../core/events.ts';
import { COUNT_MAX } from '../../http/fields.ts';
import type { Parameter } from '../../http/openapi/document.ts';

const NAME = 'WebhookEvent';
const AT = '2028-03-01T09:30:00.000Z';

const idOrNull = (description: string) => ({
  type: ['integer', 'null'],
  format: 'int64',
  minimum: 1,
  maximum: COUNT_MAX,
  description,
});
const instantOrNull = (description: string) => ({
  type: ['string', 'null'],
  format: 'date-time',
  maxLength: 24,
  description,
});

/** Ids and times; whoever may know more asks the API. */
const data = {
  type: 'object',
  additionalProperties: false,
  required: ['object', 'id', 'version', 'status', 'doctor', 'patient', 'branch', 'starts_at', 'ends_at'],
  properties: {
    object: { type: 'string', maxLength: 50, description: 'What it is about, such as `appointment`.' },
    id: idOrNull('The id of that.'),
    version: idOrNull('Of an appointment: drop what has an older one than you know.'),
    status: { type: ['string', 'null'], maxLength: 20, description: 'Of an appointment, after the event.' },
    doctor: idOrNull('The doctor.'),
    patient: idOrNull('The patient.'),
    branch: idOrNull('Where it is.'),
    starts_at: instantOrNull('When it begins. UTC.'),
    ends_at: instantOrNull('When it ends. UTC.'),
  },
};

/** What a type is about. */
const objectOf = (type: EventType) => {
  const [object = ''] = type.split('.');
  return object === 'waitlist' ? 'waitlist_entry' : object;
};

function exampleOf(type: EventType) {
  const object = objectOf(type);
  const isVisit = object === 'appointment';
  const status = type === 'appointment.cancelled' ? 'cancelled' : 'confirmed';
  return {
    type,
    timestamp: AT,
    data: {
      object,
      id: isVisit ? demo.visit.id : 1,
      version: isVisit ? 2 : null,
      status: isVisit ? status : null,
      doctor: demo.doctor.id,
      patient: isVisit ? demo.patient.id : null,
      branch: demo.branch.id,
      starts_at: isVisit ? '2028-03-14T04:30:00.000Z' : null,
      ends_at: isVisit ? '2028-03-14T05:00:00.000Z' : null,
    },
  };
}

const header = (name: string, description: string, example: string): Parameter => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', maxLength: 500 },
  example,
});
const parameters = [
  header('webhook-id', 'The event’s id, the same at every try and every endpoint.', 'evt_6a3f1c20_9001'),
  header('webhook-timestamp', 'When this try was made, in Unix seconds.', '1835515800'),
  header(
    'webhook-signature',
    'HMAC-SHA256 over `id.timestamp.body` by the secret, in base64 behind `v1,`; during a rotation two, with a space between.',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
];

const operation = (type: EventType) => ({
  post: {
    summary: type,
    description: 'Sent at least once, in no promised order.',
    operationId: `on_${type.replace('.', '_')}`,
    tags: ['webhooks'],
    security: [],
    parameters,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { $ref: `#/components/schemas/${NAME}` },
          example: exampleOf(type),
        },
      },
    },
    responses: {
      '204': { description: 'Taken. Any other 2xx will do.' },
      '410': { description: 'No more: the endpoint is switched off.' },
    },
  },
});

/** What this server sends, as OpenAPI 3.1 says it. */
export const sentEvents = {
  webhooks: Object.fromEntries(eventTypes.map((type) => [type, operation(type)])),
  schemas: {
    [NAME]: {
      type: 'object',
      additionalProperties: false,
      required: ['type', 'timestamp', 'data'],
      description: 'An event, as it is sent to webhooks.',
      properties: {
        type: {
          type: 'string',
          enum: [...eventTypes, 'webhook.test'],
          description: 'Others may come: pass over what you do not know.',
        },
        timestamp: {
          type: 'string',
          format: 'date-time',
          maxLength: 24,
          description: 'When it happened. UTC.',
        },
        data,
      },
    },
  },
};
