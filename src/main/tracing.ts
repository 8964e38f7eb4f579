import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, parseKeyPairsIntoRecord, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Config } from '../config.ts';
import type { Place, RequestSpan, SpanOptions, Tracing } from '../core/tracing.ts';

/** Tells traces by OTLP. Only where the settings name a collector is anything of this loaded. */

type Settings = NonNullable<Config['tracing']>;

interface TracingDependencies extends Settings {
  version: string;
  /** Told when the collector begins not to take spans, and when it takes them again. */
  onChange: (isTaken: boolean, code?: string) => void;
}

/** Milliseconds that the last spans may take to leave when the process ends. */
const GOODBYE = 3_000;
/** What a code looks like that may be told: of the database, the system or ours. */
const CODE = /^\w{1,40}$/;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
} as const;

export interface OpenTracing extends Tracing {
  /** Sends what is left, for a while. */
  close(): Promise<void>;
}

export function openTracing({ version, onChange, ...settings }: TracingDependencies): OpenTracing {
  const provider = new TracerProvider({
    // Nothing is found out about the machine, whose name and command line say too much.
    resource: resourceFromAttributes({
      'service.name': settings.service,
      'service.version': version,
      ...parseKeyPairsIntoRecord(settings.resource),
    }),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: exporterOf(settings, onChange) })],
  });
  const tracer = provider.getTracer('clinic-booking-api', version);
  const contexts = new AsyncLocalStorage<Context>();
  const here = () => contexts.getStore() ?? ROOT_CONTEXT;

  function start(
    name: string,
    { kind = 'internal', attributes = {} }: SpanOptions,
    parent: Context,
    links: Place[] = [],
  ) {
    const span = tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes: attributes as Attributes,
        links: links.flatMap(({ traceparent }) => linkOf(traceparent)),
      },
      parent,
    );
    return { span, context: trace.setSpan(parent, span) };
  }

  async function run<T>(
    { span, context }: { span: Span; context: Context },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await contexts.run(context, work);
    } catch (error) {
      span.setAttribute('error.type', typeOf(error)).setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  const placeOf = (span: Span): Place => ({
    traceparent: traceparentOf(span),
    link: (traceparent) => void span.addLinks(linkOf(traceparent)),
  });

  return {
    present() {
      const span = trace.getSpan(here());
      return span?.isRecording() ? placeOf(span) : undefined;
    },

    begin: (name, options, from, work) => run(start(name, options, contextFrom(from)), work),

    within: (name, options, work) => run(start(name, options, here()), work),

    together(name, members, work) {
      const [first, ...others] = members;
      if (!first) return contexts.run(ROOT_CONTEXT, work);
      const group = start(name, {}, contextFrom(first.traceparent, false), others);
      for (const member of others) member.link(traceparentOf(group.span));
      return run(group, work);
    },

    request(method, route, from): RequestSpan {
      const attributes = { 'http.request.method': method, ...(route && { 'http.route': route }) };
      // Who calls the application from within it is a step of the span under way.
      const parent = trace.getSpan(here()) ? here() : contextFrom(from);
      const { span, context } = start(
        route ? `${method} ${route}` : method,
        { kind: 'server', attributes },
        parent,
      );
      let ended = false;
      return {
        trace: span.isRecording() ? span.spanContext().traceId : undefined,
        within: (step) => contexts.run(context, step),
        end({ status, error }) {
          if (ended) return;
          ended = true;
          if (status !== undefined) span.setAttribute('http.response.status_code', status);
          if (error !== undefined) span.setAttribute('error.type', error);
          if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },

    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, GOODBYE);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** The samplers of the standard, by their names there. */
function samplerOf({ sampler, sampler_arg: ratio }: Settings): Sampler {
  const plain = (name: string): Sampler =>
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_')
    ? new ParentBasedSampler({ root: plain(sampler.slice('parentbased_'.length)) })
    : plain(sampler);
}

/** Says once that the collector is away, however much it misses. */
function exporterOf(
  { url, headers, timeout }: Settings,
  onChange: TracingDependencies['onChange'],
): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: timeout,
  });
  let isTaken = true;
  return {
    export: (spans, answered) =>
      exporter.export(spans, (result) => {
        const is = result.code === ExportResultCode.SUCCESS;
        if (is !== isTaken) onChange(is, is ? undefined : typeOf(result.error));
        isTaken = is;
        answered(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** What is not of the form begins a trace of its own. `tracestate` and baggage are not taken up: anything may stand there. */
function contextFrom(traceparent: string | undefined, isRemote = true): Context {
  const from = traceparent === undefined ? null : parseTraceParent(traceparent);
  return from ? trace.setSpanContext(ROOT_CONTEXT, { ...from, isRemote }) : ROOT_CONTEXT;
}

function linkOf(traceparent: string) {
  const context = parseTraceParent(traceparent);
  return context ? [{ context }] : [];
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** A code, or the name of its class; never its text. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && CODE.test(String(error.code)) ? String(error.code) : error.name;
}
