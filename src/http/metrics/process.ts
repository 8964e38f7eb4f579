/** A figure that is read when somebody asks for the metrics. */
export interface Reading {
  name: string;
  help: string;
  /** Few values each, and never an id. */
  labels?: Readonly<Record<string, string>>;
  value: number;
}

interface Pool {
  $client: { totalCount: number; idleCount: number; waitingCount: number };
}

/** What this process knows of itself: its connections, who waits for a turn, and how many streams are open. */
export function ofProcess(
  { $client: pool }: Pool,
  turns: Readonly<Record<string, number>>,
  streams: number,
): Reading[] {
  const connections = (state: string, value: number) => ({
    name: 'clinic_pool_connections',
    help: 'Connections of this process to the database',
    labels: { state },
    value,
  });
  return [
    connections('busy', pool.totalCount - pool.idleCount),
    connections('idle', pool.idleCount),
    { name: 'clinic_pool_waiting', help: 'Who waits for one of them', value: pool.waitingCount },
    { name: 'clinic_streams_open', help: 'Live streams that this process has open', value: streams },
    ...Object.entries(turns).map(([line, value]) => ({
      name: 'clinic_turns_waiting',
      help: 'Requests that wait for their turn',
      labels: { line },
      value,
    })),
  ];
}
