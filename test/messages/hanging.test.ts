import { expect, test, vi } from 'vitest';
import { startEskiz } from '../helpers/messages/providers.ts';
import { createWorld } from '../helpers/messages/world.ts';

test('while a provider fails, few messages at a time are tried, however many wait', async () => {
  const eskiz = await startEskiz();
  const world = await createWorld({ channels: { eskiz: eskiz.settings, timeout: 60_000 } });
  const user = await world.person('patient', { phone: '+998901234567', phone_verified: true });
  for (let index = 0; index < 9; index += 1)
    await world.tell({ user_id: user, kind: 'password_changed', key: `changed:${index}` });
  const waiting = await world.rows<{ id: number }>('select id from messages order by id');
  const [first, ...others] = waiting.map(({ id }) => id);
  const send = (message: number | undefined) => world.notifications.jobs.tasks.send_message({ message });
  eskiz.troubles.push({ status: 503 });
  await send(first);

  // The next attempts are answered when the test says so.
  const answered = Promise.withResolvers<void>();
  let asked = 0;
  eskiz.state.onTaken = async () => {
    asked += 1;
    await answered.promise;
  };
  let done = 0;
  const attempts = others.map(async (id) => {
    await send(id);
    done += 1;
  });
  // All but those that were let through are done: they have been put off.
  await vi.waitFor(
    () => {
      expect(asked).toBe(2);
      expect(done).toBe(others.length - 2);
    },
    { timeout: 600_000 },
  );
  const jobs = await world.rows<{ key: string }>(
    `select key from graphile_worker.jobs where key = any($1) and run_at > now() + interval '1 second'`,
    [others.map((id) => `message:${id}`)],
  );
  expect(jobs).toHaveLength(others.length - 2);
  answered.resolve();
  await Promise.all(attempts);
  expect(asked).toBe(2);
  expect(eskiz.taken).toHaveLength(2);
  // Once something has passed, all may go.
  await Promise.all(others.map(send));
  expect(eskiz.taken).toHaveLength(others.length);
  await world.close();
  await eskiz.close();
});
