/** Jinja templates as Home Assistant evaluates them over a message (`value_json`): what is missing is unknown, never an error. */

/** A member of a document by its names from the top. */
function member(names: readonly string[]): string {
  const last = names.length - 1;
  return names.reduce((around, name, at) => {
    const here = `${around}['${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`;
    return at === last ? here : `(${here} | default({}))`;
  }, "value_json");
}

/** Home Assistant takes the text "None" for "not known". */
export const valueAt = (...names: readonly string[]): string => `{{ ${member(names)} | default(none) }}`;

/** For a binary sensor: `iif` is Home Assistant's, its fourth argument is for what is not there. */
export const truthAt = (...names: readonly string[]): string =>
  `{{ iif(${member(names)} | default(none), 'ON', 'OFF', 'None') }}`;

/** Whether a leaf of type `bits` has this one (RFC 7951 §6.5: names with blanks between). */
export const bitAt = (bit: string, ...names: readonly string[]): string =>
  `{{ 'ON' if '${bit}' in (${member(names)} | default('')).split(' ') else 'OFF' }}`;

/** Whether a member is one of these words, said as an availability. */
export const onlineUnless = (words: readonly string[], ...names: readonly string[]): string =>
  `{{ 'offline' if ${member(names)} | default('${words[0]}') in [${words.map((word) => `'${word}'`).join(", ")}] else 'online' }}`;

/**
 * Those of a document's members that Home Assistant's update entity knows. It refuses a whole message for one member more
 * (ours has `detail`), and for a version that is null (components/mqtt/update.py, MQTT_JSON_UPDATE_SCHEMA).
 */
export function membersOf(names: readonly string[], nullable: readonly string[]): string {
  const known = (list: readonly string[]): string => `[${list.map((name) => `'${name}'`).join(", ")}]`;
  return (
    "{% set found = namespace(list=[]) %}" +
    `{% for name in ${known(names)} if value_json[name] is defined and ` +
    `(value_json[name] is not none or name in ${known(nullable)}) %}` +
    "{% set found.list = found.list + [(name, value_json[name])] %}{% endfor %}{{ dict(found.list) | to_json }}"
  );
}
