const { MODEL_RUNS, MODEL_SEED } = process.env;

/** What `npm test` goes through each time: so it speaks of the change before it, and not of chance. */
const SAME = 20_261_130;

/**
 * How many sequences a test of the model tries, and whether that is as many as must meet everything. MODEL_RUNS=2000 looks
 * longer, and at new ones each time. MODEL_SEED repeats a run whose seed fast-check printed.
 */
export function runs(usual: number) {
  const numRuns = Number(MODEL_RUNS ?? usual);
  const isNew = MODEL_RUNS !== undefined && MODEL_SEED === undefined;
  const parameters = { numRuns, ...(!isNew && { seed: Number(MODEL_SEED ?? SAME) }) };
  return { parameters, isEnough: numRuns >= usual };
}
