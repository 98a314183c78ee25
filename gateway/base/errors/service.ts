/** Errors of the services: what the gateway knows and decides. */
export const SERVICE_ERRORS = {
  "node.unknown": {
    blame: "usage",
    text: "no node '{node}' is in the inventory",
    hint: "'sidgate node list' shows the ids and endpoints; 'sidgate node add ENDPOINT' expects a new node.",
  },
  "node.not-joined": {
    blame: "trust",
    text: "the endpoint '{endpoint}' is not in the inventory",
    hint: "Add it with 'sidgate node add {endpoint}'; until then nothing that it sends is kept.",
  },
  "node.exists": {
    blame: "usage",
    text: "a node with the endpoint '{endpoint}' is in the inventory already",
    hint: "'sidgate node show {endpoint}' tells about it; 'sidgate node rekey {endpoint}' gives it new credentials.",
  },
  "node.unidentified": {
    blame: "trust",
    text: "the request does not say which node it comes from",
    hint: "In lab mode a node names its endpoint with the query ep=NAME; otherwise it needs credentials.",
  },
  "node.unsecured": {
    blame: "usage",
    text: "the node {node} has no credentials",
    hint: "Give it some with 'sidgate node rekey {node}'.",
  },
  "manager.exists": {
    blame: "usage",
    text: "a manager with the name '{manager}' has credentials already",
    hint: "'sidgate manager credentials {manager}' prints them; 'sidgate manager rekey {manager}' gives it new ones.",
  },
  "manager.unknown": {
    blame: "usage",
    text: "there is no manager '{manager}'",
    hint: "'sidgate manager list' shows them; 'sidgate manager add NAME' gives a new one credentials.",
  },
  "edit.too-many-waiting": {
    blame: "usage",
    text: "{node} has {limit} edits to fetch already",
    hint: "Edit again when it has been awake; an edit of the container around several nodes counts once.",
  },
  "edit.too-large": {
    blame: "usage",
    text: "the edit of {path} has {length} bytes and could never reach a node; {limit} is the most",
    hint: "Edit smaller parts, e.g. one list entry after the other.",
  },
  "edit.no-way-back": {
    blame: "usage",
    text: "what takes the edit of {path} back cannot be said, so it cannot be on trial",
    hint: "Edit a larger part around it, or leave --confirm out.",
  },
  "checkin.stale": {
    blame: "usage",
    text: "report {report} is older than the last one, {last}",
    hint: "Count reports upwards; start a new series with 0.",
  },
  "pending.never-issued": {
    blame: "usage",
    text: "revision {applied} was never issued; the newest is {revision}",
    hint: "Write the revision that stood in 'pending' with the edits, or 0 to get all of them again.",
  },
  "pending.not-yours": {
    blame: "usage",
    text: "{path} is for the node alone to write",
    hint: "How each edit fares stands in the gateway's /c, in gateway/node/edit.",
  },
  "notification.unknown": {
    blame: "usage",
    text: "{path} is no notification that this node can make",
    hint: "Send notifications of the node's own modules; what the gateway tells of its nodes it tells itself.",
  },
  "notification.keys": {
    blame: "usage",
    text: "{path} needs the keys of all lists around it",
    hint: "Name a notification in a list by [SID, key, ...], the keys of the outermost list first.",
  },
  "notification.too-large": {
    blame: "usage",
    text: "notifications of {length} bytes are more than is kept of one node; {limit} is the most",
    hint: "Send the newest ones; what a node measures belongs into its report.",
  },
  "gateway.fixed": {
    blame: "usage",
    text: "a manager cannot change {what} here",
    hint: "Names and the location can be edited; nodes join and leave with 'sidgate node add' and 'remove'.",
  },
  "root.foreign": {
    blame: "usage",
    text: "{path} is no data of a {kind}'s datastore",
    hint: "A node's modules stand in /n/NODE/c, the gateway's own in its /c.",
  },
  "resource.too-many": {
    blame: "usage",
    text: "one {method} may have at most {limit} items",
    hint: "Send several requests, or name the container around several nodes, which stands for all of them.",
  },
  "resource.too-large": {
    blame: "usage",
    text: "{method} takes bodies of at most {limit} bytes",
    hint: "Send it in several requests.",
  },
  "resource.answer-too-large": {
    blame: "usage",
    text: "the answer to this {method} would have more than {limit} bytes",
    hint: "Ask for parts of it with FETCH, in several requests.",
  },
  "resource.not-acceptable": {
    blame: "usage",
    text: "/{path} is not to be had in content format {format}",
    hint: "Leave the option Accept out, or ask for the format of the documentation.",
  },
  "resource.unknown": {
    blame: "usage",
    text: "there is no resource /{path}",
    hint: "GET /.well-known/core lists what there is.",
  },
  "operation.unknown": {
    blame: "usage",
    text: "no module has an rpc or action with the SID {sid}",
    hint: "Look it up in the .sid file of its module; a node's modules are those of /n/NODE/c.",
  },
  "operation.unsupported": {
    blame: "usage",
    text: "{path} cannot be called here",
    hint: "docs/coreconf.md lists what can; a node calls check-in on its own /c, by itself and without conditions.",
  },
  "operation.data": {
    blame: "usage",
    text: "{path} is data, and no rpc or action that could be called",
    hint: "Use iPATCH to change data; POST with content format 142 calls.",
  },
  "operation.no-instance": {
    blame: "usage",
    text: "{path} belongs to an entry that is not there",
    hint: "FETCH the list to see its entries.",
  },
  "operation.keys": {
    blame: "usage",
    text: "{path} needs the keys of all lists around it",
    hint: "Call an action by [SID, key, ...], the keys of the outermost list first.",
  },
  "operation.failed": {
    blame: "usage",
    text: "{path} was not done: {what}",
    hint: "The same command of the CLI tells more.",
  },
  "operation.stopped": {
    blame: "usage",
    text: "after {done} of {count} calls had run: {what}",
    hint: "What ran before stays done; send the rest again once the cause is gone.",
  },
  "resource.method": {
    blame: "usage",
    text: "{method} is not possible on /{path}",
    hint: "A datastore takes GET, FETCH, iPATCH and POST, a manager's also PUT and DELETE; a stream takes GET and FETCH.",
  },
  "resource.content-format": {
    blame: "usage",
    text: "content format {format} does not fit {method} on /{path}",
    hint: "FETCH takes 141, iPATCH and calls take 142, a whole datastore 140, 340 or 341.",
  },
  "resource.precondition": {
    blame: "usage",
    text: "/{path} has no versions that If-Match and If-None-Match could ask for in this request",
    hint: "Send the request without them; reads and edits of a datastore take them.",
  },
  "resource.condition-failed": {
    blame: "usage",
    text: "the configuration of /{path} is not the one that If-Match or If-None-Match asks for",
    hint: "Read it again and decide anew.",
  },
  "resource.exists": {
    blame: "usage",
    text: "/{path} has a configuration already",
    hint: "PUT replaces it, iPATCH changes it, DELETE removes it.",
  },
  "resource.not-data": {
    blame: "usage",
    text: "{path} is of the kind {kind}, which cannot be read",
    hint: "Call rpcs and actions with POST; notifications come by the event stream.",
  },
  "resource.query": {
    blame: "usage",
    text: "the query '{query}' has no meaning here",
    hint: "GET and FETCH on a datastore take c=a|c|n and d=a|t; in lab mode a node adds ep=NAME.",
  },
  "image.empty": {
    blame: "usage",
    text: "{name} is empty",
    hint: "Give the file of a firmware image.",
  },
  "image.too-large": {
    blame: "usage",
    text: "{name} is larger than {limit} bytes",
    hint: "Raise images.max-bytes if nodes of this site really take such an image.",
  },
  "image.digest": {
    blame: "trust",
    text: "the digest of {name} is {actual}, not {expected} as announced",
    hint: "The file was damaged or exchanged on its way; fetch it again.",
  },
  "image.size": {
    blame: "trust",
    text: "{name} has {actual} bytes, not {expected} as announced",
    hint: "The file was damaged or exchanged on its way; fetch it again.",
  },
  "image.short-id": {
    blame: "usage",
    text: "another image has the short id {id} already",
    hint: "Build the image again with another version string; its digest, and so its id, will differ.",
  },
  "image.exists": {
    blame: "usage",
    text: "this image is stored already as {model} {version}",
    hint: "'sidgate image list' shows it.",
  },
  "image.unknown": {
    blame: "usage",
    text: "there is no image '{image}'",
    hint: "'sidgate image list' shows the images; 'sidgate image add' brings one in.",
  },
  "image.mcuboot": {
    blame: "wire",
    text: "{name} is no MCUboot image that a bootloader would take: {what} (byte {offset})",
    hint: "Give the file that 'imgtool sign' writes, without --pad; '--format plain' takes the bytes as they are.",
  },
  "image.mcuboot-hash": {
    blame: "trust",
    text: "the {hash} that {name} has in its TLV at byte {offset} is not that of its bytes",
    hint: "The file was damaged, or changed after 'imgtool sign'; its bootloader would refuse it. Build it again.",
  },
  "image.encrypted": {
    blame: "trust",
    text: "{name} is encrypted for its bootloader, so that its hash cannot be checked here",
    hint: "Nothing is wrong with that: the digest that its release names still holds.",
  },
  "image.built": {
    blame: "usage",
    text: "{name} came in as version {version}, and its header says {built}",
    hint: "Nodes tell what their image says, so let both be the same: 'imgtool sign --version'.",
  },
  "image.awaited": {
    blame: "usage",
    text: "the bytes of {model} {version} are still awaited from {uri}: {why}",
    hint: "'sidgate image list' tells how far they are; start the campaign when they are here.",
  },
  "image.in-use": {
    blame: "usage",
    text: "the campaign {campaign} rolls out {image}",
    hint: "Wait for its end, or end it with 'sidgate campaign abort {campaign}'.",
  },
  "image.unwanted": {
    blame: "usage",
    text: "{name} was removed, or named anew, while it came in",
    hint: "Name it again with 'sidgate image add --from' if it is wanted.",
  },
  "image.unsigned": {
    blame: "trust",
    text: "{name} carries no signature that this gateway trusts",
    hint: "Add the release that names it with 'sidgate release add'; to try things out without one, set trust.mode to lab.",
  },
  "campaign.unknown": {
    blame: "usage",
    text: "there is no campaign '{campaign}'",
    hint: "'sidgate campaign show' lists them.",
  },
  "campaign.no-targets": {
    blame: "usage",
    text: "no node is selected: {reasons}",
    hint: "Check the model of the image and of the nodes with 'sidgate node list'.",
  },
  "campaign.plan": {
    blame: "usage",
    text: "the plan contradicts itself at {field}: {what}",
    hint: "docs/campaigns.md tells what fits together; nothing was started.",
  },
  "campaign.plan-file": {
    blame: "usage",
    text: "{path} is no plan of a campaign, findings: {count}",
    hint: "Correct the places named; docs/campaigns.md has every key.",
  },
  "campaign.filter": {
    blame: "usage",
    text: "the filter cannot be read at character {position}: {what}",
    hint: 'docs/campaigns.md shows the fields and operators, e.g. model == "valve-2" and battery >= 2800.',
  },
  "campaign.window": {
    blame: "usage",
    text: "the maintenance window '{window}' cannot be read: {what}",
    hint: "A window is written as Mo-Fr 22:00-05:00 Europe/Berlin, Sa,Su 00:00-24:00, or 03:00-04:00.",
  },
  "campaign.same-person": {
    blame: "usage",
    text: "{actor} made campaign {campaign} and cannot approve it too",
    hint: "Ask a second person to run 'sidgate campaign approve {campaign}'.",
  },
  "campaign.state": {
    blame: "usage",
    text: "campaign {campaign} is {state} and cannot {verb}",
    hint: "'sidgate campaign show {campaign}' tells where it stands.",
  },
  "campaign.version": {
    blame: "usage",
    text: "campaign {campaign} has version {version} by now, not {expected}",
    hint: "Look at it again with 'sidgate campaign show {campaign}' before you decide.",
  },
  "try.gateway": {
    blame: "usage",
    text: "the gateway of the trial did not come up (exit code {code})",
    hint: "Its own words stand above; 'npm run build' makes sure that it is built.",
  },
  "service.bug": {
    blame: "bug",
    text: "a service met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
