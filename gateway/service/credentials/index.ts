export { type CredentialInfo, Credentials, type Holder } from "./credentials.ts";
