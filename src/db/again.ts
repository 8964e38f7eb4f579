/** How often something is tried at most, and after which errors it is worth another try. */
interface Tries {
  attempts: number;
  after: (error: unknown) => boolean;
}

/** Does something again after an error that another try may not meet. @throws what the last try threw, or what no try mends */
export async function again<Done>({ attempts, after }: Tries, work: () => Promise<Done>): Promise<Done> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !after(error)) throw error;
    }
  }
}
