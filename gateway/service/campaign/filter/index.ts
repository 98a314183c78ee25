/** Filter expressions: which nodes a campaign is for, as a person writes it (UX-R11). */

export { type Filter, parseFilter } from "./filter.ts";
export type { FieldKind, FilterFields, Subject, SubjectValue } from "./kinds.ts";
export { NODE_FIELDS } from "./named-fields.ts";
export { fieldsOf, valuesAt } from "./node-fields.ts";
