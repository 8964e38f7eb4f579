import { expect, onTestFinished, test } from 'vitest';
import { createDatabase } from '../helpers/database.ts';
import { endure, isLong, seconds } from '../helpers/outage.ts';
import { type Relay, relayTo } from '../helpers/relay.ts';

/** OUTAGE_SECONDS=30 makes those long that may be. */
const outages: Record<
  string,
  { begin: (relay: Relay) => void; end: (relay: Relay) => void; seconds: number }
> = {
  'all connections end': { begin: (relay) => relay.cut(), end: (relay) => relay.mend(), seconds: 1 },
  'silence, then they end': {
    begin: (relay) => relay.silence(),
    end: (relay) => relay.mend(),
    seconds: seconds(6),
  },
  'silence that old connections keep': {
    begin: (relay) => relay.silence(),
    end: (relay) => relay.mendHalf(),
    seconds: seconds(6),
  },
};

/** A landing can wait for a break and for the worst of silences; `npm run test:long` for all. */
const endured = Object.entries(outages).filter(([name]) => isLong || name !== 'silence, then they end');

test.each(endured)('after %s everything is well by itself', async (name, { begin, end, seconds }) => {
  const direct = await createDatabase();
  const relay = await relayTo(direct);
  onTestFinished(() => relay.close());
  const outage = { name, seconds, begin: () => begin(relay), end: () => end(relay) };
  const output = await endure(outage, { direct, url: relay.url });
  expect(output).not.toMatch(/MaxListenersExceeded/);
});
