export { type Candidate, labTrust, requireSignature, type TrustService, type Verdict } from "./trust.ts";
