// What users of jsforce do with an org.
"use strict";

const assert = require("node:assert/strict");
const jsforce = require("jsforce");
const { operation, tell } = require("./operations.cjs");

const EXTERNAL_ID = "Switchhook_Key__c";
const FERRER = { LastName: "Ferrer", FirstName: "Ida", Phone: "+34 93 555 01 00" };
const { env } = process;

function connect() {
  const connection = new jsforce.Connection({
    instanceUrl: env.ORG_URL,
    accessToken: env.ORG_TOKEN,
    version: "62.0",
  });
  connection.bulk.pollInterval = 50;
  connection.bulk2.pollInterval = 50;
  return connection;
}

function app() {
  return new jsforce.OAuth2({
    loginUrl: env.ORG_URL,
    clientId: env.APP_ID,
    clientSecret: env.APP_SECRET,
    redirectUri: env.APP_REDIRECT_URI,
    useVerifier: true,
  });
}

/** Do in the org's pages what a person does; gives the code the browser comes back with. */
async function allow(address) {
  const page = await (await fetch(address)).text();
  const pending = /name="pending" value="([^"]+)"/.exec(page)[1];
  const send = (path, fields) =>
    fetch(`${env.ORG_URL}/services/oauth2/${path}`, {
      method: "POST",
      body: new URLSearchParams({ pending, ...fields }),
      redirect: "manual",
    });
  await send("login", { username: env.ORG_USERNAME, password: env.ORG_PASSWORD });
  const back = await send("consent", { answer: "allow" });
  return new URL(back.headers.get("location")).searchParams.get("code");
}

async function login() {
  await operation("OAuth2: authorize with PKCE, identity", async () => {
    const connection = new jsforce.Connection({ oauth2: app() });
    const code = await allow(connection.oauth2.getAuthorizationUrl({ scope: "api refresh_token" }));
    const user = await connection.authorize(code);
    const identity = await connection.identity();
    assert.equal(identity.user_id, user.id);
    assert.equal(identity.organization_id, user.organizationId);
    assert.equal(identity.username, env.ORG_USERNAME);
  });
  await operation("refresh on an expired session", async () => {
    const connection = new jsforce.Connection({
      oauth2: app(),
      instanceUrl: env.ORG_URL,
      accessToken: "ended",
      refreshToken: env.APP_REFRESH_TOKEN,
    });
    let refreshed = 0;
    connection.on("refresh", () => (refreshed += 1));
    assert.equal((await connection.query("SELECT Id FROM Organization")).totalSize, 1);
    assert.equal(refreshed, 1);
  });
  await operation("identity from a token alone", async () => {
    assert.equal((await connect().identity()).username, env.ORG_USERNAME);
  });
  await operation("logout revokes", async () => {
    const connection = new jsforce.Connection({
      oauth2: app(),
      instanceUrl: env.ORG_URL,
      refreshToken: env.APP_REFRESH_TOKEN,
    });
    await connection.query("SELECT Id FROM Organization");
    const accessToken = connection.accessToken;
    await connection.logout();
    const after = new jsforce.Connection({ instanceUrl: env.ORG_URL, accessToken });
    await assert.rejects(after.query("SELECT Id FROM Organization"), {
      errorCode: "INVALID_SESSION_ID",
    });
  });
}

async function oneRecord(org) {
  await operation("create, retrieve, update, destroy", async () => {
    const created = await org.sobject("Contact").create(FERRER);
    assert.deepEqual([created.success, created.errors], [true, []]);
    assert.equal((await org.sobject("Contact").retrieve(created.id)).Name, "Ida Ferrer");
    const change = { Id: created.id, FirstName: "Eva" };
    assert.equal((await org.sobject("Contact").update(change)).success, true);
    assert.equal((await org.sobject("Contact").retrieve(created.id)).Name, "Eva Ferrer");
    assert.equal((await org.sobject("Contact").destroy(created.id)).success, true);
    await assert.rejects(org.sobject("Contact").retrieve(created.id), {
      errorCode: "ENTITY_IS_DELETED",
    });
  });
  await operation("a refusal carries code and fields", async () => {
    await assert.rejects(org.sobject("Contact").create({}), {
      errorCode: "REQUIRED_FIELD_MISSING",
      data: {
        errorCode: "REQUIRED_FIELD_MISSING",
        fields: ["LastName"],
        message: "Required fields are missing: [LastName]",
      },
    });
  });
  await operation("upsert", async () => {
    const upsert = (Subject) =>
      org.sobject("Task").upsert({ [EXTERNAL_ID]: "k 1", Subject }, EXTERNAL_ID);
    const first = await upsert("One");
    const second = await upsert("Two");
    assert.deepEqual([first.success, second.success, second.id], [true, true, first.id]);
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal((await org.sobject("Task").retrieve(first.id)).Subject, "Two");
  });
  await operation("record reference", async () => {
    const { id } = await org.sobject("Lead").create({ LastName: "Pell", Company: "Pell & Co" });
    const lead = org.sobject("Lead").record(id);
    await lead.update({ LastName: "Pelle" });
    assert.equal((await lead.retrieve()).LastName, "Pelle");
    assert.equal((await lead.destroy()).success, true);
  });
}

async function collections(org) {
  const contacts = org.sobject("Contact");
  await operation("create, retrieve, update, destroy of several", async () => {
    const rows = ["A", "B", "C"].map((LastName) => ({ LastName }));
    const ids = (await contacts.create(rows)).map((result) => result.id);
    const changes = ids.map((Id) => ({ Id, FirstName: "Noa" }));
    assert.ok((await contacts.update(changes)).every((result) => result.success));
    const found = await contacts.retrieve(ids);
    assert.deepEqual(
      found.map((row) => row.Name),
      ["Noa A", "Noa B", "Noa C"],
    );
    assert.ok((await contacts.destroy(ids)).every((result) => result.success));
  });
  await operation("more than 200 at once with allowRecursive", async () => {
    const rows = Array.from({ length: 450 }, (_, n) => ({ Name: `Many ${n}` }));
    const made = await org.sobject("Account").create(rows, { allowRecursive: true });
    assert.equal(new Set(made.map((result) => result.id)).size, 450);
  });
  await operation("upsert of several", async () => {
    const rows = ["u-1", "u-2"].map((key) => ({ [EXTERNAL_ID]: key, Subject: key }));
    const first = await org.sobject("Task").upsert(rows, EXTERNAL_ID);
    const second = await org.sobject("Task").upsert(rows, EXTERNAL_ID);
    assert.deepEqual(
      [...first, ...second].map((result) => result.created),
      [true, true, false, false],
    );
  });
  await operation("part of several fails", async () => {
    const results = await contacts.create([{ LastName: "Kept" }, { FirstName: "Lost" }]);
    assert.deepEqual(
      results.map((result) => result.success),
      [true, false],
    );
    assert.equal(results[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  });
}

async function queries(org) {
  await operation("query, queryMore", async () => {
    const first = await org.query("SELECT Id FROM Contact");
    assert.deepEqual([first.totalSize, first.done, first.records.length], [2100, false, 2000]);
    const rest = await org.queryMore(first.nextRecordsUrl);
    assert.deepEqual([rest.done, rest.records.length], [true, 100]);
  });
  await operation("query as stream with autoFetch", async () => {
    const ids = new Set();
    const stream = org.query("SELECT Id FROM Contact").on("record", (row) => ids.add(row.Id));
    await stream.run({ autoFetch: true, maxFetch: 5000 });
    assert.equal(ids.size, 2100);
  });
  await operation("find with conditions, sort, limit, children", async () => {
    const { id } = await org.sobject("Account").create({ Name: "O'Hara" });
    await org.sobject("Contact").create([
      { LastName: "Two", AccountId: id, Phone: "1" },
      { LastName: "One", AccountId: id },
    ]);
    const [account] = await org
      .sobject("Account")
      .find({ Name: { $in: ["O'Hara", "x"] }, CreatedDate: jsforce.Date.TODAY }, "Id, Name")
      .include("Contacts")
      .select("LastName, Account.Name")
      .sort({ LastName: 1 })
      .end()
      .sort("-Name")
      .limit(5);
    assert.equal(account.Name, "O'Hara");
    assert.deepEqual(
      account.Contacts.records.map((row) => [row.LastName, row.Account.Name]),
      [
        ["One", "O'Hara"],
        ["Two", "O'Hara"],
      ],
    );
    const some = { AccountId: id, $or: [{ Phone: { $ne: null } }, { LastName: { $like: "X%" } }] };
    assert.equal(await org.sobject("Contact").count(some), 1);
    assert.equal((await org.sobject("Contact").findOne({ LastName: "Two" })).Phone, "1");
  });
  await operation("update and destroy by a query", async () => {
    await org.sobject("Lead").create(["L", "M"].map((n) => ({ LastName: n, Company: "Bay" })));
    const bay = () => org.sobject("Lead").find({ Company: "Bay" });
    const options = { allowBulk: false };
    const changed = await bay().update({ City: "Porto" }, options);
    assert.deepEqual(
      changed.map((result) => result.success),
      [true, true],
    );
    assert.equal((await bay().destroy(options)).length, 2);
    assert.equal((await bay()).length, 0);
  });
  await operation("queryAll finds the deleted", async () => {
    const all = await org.query("SELECT Id FROM Lead WHERE IsDeleted = true", { scanAll: true });
    assert.ok(all.totalSize >= 2);
  });
  await operation("a wrong query", async () => {
    await assert.rejects(org.query("SELECT Nothing FROM Contact"), { errorCode: "INVALID_FIELD" });
    await assert.rejects(org.query("SELEKT Id FROM Contact"), { errorCode: "MALFORMED_QUERY" });
  });
  await operation("search", async () => {
    const { id } = await org.sobject("Contact").create(FERRER);
    const text = "FIND {93 555 01 00} IN PHONE FIELDS RETURNING Contact(Id, Phone)";
    assert.equal((await org.search(text)).searchRecords[0].Id, id);
  });
}

async function aboutTheOrg(org) {
  await operation("describe, describeGlobal, cached describe", async () => {
    const global = await org.describeGlobal();
    assert.ok(global.sobjects.some((one) => one.name === "Task" && one.queryable));
    const contact = await org.sobject("Contact").describe$();
    assert.ok(contact.fields.some((field) => field.name === "LastName" && !field.nillable));
    assert.equal(org.sobject("Contact").describe$$().name, "Contact");
  });
  await operation("limits, limitInfo", async () => {
    assert.equal((await org.limits()).DailyApiRequests.Max, 100000);
    assert.equal(org.limitInfo.apiUsage.limit, 100000);
  });
  await operation("versions and resources by request", async () => {
    assert.ok((await org.request("/services/data")).some((one) => one.version === "62.0"));
    assert.ok((await org.request("/")).identity.endsWith((await org.identity()).user_id));
  });
  await operation("updated, deleted", async () => {
    const rows = ["A", "B"].map((LastName) => ({ LastName, Company: LastName }));
    const [kept, gone] = await org.sobject("Lead").create(rows);
    await org.sobject("Lead").destroy(gone.id);
    const span = [new Date(Date.now() - 3600e3), new Date(Date.now() + 120e3)];
    assert.ok((await org.sobject("Lead").updated(...span)).ids.includes(kept.id));
    const { deletedRecords } = await org.sobject("Lead").deleted(...span);
    assert.ok(deletedRecords.some((row) => row.id === gone.id));
  });
}

async function composite(org) {
  await operation("composite by requestPost", async () => {
    const base = "/services/data/v62.0/sobjects";
    const body = {
      allOrNone: true,
      compositeRequest: [
        { method: "POST", url: `${base}/Contact`, referenceId: "who", body: FERRER },
        { method: "GET", url: `${base}/Contact/@{who.id}`, referenceId: "row" },
      ],
    };
    const { compositeResponse } = await org.requestPost("/composite", body);
    assert.equal(compositeResponse[1].body.LastName, "Ferrer");
  });
}

async function bulk2(org) {
  const rows = Array.from({ length: 30 }, (_, n) => ({ Name: `Bulk ${n}`, Site: 'a, "b"' }));
  await operation("bulk2: insert and query", async () => {
    const job = { object: "Account", operation: "insert", input: rows, pollInterval: 50 };
    const results = await org.bulk2.loadAndWaitForResults(job);
    assert.equal(results.successfulResults.length, 30);
    assert.equal(results.failedResults.length, 0);
    const text = "SELECT Id, Site FROM Account WHERE Name LIKE 'Bulk%'";
    const found = await (await org.bulk2.query(text, { pollInterval: 50 })).toArray();
    assert.deepEqual([found.length, found[0].Site], [30, 'a, "b"']);
  });
  await operation("bulk2: part fails", async () => {
    const input = [
      { LastName: "Kept", FirstName: "Noa" },
      { LastName: "", FirstName: "Lost" },
    ];
    const job = { object: "Contact", operation: "insert", input, pollInterval: 50 };
    const results = await org.bulk2.loadAndWaitForResults(job);
    assert.equal(results.successfulResults.length, 1);
    assert.match(results.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:/);
  });
  await operation("bulk2: delete", async () => {
    const found = await org.query("SELECT Id FROM Account WHERE Name LIKE 'Bulk%'");
    const input = found.records.map(({ Id }) => ({ Id }));
    const job = { object: "Account", operation: "delete", input, pollInterval: 50 };
    assert.equal((await org.bulk2.loadAndWaitForResults(job)).successfulResults.length, 30);
  });
}

async function main() {
  const org = connect();
  const steps = [queries, oneRecord, collections, aboutTheOrg, composite, bulk2];
  for (const step of steps) await step(org);
  await login();
  tell();
}

main();
