/** What each generated client is asked to do, and the one journey through all of them. */

/** A slot that was refused: its code, and the slots that can be had instead. */
export interface Refused {
  refused: string;
  alternatives: number[];
}

export interface Client {
  register(username: string, password: string): Promise<void>;
  signIn(username: string, password: string): Promise<string>;
  /** The ids of slots that can be booked. */
  search(token: string): Promise<number[]>;
  book(token: string, timeslot: number, key: string): Promise<number | Refused>;
  /** The ids of one's own visits. */
  list(token: string): Promise<number[]>;
  cancel(token: string, visit: number): Promise<void>;
}

export const SERVER = process.env.CLINIC ?? '';

export function fail(step: string, what: unknown): never {
  throw new Error(`${step}: ${JSON.stringify(what)}`);
}

/** Registers two patients, of whom the second wants the slot that the first has booked, and takes another one. */
export async function journey(name: string, client: Client): Promise<void> {
  const password = 'eleven-green-apricots';
  const [first, second] = ['a', 'b'].map((who) => `${name}.${who}.${process.pid}`) as [string, string];
  for (const username of [first, second]) await client.register(username, password);
  const [mine, theirs] = [await client.signIn(first, password), await client.signIn(second, password)];
  const [slot] = await client.search(mine);
  if (slot === undefined) fail('search', 'no slot is free');
  const visit = await client.book(mine, slot, `${first}-1`);
  if (typeof visit !== 'number') fail('book', visit);
  if ((await client.book(mine, slot, `${first}-1`)) !== visit) fail('replay', 'another visit');
  const refused = await client.book(theirs, slot, `${second}-1`);
  if (typeof refused === 'number' || refused.refused !== 'slot_taken') fail('second booking', refused);
  const [other] = refused.alternatives;
  if (other === undefined) fail('alternatives', refused);
  const instead = await client.book(theirs, other, `${second}-2`);
  if (typeof instead !== 'number') fail('alternative', instead);
  if (!(await client.list(theirs)).includes(instead)) fail('list', 'the visit is missing');
  await client.cancel(theirs, instead);
  await client.cancel(mine, visit);
  process.stdout.write(`${name}: booked, repeated, refused, took another, listed, cancelled\n`);
}
