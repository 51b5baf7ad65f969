/** Where a page of its own is reached, and where its socket is. */

import { expect, test } from "vitest";
import { addressOf, forPhones, type Ways } from "../../src/page/address";
import { relayBase, socketOf } from "../../src/page/connection";

const ID = "0123456789abcdef0123456789abcdef";
const LINKS = { address: "", lane_id: ID, port: 8123 };
const HUB = { protocol: "https:", host: "hub.example.org", hostname: "hub.example.org" };
const server = { baseUrl: "/user/ann/", wsUrl: "", token: "" };

function ways(changed: Partial<Ways>): Ways {
  return { server: null, page: HUB, answers: async () => true, colab: null, ...changed };
}

test("the Jupyter server's relay if it answers, and phones may use it over https", async () => {
  const address = await addressOf(LINKS, ways({ server }));
  expect(address.url).toBe(`https://hub.example.org/user/ann/realtime-widgets/page/${ID}/`);
  expect(forPhones(address)).toBe(true);
});

test("loopback if the server has no relay or the kernel is elsewhere", async () => {
  const address = await addressOf(LINKS, ways({ server, answers: async () => false }));
  expect(address).toEqual({ url: "http://127.0.0.1:8123/page/", local: true });
  expect(forPhones(address)).toBe(false);
  expect((await addressOf({ ...LINKS, lane_id: "" }, ways({ server }))).local).toBe(true);
});

test("the proxy that the kernel knows, and Colab's", async () => {
  expect((await addressOf({ ...LINKS, address: "https://x.example.org/page/" }, ways({ server }))).url).toBe(
    "https://x.example.org/page/",
  );
  const colab = async (port: number) => `https://${port}.example.org/`;
  expect((await addressOf(LINKS, ways({ colab }))).url).toBe("https://8123.example.org/page/");
});

test("the socket is beside the page", () => {
  expect(socketOf("http://127.0.0.1:8123/page/#token")).toBe("ws://127.0.0.1:8123/lane");
  expect(socketOf("https://code.example.org/proxy/8123/page/")).toBe(
    "wss://code.example.org/proxy/8123/lane",
  );
  expect(socketOf(`https://hub.example.org/user/ann/realtime-widgets/page/${ID}/`)).toBe(
    `wss://hub.example.org/user/ann/realtime-widgets/lane/${ID}`,
  );
  expect(relayBase(`/user/ann/realtime-widgets/page/${ID}/`)).toBe("/user/ann/");
  expect(relayBase("/page/")).toBeNull();
});
