// polkadot-api, unchanged, against the node: connect, read metadata, transfer, call a contract.
// Usage: node polkadot-api.mjs <endpoint> <contract.wasm>; exits 0 when everything held.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { sr25519CreateDerive } from "@polkadot-labs/hdkd";
import { DEV_PHRASE, entropyToMiniSecret, mnemonicToEntropy, ss58Address } from "@polkadot-labs/hdkd-helpers";
import { createClient, Enum } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import WebSocket from "ws";

const TAO = 1_000_000_000n;
const [endpoint, wasm] = process.argv.slice(2);
assert.ok(endpoint && wasm, "usage: node polkadot-api.mjs <endpoint> <contract.wasm>");

const derive = sr25519CreateDerive(entropyToMiniSecret(mnemonicToEntropy(DEV_PHRASE)));
const account = (path) => {
  const pair = derive(path);
  const signer = getPolkadotSigner(pair.publicKey, "Sr25519", pair.sign);
  return { address: ss58Address(pair.publicKey, 42), publicKey: pair.publicKey, signer };
};
const [alice, bob] = ["//Alice", "//Bob"].map(account);

const client = createClient(getWsProvider(endpoint, { websocketClass: WebSocket }));
const api = client.getUnsafeApi();

const submit = async (transaction, from) => {
  const result = await transaction.signAndSubmit(from.signer);
  assert.ok(result.ok, `transaction failed: ${JSON.stringify(result.dispatchError)}`);
  return result;
};
const free = async (who) => (await api.query.System.Account.getValue(who.address)).data.free;

// Metadata: constants and the runtime's version.
assert.equal(await api.constants.Balances.ExistentialDeposit(), 500n);
assert.equal((await api.constants.System.Version()).spec_name, "autonomy-devnet");

// Transfer.
const before = await free(bob);
const transfer = api.tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob.address), value: 5n * TAO });
await submit(transfer, alice);
assert.equal(await free(bob), before + 5n * TAO);

// Upload and instantiate a contract, find it in the events.
const gas_limit = { ref_time: 100_000_000_000n, proof_size: 1n << 40n };
const instantiate = api.tx.Contracts.instantiate_with_code({
  value: TAO,
  gas_limit,
  storage_deposit_limit: undefined,
  code: Uint8Array.from(await readFile(wasm)),
  data: new Uint8Array(),
  salt: new Uint8Array(),
});
const { events } = await submit(instantiate, alice);
const instantiated = events.find((e) => e.type === "Contracts" && e.value.type === "Instantiated");
const { contract } = instantiated.value.value;

// Call it: a dry run of get_alpha_price for root, which is 1 TAO; then the same as a transaction.
const input = Uint8Array.from([15, 0, 0, 0]);
const dryRun = await api.apis.ContractsApi.call(bob.address, contract, 0n, undefined, undefined, input);
assert.ok(dryRun.result.success, "the dry run failed");
const data = dryRun.result.value.data;
const output = data instanceof Uint8Array ? data : data.asBytes();
assert.deepEqual([...output], [0, 0, 0, 0, 0x00, 0xca, 0x9a, 0x3b, 0, 0, 0, 0]);
const call = api.tx.Contracts.call({
  dest: Enum("Id", contract),
  value: 0n,
  gas_limit: dryRun.gas_required,
  storage_deposit_limit: undefined,
  data: input,
});
await submit(call, bob);

client.destroy();
console.log("polkadot-api: connected, read metadata, transferred, called a contract");
