/** What `sidgate doctor` finds and no other part of the gateway refuses: it works, but not as it should in a plant room. */
export const DOCTOR_ERRORS = {
  "doctor.no-config": {
    blame: "usage",
    text: "there is no sidgate.yaml here, no --config and no SIDGATE_ variable: every setting has its default",
    hint: "Name the gateway's configuration with --config, e.g. /etc/sidgate/sidgate.yaml; docs/configuration.md has all settings.",
  },
  "doctor.no-broker": {
    blame: "usage",
    text: "no MQTT broker is configured: the embedded one at {url} is for trying, hears this machine only and forgets all when it ends",
    hint: "Set mqtt.url to mqtts://HOST:8883.",
  },
  "doctor.plain-line": {
    blame: "usage",
    text: "the line to the MQTT broker at {url} is not encrypted: whoever is on its way can read the password and give commands",
    hint: "Set mqtt.url to mqtts://HOST:8883, and mqtt.tls.ca where the authority is your own.",
  },
  "doctor.certificate-ends": {
    blame: "store",
    text: "the certificate of the MQTT broker at {url} ends on {date}, in {days} days",
    hint: "Have it renewed by whoever runs the broker; from that day on the bridge does not connect.",
  },
  "doctor.not-heard": {
    blame: "store",
    text: "the MQTT broker took what was published below {prefix}, and did not bring it back",
    hint: "Its access list lacks a line, and says nothing of it: allow this site 'pattern readwrite sidgate/1/%u/#' (docs/mqtt.md, The broker).",
  },
  "doctor.not-retained": {
    blame: "store",
    text: "the MQTT broker keeps no retained message below {prefix}",
    hint: "Allow retained messages; in Mosquitto 'retain_available true'. Without them who connects later sees no site and no node.",
  },
  "doctor.view-refused": {
    blame: "store",
    text: "the MQTT broker does not let this site write and read {topic}, so {setting} tells nothing: {what}",
    hint: "Its access list lacks a line for it: docs/mqtt.md, Views, has those of each view and of the alias.",
  },
  "doctor.birth-missing": {
    blame: "store",
    text: "the bridge is connected, but {topic} is not at the MQTT broker",
    hint: "Check that the access list lets this site write and read 'sidgate/1/SITE/#' as a whole, and that both use the same broker.",
  },
  "doctor.no-will": {
    blame: "store",
    text: "the MQTT broker did not tell the will of a connection that broke",
    hint: "Allow this site to write sidgate/1/SITE/g/+/status; else nobody is told when the gateway is gone.",
  },
  "doctor.packet-size": {
    blame: "store",
    text: "the MQTT broker does not pass on a packet of {bytes} bytes",
    hint: "Raise its limit to 64 KiB at least; in Mosquitto max_packet_size and message_size_limit, 0 = none.",
  },
  "doctor.no-qos": {
    blame: "store",
    text: "the MQTT broker knows QoS {qos} at most, and Sidgate needs QoS 1",
    hint: "Allow QoS 1 (in Mosquitto max_qos 1): without acknowledgements nothing can be promised.",
  },
  "doctor.not-connected": {
    blame: "store",
    text: "the gateway is not connected to the MQTT broker at {url}; {queued} messages wait",
    hint: "See what is said of the broker below; where nothing is wrong there, its log says why: mqtt.connect-failed.",
  },
  "doctor.redis-risk": {
    blame: "store",
    text: "{what}",
    hint: "docs/redis.md, Set up Redis, has the lines of its configuration.",
  },
  "doctor.redis-old": {
    blame: "store",
    text: "Redis at {url} is version {version}, and Sidgate needs 6.2 or later",
    hint: "Upgrade it; docs/redis.md, Set up Redis.",
  },
  "doctor.clock": {
    blame: "store",
    text: "this machine's clock is not known to be right: {why}",
    hint: "Have it set by a time service (timedatectl set-ntp true), or say by clock.synchronised: yes that you do it (docs/clock.md).",
  },
  "doctor.notice": {
    blame: "usage",
    text: "the gateway asks for something: {what}",
    hint: "It stands on the status page until it is done.",
  },
  "doctor.lab": {
    blame: "usage",
    text: "the gateway runs in lab mode, for trying only: {what}",
    hint: "Set coap.lab: off and trust.mode: require (docs/security.md).",
  },
} as const;
