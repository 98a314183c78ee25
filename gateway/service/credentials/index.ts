export { type CredentialInfo, Credentials, type Holder, type Voided } from "./credentials.ts";
