/** The resource directory. */
export { Directory } from "./directory.ts";
export { Expiry, type ExpiryOptions } from "./expiry.ts";
export { readLinks } from "./links.ts";
export { type Lookup, type LookupKind, lookUp, readLookup } from "./lookup.ts";
export { type RegistrationParameters, readParameters } from "./parameters.ts";
export { type Registrant, speakerOf } from "./registrant.ts";
export {
  type Asking,
  type DirectoryLimits,
  Registrar,
  type RegistrarOptions,
  type Source,
} from "./registrar.ts";
export { GRACE, idOf, type Registration } from "./registration.ts";
