import { z } from 'zod';
import { noticeKinds } from '../../../core/messages.ts';
import { channels } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';

const channelList = z.array(z.enum(channels)).max(channels.length);
const kind = z.enum(noticeKinds);

const address = (description: string) =>
  z
    .object({
      offered: z.boolean().meta({ description: 'Whether the clinic sends by this channel.' }),
      usable: z.boolean().meta({ description }),
    })
    .meta({ description });

const shape = z.object({
  kinds: z
    .array(
      z.object({
        kind,
        chosen: channelList.nullable().meta({
          description: 'What was chosen. Null is the default, and an empty list is the inbox only.',
        }),
        used: channelList.meta({ description: 'Where it would go now, beside the inbox.' }),
      }),
    )
    .meta({ maxItems: 50, description: 'What can reach this person, by kind.' }),
  quiet_hours: z.object({ enabled: z.boolean(), from: fields.out.time, until: fields.out.time }).meta({
    description:
      'Messages that are due in them wait for their end. Codes and offers of the waiting list do not wait, nor does the news ' +
      'of a changed contact or way to sign in, nor that of a visit that falls out or is moved on its day, or that begins less ' +
      'than two hours after their end. A reminder for which their end would be too late comes before they begin.',
  }),
  channels: z.object({
    email: address('The email address is confirmed.'),
    sms: address('The phone is confirmed.'),
    telegram: address('A Telegram chat is linked.'),
  }),
});

const example: z.infer<typeof shape> = {
  kinds: [
    { kind: 'booked', chosen: null, used: ['telegram'] },
    { kind: 'reminder', chosen: ['sms', 'email'], used: ['sms'] },
  ],
  quiet_hours: { enabled: true, from: '22:00', until: '08:00' },
  channels: {
    email: { offered: true, usable: false },
    sms: { offered: true, usable: true },
    telegram: { offered: true, usable: true },
  },
};

export const preferences = documented(shape, {
  id: 'NotificationPreferences',
  description: 'How and when a person is told things.',
  examples: { preferences: { summary: 'Reminders by SMS and email, the rest as usual', value: example } },
});
export type PreferencesAnswer = z.infer<typeof preferences>;

export const preferencesChange = documented(
  z
    .object({
      channels: z
        .partialRecord(kind, channelList.nullable())
        .meta({ description: 'By kind: the channels beside the inbox, `[]` for none, null for the default.' })
        .optional(),
      quiet_hours: z
        .object({
          enabled: z.boolean(),
          from: fields.clockTime.meta({ examples: ['22:00'] }),
          until: fields.clockTime.meta({ examples: ['08:00'] }),
        })
        .partial()
        .optional(),
    })
    .refine(
      ({ channels: byKind, quiet_hours }) =>
        Object.keys(byKind ?? {}).length > 0 ||
        Object.values(quiet_hours ?? {}).some((value) => value !== undefined),
      issue('nothing_to_change'),
    ),
  {
    id: 'NotificationPreferencesChange',
    description: 'What to change. The rest stays.',
    examples: {
      reminders: {
        summary: 'Reminders by SMS and email',
        value: { channels: { reminder: ['sms', 'email'] } },
      },
      inbox: { summary: 'New bookings in the inbox only', value: { channels: { booked: [] } } },
      default: { summary: 'Back to the default', value: { channels: { reminder: null } } },
      quiet: { summary: 'Shorter quiet hours', value: { quiet_hours: { from: '23:00', until: '07:00' } } },
      awake: { summary: 'No quiet hours', value: { quiet_hours: { enabled: false } } },
    },
  },
);
export type PreferencesChange = z.infer<typeof preferencesChange>;
