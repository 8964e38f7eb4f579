import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { coherent, openness } from '../closing.schemas.ts';

/** What a room is for. Kept in small letters, so that a service finds it however it was typed. */
export const roomKind = fields
  .text(50)
  .transform((kind) => kind.toLowerCase())
  .meta({
    description: 'What it is for, such as `ultrasound`; kept in small letters.',
    examples: [demo.room.kind],
  });

const example = {
  id: demo.room.id,
  branch: demo.branch.id,
  name: demo.room.name,
  kind: demo.room.kind,
  is_active: true,
};

export const room = documented(
  z.object({
    id: fields.id,
    branch: fields.id,
    name: z.string().meta({ maxLength: 100, examples: [example.name] }),
    kind: z.string().meta({ maxLength: 50, examples: [example.kind] }),
    is_active: z.boolean().meta({ description: 'Whether slots are published and visits booked in it.' }),
  }),
  {
    id: 'Room',
    description:
      'A room of a branch, or a device, which is a room of another kind: only one use has it at a time.',
    examples: { room: { summary: 'A room', value: example } },
  },
);
export type Room = z.infer<typeof room>;

export const roomPage = pageOf('RoomPage', 'One page of rooms.', room);

export const roomFilters = z.object({
  ...pageQuery,
  branch: fields.branchText.optional(),
  kind: fields.filterText
    .meta({ description: 'Only rooms of this kind.', examples: [demo.room.kind] })
    .transform((kind) => kind.toLowerCase())
    .optional(),
});
export type RoomFilters = z.infer<typeof roomFilters>;

const name = fields.text(100).meta({ description: 'Unique in its branch, in any case.', examples: ['204'] });

export const newRoom = documented(
  z.object({
    branch: fields.id.meta({ description: 'It stays there.', examples: [demo.branch.id] }),
    name,
    kind: roomKind,
    is_active: openness.is_active.default(true),
  }),
  {
    id: 'NewRoom',
    description: 'A room or a device of a branch.',
    examples: {
      device: { summary: 'A device', value: { branch: demo.branch.id, name: 'UTT-2', kind: 'ultrasound' } },
    },
  },
);
export type NewRoom = z.output<typeof newRoom>;

export const roomChanges = documented(coherent(z.object({ name, kind: roomKind, ...openness }).partial()), {
  id: 'RoomChanges',
  description: 'The fields to change, at least one.',
  examples: {
    name: { summary: 'Another name', value: { name: demo.room.name } },
    close: { summary: 'Close it; its visits take place', value: { is_active: false, upcoming: 'keep' } },
  },
});
export type RoomChanges = z.output<typeof roomChanges>;
