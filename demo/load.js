// More and more customers: the checkout computes for each of them, the catalogue hardly at all.
import http from "k6/http";
import { check } from "k6";

export const options = {
  stages: [
    { duration: "10s", target: 2 },
    { duration: "20s", target: 12 },
    { duration: "10s", target: 0 },
  ],
  discardResponseBodies: false,
  thresholds: { "http_req_duration{name:checkout}": ["p(95)<250"] },
};

export default function () {
  const found = http.get(`${__ENV.SHOP_CATALOGUE}/burn?2000`, { tags: { name: "catalogue" } });
  const paid = http.get(`${__ENV.SHOP_CHECKOUT}/burn?60000`, { tags: { name: "checkout" } });
  check(found, { "is found": (response) => response.status === 200 });
  check(paid, { "is paid": (response) => response.status === 200 });
}
