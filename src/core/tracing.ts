/**
 * The seam between what the house does and what is told of it as traces (OpenTelemetry). Nothing is told until the process
 * sets it up (main/tracing.ts): then these functions only call `work`. A span holds names from our own source alone: of
 * statements, route patterns, tasks and channels. Values, texts, addresses and ids stand in none.
 */
export interface SpanOptions {
  /** Whether others are called, or their request or job is done; `internal` by default. */
  kind?: 'internal' | 'server' | 'client' | 'consumer';
  attributes?: Readonly<Record<string, string | number>>;
}

/** A span that is under way: who waits in line with it is linked to the group that does their work. */
export interface Place {
  /** As the W3C writes it (Trace Context, section 3.2). */
  readonly traceparent: string;
  link(traceparent: string): void;
}

/** The span of a request, whose work is done in several steps. */
export interface RequestSpan {
  /** The id of its trace, where it is told. */
  readonly trace: string | undefined;
  /** Does a step of it. */
  within<T>(step: () => T): T;
  /** To be called when its answer is sent, or nobody waits for one any more; later calls are nothing. */
  end(outcome: { status?: number; error?: string }): void;
}

export interface Tracing {
  /** The span that is under way and told to somebody. */
  present(): Place | undefined;
  /** @param from the trace that caused it, in W3C form; without it, or where it is none, a trace of its own begins */
  begin<T>(name: string, options: SpanOptions, from: string | undefined, work: () => Promise<T>): Promise<T>;
  within<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  /** Does work of several, whose spans these are; none where nobody is told. */
  together<T>(name: string, members: readonly Place[], work: () => Promise<T>): Promise<T>;
  request(method: string, route: string | undefined, from: string | undefined): RequestSpan;
}

let told: Tracing | undefined;

/** Has spans told from now on; undefined ends it. To be called before the application is built. */
export function tellTraces(tracing: Tracing | undefined): void {
  told = tracing;
}

/** Whether there is anybody to tell. */
export const areTracesTold = (): boolean => told !== undefined;

/** The span under way, where it is told to somebody. */
export const present = (): Place | undefined => told?.present();

/** Begins a span of a request; undefined where no traces are told. */
export const beginRequest = (
  method: string,
  route: string | undefined,
  from: string | undefined,
): RequestSpan | undefined => told?.request(method, route, from);

/** Does something as a step of the span under way, and plainly where there is none. */
export const step = <T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> =>
  told?.present() ? told.within(name, options, work) : work();

/** Does something that was caused before, by what `from` names, or by nobody. */
export const caused = <T>(
  name: string,
  options: SpanOptions,
  from: string | null | undefined,
  work: () => Promise<T>,
): Promise<T> => (told ? told.begin(name, options, from ?? undefined, work) : work());

/** Does the work of several at once. */
export const forAll = <T>(
  name: string,
  members: readonly (Place | undefined)[],
  work: () => Promise<T>,
): Promise<T> =>
  told
    ? told.together(
        name,
        members.filter((member) => member !== undefined),
        work,
      )
    : work();
