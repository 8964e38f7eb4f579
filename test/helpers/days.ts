/** Gives a later day each time, so that no case of a test meets the slots of another. */
export function freshDays(from = '2026-05-01'): () => string {
  let next = Date.parse(from);
  return () => {
    const day = new Date(next).toISOString().slice(0, 10);
    next += 86_400_000;
    return day;
  };
}
