import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented, perCountry } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { coherent, openness } from '../closing.schemas.ts';

const example = {
  id: demo.branch.id,
  name: demo.branch.name,
  address: demo.branch.address,
  phone: demo.branch.phone,
  is_active: true,
};

export const branch = documented(
  z.object({
    id: fields.id,
    name: z.string().meta({ maxLength: 200, examples: [example.name] }),
    address: z
      .string()
      .nullable()
      .meta({ maxLength: 300, examples: [example.address] }),
    phone: fields.out.phone.meta({ examples: [example.phone] }),
    is_active: z.boolean().meta({ description: 'Whether slots are published and booked there.' }),
  }),
  {
    id: 'Branch',
    description: 'A house of the clinic. All of them keep the clinic’s one time zone.',
    examples: { branch: { summary: 'A branch', value: example } },
  },
);
export type Branch = z.infer<typeof branch>;

export const branchPage = pageOf('BranchPage', 'One page of branches.', branch);
export const branchQuery = z.object(pageQuery);

const name = fields.text(200).meta({ description: 'Unique in any case.', examples: ['Chilonzor filiali'] });
const address = fields
  .text(300)
  .nullable()
  .meta({ examples: ['Toshkent, Bunyodkor koʻchasi, 7'] });

/** What admins write of a branch, for one country's phone numbers. */
export const branchInputs = perCountry((country) => ({
  create: documented(
    z.object({
      name,
      address: address.default(null),
      phone: fields.phone(country).nullable().default(null),
      is_active: openness.is_active.default(true),
    }),
    {
      id: 'NewBranch',
      description: 'Another house of the clinic.',
      examples: {
        branch: {
          summary: 'One that opens later',
          value: { name: 'Chilonzor filiali', address: 'Toshkent, Bunyodkor koʻchasi, 7', is_active: false },
        },
      },
    },
  ),
  update: documented(
    coherent(z.object({ name, address, phone: fields.phone(country).nullable(), ...openness }).partial()),
    {
      id: 'BranchChanges',
      description: 'The fields to change, at least one; null empties one.',
      examples: {
        contact: {
          summary: 'Correct its address and phone',
          value: { address: example.address, phone: example.phone },
        },
        close: {
          summary: 'Close it, and cancel what is still to come',
          value: { is_active: false, upcoming: 'cancel' },
        },
      },
    },
  ),
}));
export type NewBranch = z.infer<ReturnType<typeof branchInputs>['create']>;
export type BranchChanges = z.infer<ReturnType<typeof branchInputs>['update']>;
