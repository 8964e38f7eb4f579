import type { FastifyReply } from 'fastify';

/** Says that an answer depends on a header of the request, beside what it is said to depend on already. */
export const varyBy = (reply: FastifyReply, header: string): FastifyReply =>
  reply.header('vary', [reply.getHeader('vary'), header].filter(Boolean).join(', '));

/** The ranges of an Accept header with their weights (RFC 9110, section 12.5.1). */
const rangesIn = (header: string | undefined) =>
  (header?.slice(0, 1_000).toLowerCase().split(',') ?? []).map((part) => {
    const [range = '', ...parameters] = part.split(';').map((item) => item.trim());
    const weight = Number(parameters.find((item) => item.startsWith('q='))?.slice(2) ?? 1);
    return { range, weight: Number.isFinite(weight) ? weight : 0 };
  });

/** Whether a client names this very type among what it takes, and not only whatever there is. */
export const namesType = (header: string | undefined, type: string): boolean =>
  rangesIn(header).some(({ range, weight }) => range === type && weight > 0);

/** How much each type is wanted: the most specific range that fits it decides, however heavy a wider one is. */
function weightsIn(header: string | undefined): (type: string) => number {
  const ranges = rangesIn(header);
  return (type) => {
    const names = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
    const fitting = names.map((name) => ranges.find(({ range }) => range === name)).find(Boolean);
    return fitting?.weight ?? 0;
  };
}

/**
 * The media type to answer with (RFC 9110, section 12.5.1): of what is offered, the one of greatest weight, the first of
 * several. Who accepts none of them does not come here (hooks/acceptable).
 * @param header the request's Accept, such as `text/csv;q=0.9, application/json`
 */
export function chooseType<Type extends string>(
  header: string | undefined,
  offered: readonly [Type, ...Type[]],
): Type {
  const weigh = weightsIn(header);
  return offered.reduce((best, type) => (weigh(type) > weigh(best) ? type : best), offered[0]);
}

/** Whether a client takes any of these types; one that sends an empty header has said nothing. */
export const acceptsAny = (header: string, types: readonly string[]): boolean => {
  const weigh = weightsIn(header);
  return header.trim() === '' || types.some((type) => weigh(type) > 0);
};
