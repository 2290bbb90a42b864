// Reads the practice with a generated client and prints its name; compiled and run by tests/api/http/test_generated_clients.py.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [url, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
const { data, error } = await client.GET("/v1/practice", { params: { query: {} } });
if (data === undefined) {
  throw new Error(error.code);
}
const { id, name, zone } = data;
console.log(JSON.stringify({ id, name, zone }));
