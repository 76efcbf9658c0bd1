using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Definitions;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>The calls for what a <see cref="Declaration"/> describes.</summary>
internal abstract class Resource
{
    private Resource(Declaration declaration, Gateway gateway) => (Declared, Gateway) = (declaration, gateway);

    private Declaration Declared { get; }

    private Gateway Gateway { get; }

    /// <summary>Returns the calls for a declaration.</summary>
    /// <param name="declaration">The declaration.</param>
    /// <param name="gateway">Where to send them.</param>
    /// <param name="versions">The latest versions of definitions.</param>
    public static Resource Of(Declaration declaration, Gateway gateway, DefinitionVersions versions) => declaration.Kind switch
    {
        "calendar" => new Whole("calendars", ["days", "rules", "zone", "ics"], declaration, gateway),
        "queue" => new Queue(declaration, gateway),
        "definition" => new Definition(declaration, gateway, versions),
        "trigger" => new Whole("triggers", Whole.OfTriggers, declaration, gateway),
        "schedule" => new Schedule(declaration, gateway, versions),
        "notification" => new Whole("notifications", Whole.OfNotifications, declaration, gateway),
        _ => new Webhook(declaration, gateway),
    };

    /// <summary>Returns the settings in force; null if there is no such resource.</summary>
    public abstract Task<JsonObject?> Get(CancellationToken cancellation);

    /// <summary>
    /// Returns the settings to apply: those of the file, plus null for each setting in force that one of them replaces.
    /// </summary>
    public virtual Task<JsonObject> Wanted(JsonObject? current, CancellationToken cancellation) =>
        Task.FromResult(Declared.Settings);

    /// <summary>Lets the gateway check the declaration without changing anything, where it can.</summary>
    public virtual Task Check(JsonObject? current, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Creates or changes the resource. Returns the gateway's answer.</summary>
    /// <param name="current">The settings in force. If they have changed meanwhile, the gateway refuses the change.</param>
    /// <param name="cancellation">Ends the call.</param>
    public abstract Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation);

    private async Task<JsonObject?> TryGet(string path, CancellationToken cancellation)
    {
        try
        {
            return (await Gateway.Get(path, cancellation)).AsObject();
        }
        catch (RefusedException refused) when (refused.Status == 404)
        {
            return null;
        }
    }

    // The gateway takes a missing field, not null, for the default.
    private static void SetOrRemove(JsonObject body, string field, JsonNode? value)
    {
        if (value is null)
            body.Remove(field);
        else
            body[field] = value.DeepClone();
    }

    // A file that names a version means it: unless that is the latest one, the gateway refuses the change.
    private static JsonObject WithVersion(JsonObject body, JsonObject? current)
    {
        if (body["version"] is null && current?["version"] is { } version)
            body["version"] = version.DeepClone();
        return body;
    }

    /// <summary>
    /// A <c>PUT</c> replaces such a resource as a whole, so the fields in force are sent with those of the file.
    /// </summary>
    private sealed class Whole(string list, string[] kept, Declaration declaration, Gateway gateway)
        : Resource(declaration, gateway)
    {
        public static readonly string[] OfTriggers =
            ["definition", "signature", "parameters", "filter", "rate", "paused", "description"];

        public static readonly string[] OfNotifications = ["on", "match", "to", "quiet", "digest", "template", "paused"];

        private readonly string path = $"/api/v1/{list}/{PathSegment.Of(declaration.Name)}";

        public override Task<JsonObject?> Get(CancellationToken cancellation) => TryGet(path, cancellation);

        public override Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation)
        {
            var body = new JsonObject();
            foreach (var field in kept)
                SpecFields.Set(body, field, current?[field]?.DeepClone());
            foreach (var (field, value) in Declared.Settings)
                SetOrRemove(body, field, value);
            return Gateway.Put(path, WithVersion(body, current), cancellation);
        }
    }

    private sealed class Queue(Declaration declaration, Gateway gateway) : Resource(declaration, gateway)
    {
        private readonly string path = $"/api/v1/queues/{PathSegment.Of(declaration.Name)}";

        public override Task<JsonObject?> Get(CancellationToken cancellation) => TryGet(path, cancellation);

        public override Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation) =>
            Gateway.Put(path, WithVersion(Declared.Settings.DeepClone().AsObject(), current), cancellation);
    }

    /// <summary>A definition is what its file says: what the file omits is removed.</summary>
    private sealed class Definition(Declaration declaration, Gateway gateway, DefinitionVersions versions)
        : Resource(declaration, gateway)
    {
        private readonly string path = DefinitionCommand.PathOf(declaration.Name);

        public override async Task<JsonObject?> Get(CancellationToken cancellation)
        {
            if (await TryGet(path, cancellation) is not { } found)
                return null;
            var current = DefinitionCommand.BodyOf(found);
            // These are left out where they have their defaults, which a file may name all the same.
            foreach (var field in (string[])["description", "parameters", "tool"])
            {
                if (Declared.Settings[field] is not null)
                    current[field] ??= found[field]?.DeepClone();
            }

            current["version"] = found["version"]?.DeepClone();
            return current;
        }

        public override Task<JsonObject> Wanted(JsonObject? current, CancellationToken cancellation)
        {
            var wanted = Declared.Settings.DeepClone().AsObject();
            foreach (var (field, _) in current ?? [])
            {
                if (field != "version")
                    wanted.TryAdd(field, null);
            }

            return Task.FromResult(wanted);
        }

        // Nothing is stored, but what follows in the files is compared with the version that there would be.
        public override Task Check(JsonObject? current, CancellationToken cancellation)
        {
            versions.Note(
                Declared.Name, (current?.Whole("version") ?? 0) + 1, Declared.Settings["parameters"]);
            if (current is null)
                versions.Missing.Add(Declared.Name);
            return Task.CompletedTask;
        }

        public override async Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation)
        {
            var stored = await Gateway.Put(path, WithVersion(Declared.Settings.DeepClone().AsObject(), current), cancellation);
            versions.Note(Declared.Name, stored.Whole("version"), Declared.Settings["parameters"]);
            return stored;
        }
    }

    /// <summary>A <c>PUT</c> replaces a schedule as a whole, so the settings in force are sent with those of the file.</summary>
    private sealed class Schedule(Declaration declaration, Gateway gateway, DefinitionVersions versions)
        : Resource(declaration, gateway)
    {
        private const string Root = "/api/v1/schedules";

        private static readonly string[] Kept =
        [
            "cron", "every", "timeZone", "definition", "task", "job", "workflow", "startAt", "endAt", "overlap", "startWithin", "catchUp",
            "catchUpLimit", "jitter", "paused", "only", "except", "onBlackout", "expectBy", "files",
        ];

        private static readonly string[] Started = ["task", "job", "workflow"];

        // Of each of these, a schedule has only one.
        private static readonly string[][] Alternatives = [["cron", "every"], [.. Started, "definition"]];

        private readonly string path = $"{Root}/{PathSegment.OfId(declaration.Name)}";

        public override Task<JsonObject?> Get(CancellationToken cancellation) => TryGet(path, cancellation);

        public override Task Check(JsonObject? current, CancellationToken cancellation)
        {
            var body = Body(current);
            // The gateway cannot check what names a definition that is not there yet.
            var uses = DefinitionOrder.UsesIn(body["workflow"]).Append(body["definition"] as JsonObject);
            return uses.Any(use => use is not null && versions.Missing.Contains(use.Field("name")))
                ? Task.CompletedTask
                : Gateway.Post($"{Root}/preview", body, null, cancellation);
        }

        public override Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation) =>
            Gateway.Put(path, WithVersion(Body(current), current), cancellation);

        // Without a version, a schedule keeps the latest of the moment in which it is stored.
        public override async Task<JsonObject> Wanted(JsonObject? current, CancellationToken cancellation)
        {
            var wanted = Merged(current);
            if (wanted["definition"] is JsonObject own)
                await versions.Pin(own, cancellation);
            foreach (var use in DefinitionOrder.UsesIn(wanted["workflow"]))
                await versions.Pin(use, cancellation);
            return wanted;
        }

        private JsonObject Merged(JsonObject? current)
        {
            var wanted = Declared.Settings.DeepClone().AsObject();
            foreach (var group in Alternatives.Where(group => group.Any(wanted.ContainsKey)))
            {
                // What a definition starts is shown beside it.
                var shown = wanted["definition"] is null ? [] : Started;
                foreach (var other in group.Except(shown).Where(other => current?[other] is not null))
                    wanted.TryAdd(other, null);
            }

            return wanted;
        }

        private JsonObject Body(JsonObject? current)
        {
            var body = new JsonObject();
            var wanted = Merged(current);
            foreach (var field in Kept)
                SpecFields.Set(body, field, current?[field]?.DeepClone());
            foreach (var (field, value) in wanted)
                SetOrRemove(body, field, value);

            foreach (var field in body["definition"] is null ? [] : Started)
                body.Remove(field);

            // A period of elapsed time has no time zone; the one in force was for the cron expression.
            if (wanted.ContainsKey("every") && !wanted.ContainsKey("timeZone"))
                body.Remove("timeZone");
            return body;
        }
    }

    /// <summary>A webhook has no name of its own; its address identifies it.</summary>
    private sealed class Webhook(Declaration declaration, Gateway gateway) : Resource(declaration, gateway)
    {
        private const string Root = "/api/v1/webhooks";

        public override async Task<JsonObject?> Get(CancellationToken cancellation)
        {
            var all = (await Gateway.Get(Root, cancellation)).Items();
            return all.Where(webhook => webhook.Field("url") == Declared.Name).ToList() switch
            {
                [] => null,
                [var one] => one.AsObject(),
                var many => throw new RefusedException($"{many.Count} webhooks send to this address; delete all but one."),
            };
        }

        public override Task<JsonNode> Put(JsonObject? current, CancellationToken cancellation) => current is null
            ? Gateway.Post(Root, Declared.Settings.DeepClone(), null, cancellation)
            : Gateway.Put($"{Root}/{PathSegment.Of(current.Field("id"))}", Declared.Settings.DeepClone(), cancellation);
    }
}
