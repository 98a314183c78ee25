/** One command that says what is right and what is not. */
export { type DoctorIo, doctor } from "./doctor.ts";
