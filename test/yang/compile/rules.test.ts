/**
 * RFC 7950 — one row for each kind of broken YANG: the source, the statement that is blamed, and the finding in words.
 * What stands beside it and is right says where the rule ends.
 */
import { describe, expect, test } from "@jest/globals";
import { compileTexts, moduleM, NACM, RESTCONF, refusal, STRUCTURE_EXT, schemaOf } from "./inline.ts";

interface Row {
  readonly name: string;
  /** Whole modules; a body alone is that of module m, in YANG 1.1. */
  readonly source: string | readonly string[];
  readonly statement: string;
  readonly what: string;
  /** The same, but right. */
  readonly right?: string | readonly string[];
}

const modulesOf = (source: string | readonly string[]): readonly string[] =>
  typeof source === "string" ? [moduleM(source)] : source;
const old = (body: string): readonly string[] => [`module m { namespace "urn:m"; prefix m;\n${body} }`];
const other = (body: string): string => `module o { yang-version 1.1; namespace "urn:o"; prefix o; ${body} }`;
const withOther = (body: string, others: string): readonly string[] => [
  moduleM(`import o { prefix o; } ${body}`),
  other(others),
];
const LIST = "key k; leaf k { type string; }";

const MODULES: readonly Row[] = [
  {
    name: "CC-7950-5.1: modules that import each other",
    source: [moduleM("import o { prefix o; }"), other("import m { prefix m; }")],
    statement: "import m",
    what: "modules cannot import each other in a circle: m → o → m",
  },
  {
    name: "CC-7950-5.3: two modules of one namespace",
    source: [moduleM("import n { prefix n; }"), 'module n { namespace "urn:m"; prefix n; }'],
    statement: "namespace urn:m",
    what: "the namespace is that of module 'm'",
  },
  {
    name: "CC-7950-7.1.3: a namespace that is no URI",
    source: ['module m { namespace "a b"; prefix m; }'],
    statement: "namespace a b",
    what: "a namespace is a URI such as urn:example:name",
  },
  {
    name: "CC-7950-7.1.5: an import of a submodule",
    source: [moduleM("import s { prefix s; }"), "submodule s { belongs-to n { prefix n; } }"],
    statement: "import s",
    what: "'s' is a submodule; import its module 'n'",
  },
  {
    name: "CC-7950-7.2.2: a submodule of another module",
    source: [moduleM("include s;"), "submodule s { yang-version 1.1; belongs-to n { prefix n; } }"],
    statement: "include s",
    what: "submodule 's' belongs to module 'n'",
  },
  {
    name: "CC-7950-12: a submodule of another version",
    source: [moduleM("include s;"), "submodule s { belongs-to m { prefix m; } }"],
    statement: "include s",
    what: "'s' and 'm' must be of one yang-version",
    right: [moduleM("include s;"), "submodule s { yang-version 1.1; belongs-to m { prefix m; } }"],
  },
  {
    name: "CC-7950-12: an import of YANG 1.1 by revision into YANG 1",
    source: [...old("import o { prefix o; revision-date 2020-01-01; }"), other("revision 2020-01-01;")],
    statement: "import o",
    what: "a module of YANG 1 cannot import one of YANG 1.1 by revision; add 'yang-version 1.1;' above",
    right: [...old("import o { prefix o; }"), other("revision 2020-01-01;")],
  },
  {
    name: "CC-7950-12: submodules of YANG 1 that include each other",
    source: [
      ...old("include s;"),
      "submodule s { belongs-to m { prefix m; } include t; }",
      "submodule t { belongs-to m { prefix m; } include s; }",
    ],
    statement: "include s",
    what: "submodules cannot include each other in a circle",
    right: [
      moduleM("include s;"),
      "submodule s { yang-version 1.1; belongs-to m { prefix m; } include t; }",
      "submodule t { yang-version 1.1; belongs-to m { prefix m; } include s; }",
    ],
  },
  {
    name: "CC-7950-6.2.1: a feature that is defined twice, once in a submodule",
    source: [
      moduleM("include s; feature f;"),
      "submodule s { yang-version 1.1; belongs-to m { prefix m; } feature f; }",
    ],
    statement: "feature f",
    what: "it is defined already at file0.yang:2",
  },
  {
    name: "CC-7950-5.5: a typedef that hides another one",
    source: "typedef t { type int8; } container c { typedef t { type string; } }",
    statement: "typedef t",
    what: "its name is taken at file0.yang:2, which can be seen from here; choose another one",
    right: "container c { typedef t { type string; } } container d { typedef t { type int8; } }",
  },
  {
    name: "CC-7950-7.3: a typedef with the name of a built-in type",
    source: "typedef int8 { type string; }",
    statement: "typedef int8",
    what: "this is the name of a built-in type; choose another one",
  },
  {
    name: "CC-7950-6.3.1: an extension with an unknown prefix",
    source: "x:y;",
    statement: "x:y",
    what: "there is no prefix 'x'",
  },
  {
    name: "CC-7950-7.19: an extension that nobody defines",
    source: "extension twice; m:twise;",
    statement: "m:twise",
    what: "there is no extension 'twise' in module 'm', did you mean 'twice'?",
    right: "extension twice; m:twice;",
  },
  {
    name: "CC-7950-7.19.2: an extension without its argument",
    source: "extension e { argument a; } m:e;",
    statement: "m:e",
    what: "the extension needs an argument",
    right: "extension e { argument a; } m:e x;",
  },
  {
    name: "CC-7950-7.19.2: an extension with an argument too much",
    source: "extension e; m:e x;",
    statement: "m:e x",
    what: "the extension takes no argument",
  },
  {
    name: "CC-7950-7.21.2: what is current and leans on what is obsolete",
    source: "typedef t { type int8; status obsolete; } leaf a { type t; }",
    statement: "type t",
    what: "typedef 't' is obsolete, but what refers to it is current",
    right: "typedef t { type int8; status obsolete; } container c { status obsolete; leaf a { type t; } }",
  },
  {
    name: "CC-7950-7.21.2: a deprecated leafref to an obsolete leaf",
    source: "leaf b { type int8; status obsolete; } leaf a { status deprecated; type leafref { path ../b; } }",
    statement: "path ../b",
    what: "leaf 'b' is obsolete, but what refers to it is deprecated",
    right: "leaf b { type int8; status deprecated; } leaf a { status deprecated; type leafref { path ../b; } }",
  },
];

const FEATURES: readonly Row[] = [
  {
    name: "CC-7950-7.20.2: an expression of features in YANG 1",
    source: old('feature f; feature g; leaf a { if-feature "f and g"; type int8; }'),
    statement: "if-feature f and g",
    what: "in YANG 1 this is the name of one feature; expressions need 'yang-version 1.1;'",
    right: 'feature f; feature g; leaf a { if-feature "f and g"; type int8; }',
  },
  {
    name: "CC-7950-7.20.2: two features side by side",
    source: 'feature f; feature g; leaf a { if-feature "f g"; type int8; }',
    statement: "if-feature f g",
    what: "'g' has no place in the expression",
  },
  {
    name: "CC-7950-7.20.2: an operator where a feature must stand",
    source: 'feature f; leaf a { if-feature "f or or f"; type int8; }',
    statement: "if-feature f or or f",
    what: "the name of a feature must stand in place of 'or'",
  },
  {
    name: "CC-7950-7.20.2: a parenthesis that is not closed",
    source: 'feature f; leaf a { if-feature "(f or (not f)"; type int8; }',
    statement: "if-feature (f or (not f)",
    what: "the expression ends too early",
  },
  {
    name: "CC-7950-7.20.2: a key with a feature",
    source: "feature f; list l { key k; leaf k { if-feature f; type int8; } }",
    statement: "if-feature f",
    what: "the key 'k' cannot have a 'if-feature'",
    right: old("feature f; list l { key k; leaf k { if-feature f; type int8; } }"),
  },
  {
    name: "CC-7950-7.21.5: a key with a when",
    source: "list l { key k; leaf k { when '../x'; type int8; } leaf x { type int8; } }",
    statement: "when ../x",
    what: "the key 'k' cannot have a 'when'",
  },
];

const TYPES: readonly Row[] = [
  {
    name: "CC-7950-9.3.4: fraction-digits of a derived type",
    source: "typedef t { type decimal64 { fraction-digits 2; } } leaf a { type t { fraction-digits 3; } }",
    statement: "fraction-digits 3",
    what: "the type is derived from a decimal64, whose 'fraction-digits' cannot be changed",
    right: "typedef t { type decimal64 { fraction-digits 2; } } leaf a { type t { range 0..1.25; } }",
  },
  {
    name: "CC-7950-9.3 CC-7950-9.3.4: a bound with more digits than the type",
    source: "leaf a { type decimal64 { fraction-digits 1; range 0..1.25; } }",
    statement: "range 0..1.25",
    what: "'1.25' is not a bound of this type",
  },
  {
    name: "CC-7950-9.2.4: a hexadecimal bound",
    source: "leaf a { type int8 { range 0..0x10; } }",
    statement: "range 0..0x10",
    what: "'0x10' is not a bound of this type",
  },
  {
    name: "CC-7950-9.4.4: a length below zero",
    source: "leaf a { type string { length -1..2; } }",
    statement: "length -1..2",
    what: "this is wider than the type it restricts",
  },
  {
    name: "CC-7950-9.4.5: a pattern that is no regular expression",
    source: "leaf a { type string { pattern 'a('; } }",
    statement: "pattern a(",
    what: "this is no regular expression of XML Schema: a parenthesis is not closed, at character 2",
  },
  {
    name: "CC-7950-9.6.4: an enum with blanks around it",
    source: "leaf a { type enumeration { enum ' x'; } }",
    statement: "enum  x",
    what: "an enum begins and ends with no blank, and is not empty",
  },
  {
    name: "CC-7950-9.6.4.2: an enum behind the highest value",
    source: "leaf a { type enumeration { enum x { value 2147483647; } enum y; } }",
    statement: "enum y",
    what: "the value 2147483648 is out of range; it lies between -2147483648 and 2147483647",
  },
  {
    name: "CC-7950-9.7.4.2: a bit behind the highest position",
    source: "leaf a { type bits { bit x { position 4294967295; } bit y; } }",
    statement: "bit y",
    what: "the position 4294967296 is out of range; it lies between 0 and 4294967295",
  },
  {
    name: "CC-7950-9.6.3: an enum of a derived type that gets another value",
    source: "typedef t { type enumeration { enum x; } } leaf a { type t { enum x { value 7; } } }",
    statement: "enum x",
    what: "its value is 0 and cannot change",
  },
  {
    name: "CC-7950-12: enums of a derived type in YANG 1",
    source: old("typedef t { type enumeration { enum x; enum y; } } leaf a { type t { enum x; } }"),
    statement: "enum x",
    what: "in YANG 1 a derived enumeration keeps all its values; add 'yang-version 1.1;' to the module",
    right: "typedef t { type enumeration { enum x; enum y; } } leaf a { type t { enum x; } }",
  },
  {
    name: "CC-7950-9.9.2: a path of a derived leafref",
    source: "typedef t { type leafref { path /m:b; } } leaf b { type int8; } leaf a { type t { path /m:b; } }",
    statement: "path /m:b",
    what: "the type is derived from a leafref, whose 'path' cannot be changed",
    right:
      "typedef t { type leafref { path /m:b; } } leaf b { type int8; } leaf a { type t { require-instance false; } }",
  },
  {
    name: "CC-7950-9.9.2: a path that is no path",
    source: "leaf a { type leafref { path '../b + 1'; } } leaf b { type int8; }",
    statement: "path ../b + 1",
    what: "a path of names, '/' and '..' must stand here",
  },
  {
    name: "CC-7950-9.9.2: a path with an unfinished predicate",
    source: "leaf a { type leafref { path '/m:l[m:k = current()/m:b'; } }",
    statement: "path /m:l[m:k = current()/m:b",
    what: "this is no XPath expression: expected ']', not the end",
  },
  {
    name: "CC-7950-9.9.2: a deref() of what is no leafref",
    source: "leaf b { type int8; } leaf a { type leafref { path 'deref(../b)/../b'; } }",
    statement: "path deref(../b)/../b",
    what: "deref() takes the path of a leafref",
  },
  {
    name: "CC-7950-9.9: configuration that needs state",
    source: "leaf a { type leafref { path ../b; } } leaf b { config false; type int8; }",
    statement: "path ../b",
    what: "configuration cannot depend on state: 'b' is config false; see require-instance",
    right: "leaf a { type leafref { path ../b; require-instance false; } } leaf b { config false; type int8; }",
  },
  {
    name: "CC-7950-12: require-instance of a leafref in YANG 1",
    source: old("leaf a { type leafref { path ../b; require-instance false; } } leaf b { type int8; }"),
    statement: "require-instance false",
    what: "in YANG 1 a leafref takes no 'require-instance'; add 'yang-version 1.1;' to the module",
  },
  {
    name: "CC-7950-9.10.2: a base of a derived identityref",
    source: "identity b; typedef t { type identityref { base b; } } leaf a { type t { base b; } }",
    statement: "base b",
    what: "the type is derived from an identityref, whose 'base' cannot be changed",
  },
  {
    name: "CC-7950-9.12: a union of nothing",
    source: "leaf a { type union; }",
    statement: "type union",
    what: "a union needs at least one type",
  },
  {
    name: "CC-7950-12: empty in a union of YANG 1",
    source: old("leaf a { type union { type int8; type empty; } }"),
    statement: "type empty",
    what: "in YANG 1 a union cannot hold the type empty",
    right: "leaf a { type union { type int8; type empty; } }",
  },
  {
    name: "CC-7950-9.11: a key of type empty in YANG 1",
    source: old("list l { key k; leaf k { type empty; } }"),
    statement: "key k",
    what: "in YANG 1 the key 'k' cannot be of type empty",
    right: "list l { key k; leaf k { type empty; } }",
  },
];

const DEFAULTS: readonly Row[] = [
  {
    name: "CC-7950-7.3.4: a typedef whose default does not match its own pattern",
    source: "typedef t { type string { pattern 'a+'; } default b; }",
    statement: "default b",
    what: "the default does not fit the type m:t",
    right: "typedef t { type string { pattern 'a+'; } default aa; }",
  },
  {
    name: "CC-7950-7.3.4: a default of a typedef that a derived type excludes",
    source: "typedef t { type int8; default 5; } leaf a { type t { range 1..4; } }",
    statement: "default 5",
    what: "the default does not fit the type m:t",
    right: "typedef t { type int8; default 5; } leaf a { type t { range 1..4; } default 4; }",
  },
  {
    name: "CC-7950-9.4.6: a default that an inverted pattern excludes",
    source: "leaf a { type string { pattern 'a+' { modifier invert-match; } } default aa; }",
    statement: "default aa",
    what: "the default does not fit the type string",
  },
  {
    name: "CC-7950-7.6.4 CC-7950-9.8: a default that is no base64",
    source: "leaf a { type binary; default 'a?'; }",
    statement: "default a?",
    what: "the default does not fit the type binary",
    right: "leaf a { type binary; default 'YWI='; }",
  },
  {
    name: "CC-7950-7.6.4 CC-7950-9.7: a default that names a bit twice",
    source: "leaf a { type bits { bit x; } default 'x x'; }",
    statement: "default x x",
    what: "the default does not fit the type bits",
  },
  {
    name: "CC-7950-9.11: a default of type empty",
    source: "leaf a { type empty; default ''; }",
    statement: "default ",
    what: "the default does not fit the type empty",
  },
  {
    name: "CC-7950-7.6.4: a default that depends on a feature",
    source: "feature f; leaf a { type enumeration { enum x { if-feature f; } enum y; } default x; }",
    statement: "default x",
    what: "the default 'x' depends on a feature; choose a value that is always there",
    right: "feature f; leaf a { type enumeration { enum x { if-feature f; } enum y; } default y; }",
  },
  {
    name: "CC-7950-7.6.4: a default of a leafref that does not fit its target",
    source: "leaf b { type int8; } leaf a { type leafref { path ../b; } default x; }",
    statement: "default x",
    what: "the default does not fit the type int8",
    right: "leaf b { type int8; } leaf a { type leafref { path ../b; } default 1; }",
  },
  {
    name: "CC-7950-9.10.2: a default that is derived from one of two bases only",
    source: "identity x; identity y; identity z { base x; } leaf a { type identityref { base x; base y; } default z; }",
    statement: "default z",
    what: "the default does not fit the type identityref",
    right:
      "identity x; identity y; identity z { base x; base y; } leaf a { type identityref { base x; base y; } default z; }",
  },
  {
    name: "CC-7950-7.7.4: a leaf-list with min-elements and a default",
    source: "leaf-list a { type int8; min-elements 1; default 1; }",
    statement: "default 1",
    what: "a leaf-list that needs elements takes no default",
  },
  {
    name: "CC-7950-7.7.4: a default that stands twice",
    source: "leaf-list a { type int8; default 1; default 1; }",
    statement: "default 1",
    what: "the same default stands twice",
    right: "leaf-list a { config false; type int8; default 1; default 1; }",
  },
];

const NODES: readonly Row[] = [
  {
    name: "CC-7950-7.8: min-elements above max-elements",
    source: "leaf-list a { type int8; } list l { key k; leaf k { type int8; } min-elements 3; max-elements 2; }",
    statement: "list l",
    what: "min-elements is above max-elements",
  },
  {
    name: "CC-7950-7.8.2: a key that stands twice",
    source: "list l { key 'k k'; leaf k { type int8; } }",
    statement: "key k k",
    what: "the key 'k' stands twice",
  },
  {
    name: "CC-7950-7.8.2: a key in a choice",
    source: "list l { key k; choice c { leaf k { type int8; } } }",
    statement: "key k",
    what: "the key 'k' cannot be in a choice",
  },
  {
    name: "CC-7950-7.8.3: a unique through a list",
    source: `list l { ${LIST} unique i/j; list i { key j; leaf j { type int8; } } }`,
    statement: "unique i/j",
    what: "'i/j' leads through 'i', which is a list",
  },
  {
    name: "CC-7950-7.8.3: a unique of configuration and state",
    source: `list l { ${LIST} unique 'x y'; leaf x { type int8; } leaf y { config false; type int8; } }`,
    statement: "unique x y",
    what: "some of its leafs are configuration and some are not",
    right: `list l { ${LIST} unique 'x c/d/y'; leaf x { type int8; } choice c { case d { leaf y { type int8; } } } }`,
  },
  {
    name: "CC-7950-7.9.2: two cases of one name",
    source: "choice c { case x; container x; }",
    statement: "container x",
    what: "the choice has a case 'x' already (file0.yang:2)",
  },
  {
    name: "CC-7950-6.2.1: differs: a leaf in a choice of its name (yanglint takes it, pyang refuses it)",
    source: "choice x { leaf x { type int8; } }",
    statement: "leaf x",
    what: "its parent has a child 'x' already (file0.yang:2)",
    right: "choice x { case x { leaf y { type int8; } } }",
  },
  {
    name: "CC-7950-7.9.3: a mandatory choice with a default",
    source: "choice c { mandatory true; default x; case x; }",
    statement: "default x",
    what: "a mandatory choice takes no default",
  },
  {
    name: "CC-7950-7.9.3: a default case with a mandatory leaf, in a container without presence",
    source: "choice c { default x; case x { container d { leaf a { type int8; mandatory true; } } } }",
    statement: "default x",
    what: "the default case holds the mandatory node 'd'",
    right: "choice c { default x; case x { container d { presence p; leaf a { type int8; mandatory true; } } } }",
  },
  {
    name: "CC-7950-7.12: a grouping nobody uses, with a key that is not there",
    source: "grouping g { list l { key k; } }",
    statement: "key k",
    what: "the list has no leaf 'k'",
    right: "grouping g { list l { leaf k { type leafref { path ../../../../x; } } } }",
  },
  {
    name: "CC-7950-7.13.2: a refine of what the node has not",
    source: "grouping g { leaf a { type int8; } } uses g { refine a { presence p; } }",
    statement: "presence p",
    what: "'a' is a leaf, which has no 'presence'",
  },
  {
    name: "CC-7950-7.13.2: a refine that makes a default mandatory",
    source: "grouping g { leaf a { type int8; default 1; } } uses g { refine a { mandatory true; } }",
    statement: "default 1",
    what: "a mandatory leaf takes no default",
  },
  {
    name: "CC-7950-7.15: an action in a list without key",
    source: "list l { config false; action a; }",
    statement: "action a",
    what: "an action cannot be here: list 'l' has no key",
    right: `list l { config false; ${LIST} action a; }`,
  },
  {
    name: "CC-7950-7.15: an action that a grouping brings into an rpc",
    source: "grouping g { container c { action a; } } rpc r { input { uses g; } }",
    statement: "action a",
    what: "an action cannot be here: it is inside rpc 'r'",
  },
  {
    name: "CC-7950-7.16: a notification in a notification",
    source: "grouping g { container c { notification n; } } notification o { uses g; }",
    statement: "notification n",
    what: "a notification cannot be here: it is inside notification 'o'",
  },
  {
    name: "CC-7950-7.17: a mandatory leaf for another module without a when",
    source: withOther("augment /o:c { leaf a { type int8; mandatory true; } }", "container c;"),
    statement: "leaf a",
    what: "a mandatory node can be added to another module only with a 'when' in the augment",
    right: withOther(
      "augment /o:c { when 'o:x'; leaf a { type int8; mandatory true; } }",
      "container c { leaf x { type int8; } }",
    ),
  },
  {
    name: "CC-7950-7.17: a case for a container",
    source: "container c; augment /m:c { case x; }",
    statement: "case x",
    what: "a case cannot be added to a container",
  },
  {
    name: "CC-7950-7.17: an action for an input",
    source: "rpc r; augment /m:r/m:input { action a; }",
    statement: "action a",
    what: "an action cannot be added to an input",
  },
  {
    name: "CC-7950-7.17: a node that is there already",
    source: "container c { leaf a { type int8; } } augment /m:c { leaf a { type int8; } }",
    statement: "leaf a",
    what: "'c' has a child 'a' already (file0.yang:2)",
  },
  {
    name: "CC-7950-7.17: an augment that is no path",
    source: "augment c { leaf a { type int8; } } container c;",
    statement: "augment c",
    what: "a path such as /prefix:name/prefix:name must stand here",
  },
  {
    name: "CC-7950-7.5.3: a must that is no expression",
    source: "container c { must 'a = = b'; }",
    statement: "must a = = b",
    what: "this is no XPath expression: expected a step, not '=' (at '= b')",
  },
  {
    name: "CC-7950-10: a function that does not exist",
    source: "container c { when 'dref(.)'; }",
    statement: "when dref(.)",
    what: "this is no XPath expression: there is no function 'dref' (at 'dref(.)')",
  },
];

const DEVIATIONS: readonly Row[] = [
  {
    name: "CC-7950-7.20.3.2: an addition of what is there",
    source: withOther("deviation /o:a { deviate add { default 2; } }", "leaf a { type int8; default 1; }"),
    statement: "default 2",
    what: "'a' has a 'default' already; use 'deviate replace'",
    right: withOther("deviation /o:a { deviate add { must 'true()'; } }", "leaf a { type int8; must '. > 1'; }"),
  },
  {
    name: "CC-7950-7.20.3.2: a replacement of what is not there",
    source: withOther("deviation /o:a { deviate replace { units s; } }", "leaf a { type int8; }"),
    statement: "units s",
    what: "'a' has no 'units' to replace; use 'deviate add'",
    right: withOther("deviation /o:a { deviate replace { config false; } }", "leaf a { type int8; }"),
  },
  {
    name: "CC-7950-7.20.3.2: a deletion of what is not there",
    source: withOther("deviation /o:a { deviate delete { default 2; } }", "leaf a { type int8; default 1; }"),
    statement: "default 2",
    what: "'a' has no such statement to delete",
  },
  {
    name: "CC-7950-7.20.3.2: a property that the node cannot have",
    source: withOther("deviation /o:c { deviate add { units s; } }", "container c;"),
    statement: "units s",
    what: "'c' is a container, which has no 'units'",
  },
  {
    name: "CC-7950-7.20.3.2: a property that is not of the deviation",
    source: withOther("deviation /o:a { deviate delete { mandatory true; } }", "leaf a { type int8; mandatory true; }"),
    statement: "deviate delete",
    what: "'deviate delete' takes no 'mandatory'",
  },
  {
    name: "CC-7950-7.20.3.2: a change of what is not supported",
    source: withOther("deviation /o:a { deviate not-supported; deviate add { units s; } }", "leaf a { type int8; }"),
    statement: "deviate not-supported",
    what: "what is not supported cannot be changed too",
  },
  {
    name: "CC-7950-7.20.3: a deviation that says nothing",
    source: withOther("deviation /o:a;", "leaf a { type int8; }"),
    statement: "deviation /o:a",
    what: "a deviation needs a 'deviate' statement",
  },
  {
    name: "CC-7950-7.20.3.2: a type that the default does not fit any more",
    source: withOther(
      "deviation /o:a { deviate replace { type uint8 { range 5..9; } } }",
      "leaf a { type int8; default 1; }",
    ),
    statement: "default 1",
    what: "the default does not fit the type uint8",
  },
];

describe.each([
  ["modules", MODULES],
  ["features", FEATURES],
  ["types", TYPES],
  ["defaults", DEFAULTS],
  ["nodes", NODES],
  ["deviations", DEVIATIONS],
])("%s", (_group, rows) => {
  test.each(rows)("$name is refused", ({ source, statement, what, right }) => {
    expect(refusal(() => compileTexts(modulesOf(source)))).toMatchObject({ code: "yang.compile", statement, what });
    if (right !== undefined) expect(schemaOf(...modulesOf(right)).modules.length).toBeGreaterThan(0);
  });
});

const STRUCTURES: ReadonlyArray<readonly [rule: string, body: string, statement: string, what: string]> = [
  [
    "CC-8791-2: a structure of a name that is taken",
    "sx:structure s; sx:structure s;",
    "sx:structure s",
    "a structure of this name stands at file0.yang:2",
  ],
  [
    "CC-8791-2: an augment-structure of nothing",
    "sx:augment-structure /m:t;",
    "sx:augment-structure /m:t",
    "there is no such node",
  ],
  [
    "CC-8040-8: a yang-data without its container",
    "rc:yang-data y;",
    "rc:yang-data y",
    "a yang-data holds one container and nothing else",
  ],
  [
    "CC-8040-8: a yang-data with a leaf",
    "rc:yang-data y { leaf a { type int8; } }",
    "rc:yang-data y",
    "a yang-data holds one container and nothing else",
  ],
];
test.each(STRUCTURES)("%s is refused", (_name, body, statement, what) => {
  const source = `import ietf-yang-structure-ext { prefix sx; } import ietf-restconf { prefix rc; } ${body}`;
  const told = refusal(() => compileTexts([moduleM(source), STRUCTURE_EXT, RESTCONF]));
  expect(told).toMatchObject({ code: "yang.compile", statement, what });
});

test("CC-8341-3.3: what a module keeps from ordinary users is known of its nodes", () => {
  const schema = schemaOf(
    moduleM(`import ietf-netconf-acm { prefix n; } leaf a { n:default-deny-write; type int8; } rpc r { n:default-deny-all; }
      leaf b { type int8; status deprecated; }`),
    NACM,
  );
  expect(schema.roots.map(({ name, nacm, status }) => [name, nacm, status])).toEqual([
    ["a", "deny-write", undefined],
    ["r", "deny-all", undefined],
    ["b", undefined, "deprecated"],
  ]);
});
