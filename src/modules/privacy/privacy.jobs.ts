/**
 * What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC.
 * @param sweeps let go, each of its own, what has run out
 */
export const privacyJobs = (sweeps: readonly { sweep: () => Promise<unknown> }[]) => ({
  tasks: { sweep: async () => void (await Promise.all(sweeps.map(({ sweep }) => sweep()))) },
  repeated: [{ task: 'sweep', match: '37 * * * *' }],
});
