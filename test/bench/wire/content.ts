/**
 * What is said in every encoding of "Bytes on the wire" (docs/figures.md): examples of draft-ietf-core-comi-21 and a wake of our own,
 * as CORECONF has them, as RFC 7951 JSON, and as resources of LwM2M objects that somebody might have defined for the same.
 */

export type Scalar = number | string | boolean;
/** Object, instance, resource. */
export type Path = readonly [object: number, instance: number, resource: number];
export type Instance = readonly [object: number, instance: number];
export type Resource = readonly [path: Path, value: Scalar];

/** How it goes: an answer to a read, a report of the node's own accord, a notification, or a manager's edit. */
export type Exchange = "answer" | "report" | "notification" | "edit";

export interface Example {
  readonly name: string;
  readonly title: string;
  readonly exchange: Exchange;
  /** Hex; the bytes of the draft's example, content format 142 or 140. */
  readonly coreconf: string;
  readonly format: 140 | 142;
  readonly json: unknown;
  /** Object ids above 26240 may be had by anybody; resource ids begin at 0, which is the shortest. A time is a number of seconds there. */
  readonly resources: readonly Resource[];
  /** Of an edit: instances that go away. LwM2M names them by number where YANG has a key. */
  readonly gone?: readonly Instance[];
  /** Of an edit: instances that are new. */
  readonly fresh?: readonly Instance[];
}

const ETHERNET = {
  name: "eth0",
  description: "Ethernet adaptor",
  type: "iana-if-type:ethernetCsmacd",
  enabled: true,
  "oper-status": "testing",
};
const CLOCK = 33_000;
const INTERFACE = 33_001;
const NTP = 33_002;
const SERVER = 33_003;
const FAULT = 33_004;
const ROOM = 33_005;
const seconds = (time: string): number => Date.parse(time) / 1000;
const clock: readonly Resource[] = [
  [[CLOCK, 0, 0], seconds("2016-10-26T12:16:31Z")],
  [[CLOCK, 0, 1], seconds("2014-10-05T09:00:00Z")],
];
/** An identity of IANA's table is the number in that table: ethernetCsmacd is 6. */
const ethernet: readonly Resource[] = [
  [[INTERFACE, 0, 0], "eth0"],
  [[INTERFACE, 0, 1], "Ethernet adaptor"],
  [[INTERFACE, 0, 2], 6],
  [[INTERFACE, 0, 3], true],
  [[INTERFACE, 0, 4], 3],
];

const CLOCK_HEX = "1906b9a20274323031362d31302d32365431323a31363a33315a0174323031342d31302d30355430393a30303a30305a";
const ETHERNET_HEX = "a5046465746830017045746865726e65742061646170746f720519075802f50b03";

export const EXAMPLES: readonly Example[] = [
  {
    name: "system_clock",
    title: "clock: two times (§3.3.1, its first half)",
    exchange: "answer",
    format: 140,
    coreconf: `a1${CLOCK_HEX}`,
    json: {
      "ietf-system:clock": { "current-datetime": "2016-10-26T12:16:31Z", "boot-datetime": "2014-10-05T09:00:00Z" },
    },
    resources: clock,
  },
  {
    name: "interface",
    title: "an interface of five leaves (§3.1.3.1)",
    exchange: "answer",
    format: 142,
    coreconf: `a11905fd${ETHERNET_HEX}`,
    json: { "ietf-interfaces:interface": [ETHERNET] },
    resources: ethernet,
  },
  {
    name: "datastore",
    title: "both, a whole datastore (§3.3.1)",
    exchange: "answer",
    format: 140,
    coreconf: `a2${CLOCK_HEX}1905fd81${ETHERNET_HEX}`,
    json: {
      "ietf-system:clock": { "current-datetime": "2016-10-26T12:16:31Z", "boot-datetime": "2014-10-05T09:00:00Z" },
      "ietf-interfaces:interface": [ETHERNET],
    },
    resources: [...clock, ...ethernet],
  },
  {
    name: "ntp_edit",
    title: "an edit: a leaf, an entry away, an entry new (§3.2.3.1)",
    exchange: "edit",
    format: 142,
    coreconf:
      "a11906dbf5a1821906dc6a7461632e6e72632e6361f6a11906dca3036a7469632e6e72632e636104f505a1016e3133322e3234362e31312e323331",
    json: [
      { "/ietf-system:system/ntp/enabled": true },
      { "/ietf-system:system/ntp/server[name='tac.nrc.ca']": null },
      {
        "/ietf-system:system/ntp/server": {
          name: "tic.nrc.ca",
          prefer: true,
          udp: { address: "132.246.11.231" },
        },
      },
    ],
    resources: [
      [[NTP, 0, 0], true],
      [[SERVER, 1, 0], "tic.nrc.ca"],
      [[SERVER, 1, 1], true],
      [[SERVER, 1, 2], "132.246.11.231"],
    ],
    gone: [[SERVER, 0]],
    fresh: [[SERVER, 1]],
  },
  {
    name: "port_faults",
    title: "two notifications (§3.4.2)",
    exchange: "notification",
    format: 142,
    coreconf: "a119ea6aa20166302f342f3231026a4f70656e2070696e2032a119ea6aa20166312f342f3231026a4f70656e2070696e2035",
    json: [
      { "example-port:example-port-fault": { "port-name": "0/4/21", "port-fault": "Open pin 2" } },
      { "example-port:example-port-fault": { "port-name": "1/4/21", "port-fault": "Open pin 5" } },
    ],
    resources: [
      [[FAULT, 0, 0], "0/4/21"],
      [[FAULT, 0, 1], "Open pin 2"],
      [[FAULT, 1, 0], "1/4/21"],
      [[FAULT, 1, 1], "Open pin 5"],
    ],
  },
  {
    name: "check_in",
    title: "a wake: two readings, 21.50 and 45 (docs/check-in.md; ours has a report number too)",
    exchange: "report",
    format: 142,
    coreconf: "a119ea61a2020105a118c3a201c4822119086602182d",
    json: {
      "sidgate-node:check-in": { report: 1, data: { "sidgate-building:room": { temperature: "21.50", humidity: 45 } } },
    },
    resources: [
      [[ROOM, 0, 0], 21.5],
      [[ROOM, 0, 1], 45],
    ],
  },
];
