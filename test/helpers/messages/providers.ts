export { startEskiz } from './eskiz.ts';
export { plainPart, startSmtp } from './smtp.ts';
export { startTelegram } from './telegram.ts';
export { startTwilio } from './twilio.ts';
