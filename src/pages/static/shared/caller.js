import { me } from './session.js';

/** What the API says of whoever is signed in. It decides; the pages only leave out what it would refuse. */

export const isPatient = () => me().role === 'patient';
export const isDoctor = () => me().role === 'doctor';
/** Whether a visit took place, and the figures, are for whoever treats or leads. */
export const mayComplete = () => me().role !== 'receptionist';
export const seesFigures = () => me().role !== 'receptionist';
