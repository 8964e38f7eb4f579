/** How orval's client sends: below the server under test, and every answer as it is, refusals too. */
export async function send<Answer>(url: string, options: RequestInit): Promise<Answer> {
  const answer = await fetch(`${process.env.CLINIC}${url}`, options);
  const text = await answer.text();
  return {
    status: answer.status,
    data: text === '' ? undefined : JSON.parse(text),
    headers: answer.headers,
  } as Answer;
}
