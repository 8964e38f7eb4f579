import { z } from 'zod';
import type { Role } from '../../core/roles.ts';

/** What an assistant can do, as a tool of the Model Context Protocol. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  /** Who has it. */
  roles: readonly Role[];
  /** The operations that it may call, as they are declared: a key has the tool when its scopes let it call them all. */
  needs: readonly (readonly [method: string, path: string])[];
  /** It changes nothing. */
  reads: boolean;
  input: z.ZodObject;
  /** @returns what the assistant is told; a refusal of the API is thrown by it */
  call: (args: never, api: Api) => Promise<unknown>;
}

type Query = Record<string, string | number | boolean | undefined>;

/** The API as whoever has sent the assistant may call it. Paths are relative to /api. */
export interface Api {
  role: Role;
  get: (path: string, query?: Query) => Promise<never>;
  post: (path: string, body?: object, headers?: Record<string, string>) => Promise<never>;
  patch: (path: string, body: object) => Promise<never>;
  delete: (path: string, body?: object) => Promise<never>;
}

/** Declares a tool; its arguments are typed by its input, and unknown ones are refused. */
export const tool = <Shape extends z.ZodRawShape>(
  declared: Omit<Tool, 'input' | 'call'> & {
    input: Shape;
    call: (args: z.output<z.ZodObject<Shape>>, api: Api) => Promise<unknown>;
  },
): Tool => ({ ...declared, input: z.strictObject(declared.input) }) as unknown as Tool;

export const PATIENT: readonly Role[] = ['patient'];
export const DESK: readonly Role[] = ['receptionist', 'admin'];
export const BOOKS: readonly Role[] = [...PATIENT, ...DESK];
export const WORKS: readonly Role[] = ['doctor', ...DESK];

/** How long a text and how large a number may be is the API's to say: a bound of the tool's own cut off what the API takes. */
export const id = (means: string) => z.int().min(1).describe(means);
export const text = (means: string) => z.string().describe(means);
export const date = text('YYYY-MM-DD, by the clinic’s clock');
export const page = z.int().min(1).optional().describe('Which page of a long list, from 1');
export const patientOf = id(
  'For whom: the desk always says it; a patient only for a child of theirs',
).optional();

export const confirm = z
  .boolean()
  .default(false)
  .describe('Without true nothing is done: you get a preview to show to the person, who has to agree');

/** What would be done, unless it is confirmed. */
export async function unlessConfirmed(
  args: { confirm: boolean },
  preview: () => Promise<object>,
  act: () => Promise<unknown>,
): Promise<unknown> {
  if (args.confirm) return (await act()) ?? { done: true };
  return {
    preview: true,
    ...(await preview()),
    next: 'Nothing has been done yet. Show this to the person; if they agree, call again with confirm: true.',
  };
}
