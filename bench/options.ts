import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';

/** What is measured beside the requests, in this order. */
export const PARTS = ['anatomy', 'tokens', 'polling', 'streams', 'startup'] as const;
const sections = [...Object.keys(scenarios), ...PARTS];

export const USAGE = `npm run bench [-- options]

  --large               the large world beside the small one
  --crowd               5,000 people at once, and more than the machine can do
  --against commit      this build beside another one, and beside itself
  --only name,…         some of ${sections.join(', ')}
  --connections 1,16,64
  --seconds n           of each measurement (3)
  --rounds n            whose median counts (3)
  --people n            of the crowd (5000)
  --streams n           that are open at once (2000)
  --data dir            where the databases are kept (.data)
  --toy                 a world of four doctors, to try the benchmark itself`;

export type Options = ReturnType<typeof readOptions>;

/** @throws Error with a line that says what is wrong */
export function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      crowd: { type: 'boolean', default: false },
      against: { type: 'string' },
      toy: { type: 'boolean', default: false },
      only: { type: 'string' },
      connections: { type: 'string', default: '1,16,64' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      people: { type: 'string', default: '5000' },
      streams: { type: 'string', default: '2000' },
      data: { type: 'string', default: '.data' },
    },
  });
  const number = (name: 'seconds' | 'rounds' | 'people' | 'streams') => positive(values[name], name);
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !sections.includes(name));
  if (unknown !== undefined) throw new Error(`--only knows no ${unknown}, but ${sections.join(', ')}`);
  const connections = values.connections.split(',').map((count) => positive(count, 'connections'));
  return {
    help: values.help,
    mode: values.crowd ? ('crowd' as const) : values.large ? ('large' as const) : ('small' as const),
    against: values.against,
    size: values.toy ? ('toy' as const) : ('small' as const),
    names: only ?? sections,
    connections,
    seconds: number('seconds'),
    rounds: number('rounds'),
    people: number('people'),
    streams: number('streams'),
    data: resolve(values.data),
    /** Whether it is the whole of a run as it stands: only such a one is written into RESULTS.md. */
    whole:
      !only &&
      !values.toy &&
      values.against === undefined &&
      values.connections === '1,16,64' &&
      number('seconds') >= 3 &&
      number('rounds') >= 3,
  };
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes numbers above 0`);
  return value;
}
