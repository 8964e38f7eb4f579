import type { Person, TestApp } from '../helpers/app.ts';

/** A child as its guardian adds it. */
export const CHILD = {
  first_name: 'Madina',
  last_name: 'Karimova',
  date_of_birth: '2019-08-20',
  gender: 'female',
  relationship: 'parent',
} as const;

export async function addChild(clinic: TestApp, guardian: Person, fields: object = {}): Promise<number> {
  const { body } = await clinic
    .as(guardian)
    .post('/patient/dependants/', { ...CHILD, ...fields })
    .expect(201);
  return body.id;
}

export async function join(clinic: TestApp, person: Person, code: string): Promise<void> {
  await clinic.as(person).post('/patient/dependants/join/', { code }).expect(201);
}

/** Another guardian of a child. */
export async function joins(clinic: TestApp, guardian: Person, child: number, other: Person): Promise<void> {
  const { body } = await clinic.as(guardian).post(`/patient/dependants/${child}/invite/`).expect(201);
  await join(clinic, other, body.code);
}
