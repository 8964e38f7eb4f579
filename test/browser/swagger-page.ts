import type { Locator, Page } from 'playwright-core';

/** Swagger UI as a person uses it: only what can be seen and clicked. */

export interface Filled {
  /** Parameters by name. */
  parameters?: Record<string, string | number>;
  /** Which of the documented bodies to take, as its summary says. */
  example?: string;
  /** What to change in it by hand. */
  edit?: (body: string) => string;
}

export interface Shown {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  body: any;
}

export async function openSwagger(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/api/docs/`);
  await page.locator('.opblock-tag').first().waitFor();
}

/** Opens an operation by clicking it, unless it is open; what was open is closed, as Swagger UI draws all that are open anew. */
export async function openOperation(page: Page, tag: string, operationId: string): Promise<Locator> {
  const operation = page.locator(`#operations-${tag}-${operationId}`);
  const others = page.locator(
    `.opblock.is-open:not(#operations-${tag}-${operationId}) .opblock-summary-control`,
  );
  while ((await others.count()) > 0) await others.first().click();
  // Headings are closed at first.
  if (!(await operation.isVisible())) await page.locator(`#operations-tag-${tag}`).click();
  await operation.waitFor();
  if (!(await operation.locator('.execute').isVisible()))
    await operation.locator('.opblock-summary-control').click();
  await operation.locator('.execute').waitFor();
  return operation;
}

/** Fills an operation in, executes it and reads from the page what came. */
export async function execute(
  page: Page,
  tag: string,
  operationId: string,
  { parameters = {}, example, edit }: Filled = {},
): Promise<Shown> {
  const operation = await openOperation(page, tag, operationId);
  // An answer from before would pass for the new one.
  const clear = operation.locator('.btn-clear');
  if (await clear.isVisible()) await clear.click();
  for (const [name, value] of Object.entries(parameters))
    await operation.locator(`[data-param-name="${name}"] :is(input, select)`).fill(String(value));
  const body = operation.locator('textarea.body-param__text');
  if (example)
    await operation
      .locator('.opblock-section-request-body .examples-select select')
      .selectOption({ label: example });
  if (edit) await body.fill(edit(await body.inputValue()));
  await operation.locator('.execute').click();
  const live = operation.locator('.live-responses-table .response');
  const status = Number(await live.locator('.response-col_status').innerText());
  const answer = live.locator('.response-col_description .highlight-code code').first();
  return { status, body: status === 204 ? undefined : JSON.parse(await answer.innerText()) };
}

/** Pastes a token into the dialog of the Authorize button. */
export async function authorize(page: Page, token: string): Promise<void> {
  await page.locator('.auth-wrapper > .authorize').click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('input').fill(token);
  await dialog.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Remove authorization' }).waitFor();
  await dialog.locator('.btn-done').click();
}
