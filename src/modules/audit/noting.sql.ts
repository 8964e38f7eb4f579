import type { AuditAction } from '../../core/audited.ts';

/**
 * Notes a change in the statement that makes it, as one of its `with`: neither stands without the other, and nothing is sent
 * to the database twice. What is noted beside a change of several statements is the service's `record`.
 * @param action what was done in all of them
 * @param rows SQL of a row for each entry, with `at`, `actor`, `role`, `request`, `subject` and `details`
 */
export const noteEach = (action: AuditAction, rows: string): string => `
  insert into audit_entries (at, actor_id, actor_role, action, request_id, subject_id, details)
  select at, actor, role, '${action}', request, subject, details from (${rows}) as done`;
