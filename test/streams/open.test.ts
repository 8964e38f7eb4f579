import { expect, test } from 'vitest';
import { createOpenStreams, type Sink, type Stream } from '../../src/modules/streams/open.service.ts';

/** What it is written waits until it is taken, if ever. */
function slowReader() {
  const told: string[] = [];
  let waiting = 0;
  const sink: Sink = {
    write(text) {
      told.push('write');
      waiting += text.length;
    },
    end: () => void told.push('end'),
    cut: () => void told.push('cut'),
    get waiting() {
      return waiting;
    },
  };
  return {
    sink,
    told,
    take() {
      waiting = 0;
    },
  };
}

function opened(user = 1): {
  open: ReturnType<typeof createOpenStreams>;
  stream: Stream;
  empty: () => number;
} {
  const empties: number[] = [];
  const open = createOpenStreams({ streams_max: 10, onEmpty: () => empties.push(1) });
  const stream = open.reserve({ id: user, session: user, role: 'patient' }, {});
  return { open, stream, empty: () => empties.length };
}

const event = 'x'.repeat(500);

test('whoever does not read what is written is cut off once 32 kB wait, and takes no memory from then on', async () => {
  const { open, stream, empty } = opened();
  const { sink, told } = slowReader();
  open.begin(stream, sink, 'first');
  for (let nth = 0; nth < 100; nth += 1) await open.sendEach([[stream, event]]);
  expect(told.at(-1)).toBe('cut');
  // The first word, and 66 events of 500 bytes, the last of which was too much.
  expect(told.filter((word) => word === 'write')).toHaveLength(67);
  expect([open.all.size, empty()]).toEqual([0, 1]);
});

test('whoever takes what is written is not cut off for how much is told at once, up to 256 kB', async () => {
  const { open, stream } = opened();
  const { sink, told, take } = slowReader();
  open.begin(stream, sink, 'first');
  for (let nth = 0; nth < 3; nth += 1) {
    await open.sendEach([[stream, event.repeat(500)]]);
    take();
  }
  expect([told, open.all.size]).toEqual([Array(4).fill('write'), 1]);
  await open.sendEach([[stream, event.repeat(600)]]);
  expect([told.at(-1), open.all.size]).toEqual(['cut', 0]);
});

test('what comes before a stream has begun is written with its beginning, and too much of it cuts it off', async () => {
  const early = opened();
  const { sink, told } = slowReader();
  for (let nth = 0; nth < 3; nth += 1) await early.open.sendEach([[early.stream, event]]);
  early.open.begin(early.stream, sink, 'first');
  expect([told, sink.waiting]).toEqual([['write'], 'first'.length + 3 * event.length]);

  const late = opened();
  for (let nth = 0; nth < 1_001; nth += 1) await late.open.sendEach([[late.stream, event]]);
  expect(late.open.all.size).toBe(0);
  const reader = slowReader();
  late.open.begin(late.stream, reader.sink, 'first');
  expect(reader.told).toEqual(['cut']);
});

test('one that has ended before it begins is told so, once', () => {
  const { open, stream } = opened();
  open.endSession(1);
  const { sink, told } = slowReader();
  open.begin(stream, sink, 'first');
  expect(told).toEqual(['end']);
});
