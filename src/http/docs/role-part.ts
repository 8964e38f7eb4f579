import type { Role } from '../../core/roles.ts';
import type { DocumentedRoute } from '../hooks/access.ts';
import type { Document, Operation, ShownExample } from '../openapi/document.ts';

/** A document of what one role may call, with what these operations refer to and nothing else. */
export function partOf(
  document: Document,
  routes: ReadonlyMap<string, Pick<DocumentedRoute, 'roles'>>,
  role: Role,
): Document {
  const paths = Object.fromEntries(
    Object.entries(document.paths).flatMap(([path, operations]) => {
      const own = Object.entries(operations).filter(([method]) =>
        routes.get(`${method.toUpperCase()} ${path}`)?.roles.includes(role),
      );
      const led = own.map(([method, operation]): [string, Operation] => [method, ledBy(role, operation)]);
      return own.length > 0 ? [[path, Object.fromEntries(led)]] : [];
    }),
  );
  const named = new Set(
    Object.values(paths).flatMap((operations) => Object.values(operations).flatMap(({ tags = [] }) => tags)),
  );
  const tags = (document.tags as { name: string }[]).filter(({ name }) => named.has(name));
  const webhooks = Object.fromEntries(
    Object.entries(document.webhooks ?? {}).filter(([, { post }]) =>
      post?.tags?.some((tag) => named.has(tag)),
    ),
  );
  return withoutUnused({ ...document, paths, webhooks, tags });
}

/** Which examples are meant for a role, by their names. */
const MEANT: Record<Role, readonly string[]> = {
  patient: ['demo_patient', 'patient'],
  doctor: ['demo_doctor', 'doctor', 'staff'],
  receptionist: ['demo_receptionist', 'staff', 'admin'],
  admin: ['demo_admin', 'admin', 'staff'],
};

/** The operation with the example first that is meant for this role: programs that import it send the first. */
function ledBy(role: Role, operation: Operation): Operation {
  const content = operation.requestBody?.content['application/json'];
  const [name] = MEANT[role].filter((one) => content?.examples?.[one] !== undefined);
  if (!operation.requestBody || !content?.examples || name === undefined) return operation;
  const examples = { [name]: content.examples[name] as ShownExample, ...content.examples };
  const json = { ...content, examples };
  return {
    ...operation,
    requestBody: {
      ...operation.requestBody,
      content: { ...operation.requestBody.content, 'application/json': json },
    },
  };
}

/** Drops components that nothing refers to, until none is left of them. */
function withoutUnused(document: Document): Document {
  let before = document;
  for (;;) {
    const text = JSON.stringify(before);
    let dropped = false;
    const components = Object.fromEntries(
      Object.entries(before.components).map(([kind, parts]) => {
        if (kind === 'securitySchemes') return [kind, parts];
        const used = Object.entries(parts as object).filter(([name]) =>
          text.includes(`"#/components/${kind}/${name}"`),
        );
        dropped ||= used.length < Object.keys(parts as object).length;
        return [kind, Object.fromEntries(used)];
      }),
    ) as Document['components'];
    before = { ...before, components };
    if (!dropped) return before;
  }
}
