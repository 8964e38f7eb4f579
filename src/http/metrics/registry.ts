import type { Registry } from 'prom-client';
import type { Reading } from './process.ts';

export interface Metrics {
  /** Counts and times a request that was answered. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  /** Counts a request that was refused, by the code of its error. */
  refused(code: string): void;
  /** Counts a visit that was booked. */
  booked(by: string): void;
  /** Everything, as OpenMetrics. */
  text(): Promise<{ type: string; body: string }>;
}

interface MetricsOptions {
  /** Figures of this process, and of the database while it answers. */
  read: () => Promise<readonly Reading[]>;
  /** How many events have been sent to streams so far. */
  streamed: () => number;
}

/** How long one reading serves: several who ask at once cost the database one question. */
const FRESH = 5_000;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Loads its library, so it is called only where metrics are on. */
export async function openMetrics({ read, streamed }: MetricsOptions): Promise<Metrics> {
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry: Made } = await import('prom-client');
  const registry: Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'> = new Made();
  registry.setContentType(Made.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'clinic_request_seconds',
    help: 'How long requests took until their answer was sent, by pattern of route',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const refusals = new Counter({
    name: 'clinic_refusals',
    help: 'Requests that were refused, by the code of the error',
    labelNames: ['code'],
    registers,
  });
  const bookings = new Counter({
    name: 'clinic_bookings',
    help: 'Visits that this process booked',
    labelNames: ['by'],
    registers,
  });
  new Counter({
    name: 'clinic_stream_events',
    help: 'Events that this process sent to live streams',
    registers,
    collect() {
      this.reset();
      this.inc(streamed());
    },
  });
  // Known from the start: a rule for "none was booked" must see that there were none.
  for (const by of ['booking', 'waitlist']) bookings.inc({ by }, 0);
  const gauges = new Map<string, InstanceType<typeof Gauge>>();
  let known: { at: number; readings: Promise<readonly Reading[]> } | undefined;

  async function refresh(): Promise<void> {
    const now = performance.now();
    if (!known || now - known.at > FRESH) known = { at: now, readings: read() };
    const readings = await known.readings;
    for (const gauge of gauges.values()) gauge.reset();
    for (const { name, help, labels = {}, value } of readings) {
      let gauge = gauges.get(name);
      if (!gauge) {
        gauge = new Gauge({ name, help, labelNames: Object.keys(labels), registers });
        gauges.set(name, gauge);
      }
      gauge.set(labels, value);
    }
    // What nobody reads any more is not told as it was: a gauge without labels would say 0.
    for (const [name, gauge] of gauges)
      if (!readings.some((reading) => reading.name === name)) {
        registry.removeSingleMetric(name);
        gauges.delete(name);
        gauge.reset();
      }
  }

  return {
    answered: ({ method, route, status, seconds: took }) =>
      seconds.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, took),
    refused: (code) => refusals.inc({ code }),
    booked: (by) => bookings.inc({ by }),
    async text() {
      await refresh();
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}
