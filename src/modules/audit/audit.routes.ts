import type { FastifyInstance } from 'fastify';
import { IsAdmin, IsSignedIn } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { accessLogPage, accessLogQuery, auditFilters, auditPage } from './audit.schemas.ts';
import type { Audit } from './audit.service.ts';

export async function auditRoutes(instance: FastifyInstance, { audit }: { audit: Audit }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'audit',
    description: 'Who read or changed whose record, for admins.',
    order: 130,
  });

  app.get(
    '/audit/',
    {
      preHandler: IsAdmin,
      schema: {
        tags: ['audit'],
        operationId: 'listAudit',
        summary: 'See who read or changed whose record',
        description: [
          'Newest first. `from` and `to` are days of the clinic. Actions:',
          ACTIONS,
          'The first six name the `network` they came from, and are noted once a minute for each account and network, ' +
            'however many there are; `details.more` says that there were more than can be noted. They stand in no access log.',
          'What one does with one’s own record is noted when it changes something, reading it is not; what everybody may ' +
            'see (the directory, free slots) is not noted. Looking here is noted too.',
        ].join('\n\n'),
        querystring: auditFilters,
        response: { 200: auditPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await audit.list(request.query, request.user)),
  );

  app.get(
    '/auth/me/access-log/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags: ['privacy'],
        operationId: 'accessLog',
        summary: 'See who looked at my record',
        description:
          'Or changed it, newest first: staff by name and role, what they did, and to what. My own changes stand here ' +
          'too, so that I notice one that was not mine.',
        querystring: accessLogQuery,
        response: { 200: accessLogPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await audit.accessLog(request.user.id, request.query)),
  );
}

const ACTIONS = `| action | what happened |
| --- | --- |
| \`sign_in\`, \`sign_in.fail\` | somebody signed in; a wrong password, or a name that nobody has (then without a subject) |
| \`password.fail\`, \`password.reset_fail\` | a wrong password of somebody who is signed in; a wrong code for a new one |
| \`token.reuse\` | a refresh token was used a second time, and its session ended |
| \`access.refuse\` | somebody signed in was refused what is not theirs; \`details.route\` says what |
| \`telegram.link\`, \`telegram.unlink\` | a Telegram chat was linked, unlinked |
| \`profile.take_back\` | a changed phone or email was taken back by the link that its owner was sent |
| \`user.register\`, \`user.create\` | somebody registered; was made by an admin |
| \`user.read\`, \`user.list\` | an admin looked at a person’s account |
| \`user.update\`, \`profile.update\` | names, contacts, profile were changed by an admin; by their owner |
| \`password.change\`, \`password.reset\` | somebody changed their password; set a new one with a code |
| \`user.set_role\`, \`user.set_password\` | an admin gave a new role, a new password |
| \`user.activate\`, \`user.deactivate\`, \`user.approve\` | an admin let somebody in, put them out, let a doctor in |
| \`consent.accept\` | somebody accepted the terms and the privacy policy in force |
| \`user.export\`, \`user.erase\` | somebody took their data; was erased |
| \`family.add\`, \`family.join\`, \`family.remove\` | somebody began to look after a patient, with a code; does so no longer |
| \`family.change\`, \`family.invite\` | a guardian corrected what is known of a dependant; made a code for another guardian |
| \`family.read\`, \`family.list\` | a guardian looked at a dependant |
| \`appointment.read\`, \`appointment.list\` | a doctor, a guardian or an admin looked at a patient’s appointment |
| \`appointment.history\` | a doctor, a guardian or an admin looked at what happened to a patient’s appointment |
| \`appointment.export\` | an admin exported appointments; noted for a thousand rows at a time, with \`people\` |
| \`appointment.book\` | an admin or a guardian booked for a patient |
| \`appointment.confirm\`, \`appointment.cancel\` | a doctor, an admin, the patient or their guardian decided |
| \`appointment.move\` | an admin, the patient or their guardian moved an appointment to another slot |
| \`appointment.arrive\`, \`appointment.complete\`, \`appointment.no_show\` | a doctor or an admin marked a visit |
| \`appointment.take_back\` | a doctor or an admin took such a mark back |
| \`waitlist.read\`, \`waitlist.list\` | an admin or a guardian looked at what a patient waits for |
| \`waitlist.join\`, \`waitlist.leave\`, \`waitlist.decline\` | an admin or a guardian did it for a patient |
| \`timeslot.publish\`, \`timeslot.delete\` | an admin did it for a doctor |
| \`schedule.update\` | an admin wrote a doctor’s week |
| \`absence.create\`, \`absence.delete\` | an admin wrote a doctor’s absence, took it back |
| \`absence.read\`, \`absence.list\` | an admin looked at a doctor’s absences |
| \`holiday.create\`, \`holiday.delete\` | an admin closed the clinic on a day, opened it again |
| \`settings.update\` | an admin changed the clinic’s policy |
| \`message.list\`, \`message.retry\` | an admin looked at what was sent to a person; had it sent again |
| \`audit.list\` | an admin looked at this list |`;
