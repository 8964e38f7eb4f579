import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';

const shape = z.object({
  id: fields.id.meta({ examples: [demo.session.id] }),
  device: z
    .string()
    .nullable()
    .meta({
      description: 'What the device called itself at sign-in.',
      maxLength: 200,
      examples: ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36'],
    }),
  address: z
    .string()
    .nullable()
    .meta({
      description: 'The address it last signed in or refreshed from.',
      maxLength: 45,
      examples: ['203.0.113.7'],
    }),
  created_at: fields.out.instant.meta({ description: 'When it signed in, UTC.' }),
  last_used_at: fields.out.instant.meta({ description: 'When it last signed in or refreshed, UTC.' }),
  is_current: z.boolean().meta({ description: 'Whether it is the one that asks.', examples: [true] }),
});
export type Session = z.infer<typeof shape>;

const session = documented(shape, {
  id: 'Session',
  description: 'A sign-in on one device.',
  examples: {
    phone: {
      summary: 'This phone',
      value: {
        id: demo.session.id,
        device: 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36',
        address: '203.0.113.7',
        created_at: '2028-03-01T09:30:00.000Z',
        last_used_at: '2028-03-02T04:12:09.000Z',
        is_current: true,
      },
    },
  },
});

export const sessionPage = pageOf('SessionPage', 'One page of my sessions.', session);
export const sessionQuery = z.object(pageQuery);
