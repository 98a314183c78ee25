/** Address prefixes: strict to read, right about who lies in them. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { addressBytes, contains, parseSubnet } from "../../gateway/base/index.ts";

const within = (prefix: string, address: string): boolean => {
  const subnet = parseSubnet(prefix);
  const bytes = addressBytes(address);
  return subnet !== undefined && bytes !== undefined && contains(subnet, bytes);
};

test.each([
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["172.16.0.0/12", "172.31.255.255", true],
  ["172.16.0.0/12", "172.32.0.0", false],
  ["192.168.7.9/32", "192.168.7.9", true],
  ["192.168.7.9/32", "192.168.7.8", false],
  ["0.0.0.0/0", "203.0.113.9", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["fd00::/8", "fdff:1::2", true],
  ["fd00::/8", "fc00::2", false],
  ["fe80::/10", "fe80::1%eth0", true],
  ["fe80::/10", "febf::1", true],
  ["fe80::/10", "fec0::1", false],
  ["2001:db8:0:1::/64", "2001:db8:0:1:ffff::9", true],
  ["2001:db8:0:1::/64", "2001:db8:0:2::9", false],
  ["::1/128", "::1", true],
  ["::/0", "2001:db8::1", true],
  ["127.0.0.0/8", "::ffff:127.0.0.1", true],
])("%s and %s: %s", (prefix, address, inside) => expect(within(prefix, address)).toBe(inside));

test.each([
  ["no length", "10.0.0.0"],
  ["a length beyond the family", "10.0.0.0/33"],
  ["a length beyond the family", "fd00::/129"],
  ["bits behind the prefix", "10.0.0.1/8"],
  ["bits behind the prefix", "fd00::1/8"],
  ["a leading zero", "10.0.0.0/08"],
  ["a sign", "10.0.0.0/+8"],
  ["a scope", "fe80::%eth0/10"],
  ["three numbers", "10.0.0/8"],
  ["a name", "localhost/8"],
  ["blanks", " 10.0.0.0/8"],
  ["nothing", ""],
  ["two lengths", "10.0.0.0/8/8"],
])("%s is refused: %s", (_why, text) => expect(parseSubnet(text)).toBeUndefined());

test("an address lies in each of its own prefixes, and text never breaks the reader", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const bytes = addressBytes(address);
      expect(bytes).toBeDefined();
      expect(within(`${address}/${(bytes?.length ?? 0) * 8}`, address)).toBe(true);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseSubnet(text)));
});
