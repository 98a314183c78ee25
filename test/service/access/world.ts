/** A site for access rules: a module of interfaces with an rpc, an action and notifications, and one that guards itself. */
import {
  type AccessConfig,
  ALL_OPERATIONS,
  type Denial,
  firstConfig,
  type Guard,
  type Operation,
  permitsAll,
  type Rule,
  RuleGuard,
  type RuleList,
  type RuleSubject,
  rulingsOf,
  UNGUARDED,
} from "../../../gateway/service/access/index.ts";
import { fromJson, type JsonObject, parsePath, type Schema, type Tree, toJson } from "../../../gateway/yang/index.ts";
import { NACM, schemaOf } from "../../yang/compile/inline.ts";

export const NET: Schema = schemaOf(
  `module net { yang-version 1.1; namespace "urn:net"; prefix n;
    container interfaces {
      list interface {
        key name;
        ordered-by user;
        leaf name { type string; }
        leaf mtu { type uint16; default 1500; }
        leaf secret { type string; }
        leaf speed { config false; type uint32; }
        choice address {
          leaf fixed { type string; }
          container automatic { presence "asks for one"; leaf lease { type uint32; } }
        }
        list peer { key "host port"; leaf host { type string; } leaf port { type uint16; } leaf note { type string; } }
        action reset { input { leaf delay { type uint8; } } }
        notification down { leaf why { type string; } }
      }
      leaf-list order { ordered-by user; type string; }
    }
    leaf uplink { type leafref { path "/n:interfaces/n:interface/n:name"; } must "/n:interfaces/n:interface[n:name=current()]/n:mtu > 1450"; }
    rpc reboot { input { leaf after { type uint8; } } }
    rpc ping;
    notification alarm { leaf text { type string; } }
    notification calm;
  }`,
  `module acme { yang-version 1.1; namespace "urn:acme"; prefix a; import net { prefix n; } import ietf-netconf-acm { prefix nacm; }
    container config { leaf mode { type string; } container keys { nacm:default-deny-all; leaf key { type string; } } leaf radio { nacm:default-deny-write; type string; } }
    rpc wipe { nacm:default-deny-all; }
    augment "/n:interfaces/n:interface" { leaf acme { type string; } }
  }`,
  NACM,
);

export const data = (json: JsonObject): Tree => fromJson(json, NET);
export const shown = (tree: Tree): JsonObject => toJson(tree, NET);
export const id = (path: string) => parsePath(path, NET);

const PATH: RegExp = /^\//;
/** `permit read,update /path`, `deny all net`, `permit exec rpc:reboot`, `permit read *` */
export function rule(text: string, at = 0): Rule {
  const [action, operations = "", target = "*"] = text.split(/ +/);
  const [kind, name = ""] = target.split(":");
  const about: RuleSubject = PATH.test(target)
    ? { kind: "path", path: target }
    : kind === "rpc" || kind === "notification"
      ? { kind, name }
      : { kind: "all" };
  return {
    name: `r${at}`,
    module: about.kind === "all" ? target : "*",
    about,
    operations: operations === "all" ? ALL_OPERATIONS : new Set(operations.split(",") as Operation[]),
    action: action === "permit" ? "permit" : "deny",
    comment: undefined,
  };
}

export const list = (name: string, groups: readonly string[], ...rules: readonly string[]): RuleList => ({
  name,
  groups,
  rules: rules.map(rule),
});

/** Nothing by default; one user of each group that is named. */
export const config = (lists: readonly RuleList[], more: Partial<AccessConfig> = {}): AccessConfig => ({
  ...firstConfig([]),
  groups: [...new Set(lists.flatMap(({ groups }) => groups))].map((name) => ({ name, users: [name] })),
  lists,
  ...more,
});

export interface Watched {
  readonly guard: Guard;
  readonly denials: Denial[];
  unheard: number;
}

export function guardOf(of: AccessConfig, groups: readonly string[]): Watched {
  const denials: Denial[] = [];
  const watched: { -readonly [K in keyof Watched]: Watched[K] } = { guard: UNGUARDED, denials, unheard: 0 };
  const sink = {
    take: (denial: Denial) => void denials.push(denial),
    unheard: () => {
      watched.unheard += 1;
    },
  };
  if (!permitsAll(of, groups)) watched.guard = new RuleGuard("boss", rulingsOf(of, groups), sink);
  return watched;
}

/** The guard of a user for whom these rules alone are made. */
export const ruled = (...rules: readonly string[]): Guard => guardOf(config([list("l", ["g"], ...rules)]), ["g"]).guard;
