/** Errors of the models folder and its module sets. */
export const MODELS_ERRORS = {
  "models.set-name": {
    blame: "usage",
    text: "{folder} cannot be a module set: '{name}' is no name of one",
    hint: "Use 1 to 64 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
  },
  "models.set-file": {
    blame: "usage",
    text: "{file}: {what}",
    hint: "It may hold an object 'features' with an array of feature names by module: of these modules just those are on.",
  },
  "models.house": {
    blame: "usage",
    text: "the set would bring {module}@{revision}, and {module} is the gateway's own",
    hint: "Take it away: every module set has the gateway's own modules as they are.",
  },
  "models.house-changed": {
    blame: "usage",
    text: "{deviation} deviates from {module}, which is the gateway's own",
    hint: "Take the deviation away: every module set has the gateway's own modules as they are.",
  },
  "models.set-unknown": {
    blame: "usage",
    text: "there is no module set '{set}'",
    hint: "Make a folder of this name in the folder models/ of the data folder; 'sidgate models list' shows those there are.",
  },
  "models.set-broken": {
    blame: "usage",
    text: "the module set '{set}' cannot be used: {reason}",
    hint: "Correct its files, then ask again.",
  },
  "models.sid-reused": {
    blame: "usage",
    text: "SID {sid} would stand for {item}, and has stood for {former} here",
    hint: "A number never gets another meaning (RFC 9595 §3): correct the .sid file. {file} lists all of them.",
  },
  "models.sid-changed": {
    blame: "usage",
    text: "{item} would have the SID {sid}, and has had {former} here",
    hint: "Numbers never change (RFC 9595 §3): correct the .sid file. {file} lists all of them.",
  },
  "models.sid-book": {
    blame: "usage",
    text: "{file} does not say what each SID has meant: {what}",
    hint: "Put it back as it was, or take it away: then only the numbers of today's sets are known.",
  },
  "models.too-costly": {
    blame: "usage",
    text: "compiling the models takes more than {limit}",
    hint: "Take away modules that nobody needs; 'sidgate models reload' tries once more.",
  },
  "sim.no-sid": {
    blame: "usage",
    text: "no .sid file names {path}",
    hint: "Give the folder of its .sid file with --models; the nodes speak SIDs only, and no list entries.",
  },
  "models.compiler": {
    blame: "bug",
    text: "the compiler of models ended without a word: {reason}",
    hint: "Please report this with the models that it was given; the gateway goes on with the former ones.",
  },
} as const;
