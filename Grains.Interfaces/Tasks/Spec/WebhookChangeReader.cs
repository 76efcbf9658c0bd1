using System.Text.Json;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the body of a request that creates or changes a webhook and reports all of its faults.</summary>
public static class WebhookChangeReader
{
    private const int LongestUrl = 2_048;

    /// <summary>The most values of a list of the filter.</summary>
    private const int MostValues = 100;

    /// <summary>The settings: what a new webhook needs comes first, and what it cannot have last.</summary>
    private static readonly string[] Names = ["url", "types", "states", "names", "queues", "schedules", "labels", "paused"];

    private const int Needed = 2;

    /// <summary>The states of all types of events.</summary>
    private static readonly string[] States =
    [
        .. TaskStates.All.Select(static state => state.Name()).Concat(NodeEvents.Select(static state => state.Name()))
            .Concat(Enum.GetValues<ResourceState>().Select(static state => state.Name())).Distinct(StringComparer.Ordinal),
    ];

    private static IEnumerable<NodeState> NodeEvents => [NodeState.Ready, NodeState.Draining, NodeState.Lost, NodeState.Gone];

    /// <summary>Reads a change. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="isNew">
    /// Whether the request creates a webhook. It then needs an address and types, and <c>paused</c> is refused.
    /// </param>
    /// <param name="errors">The object to which faults are added.</param>
    public static WebhookChange? Read(ReadOnlySpan<byte> utf8, bool isNew, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var change = Read(ref reader, isNew ? Names.AsSpan(..^1) : Names.AsSpan(), isNew);
            reader.Finish();
            return errors.IsEmpty ? change : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }

        static WebhookChange Read(ref StrictReader reader, ReadOnlySpan<string> names, bool isNew)
        {
            var change = new WebhookChange(null, null, null);
            var seen = default(SeenFields);
            if (!reader.IsObject(StrictReader.Root))
                return change;
            while (reader.NextField(names, ref seen, "", out var field))
            {
                var filter = change.Filter ?? WebhookFilter.Unchanged;
                change = names[field] switch
                {
                    "url" => change with { Url = ReadUrl(ref reader) },
                    "types" => change with { Types = ReadTypes(ref reader) },
                    "states" => change with { Filter = filter with { States = ReadList(ref reader, "states", FaultOfState) } },
                    "names" => change with { Filter = filter with { Names = ReadList(ref reader, "names", FaultOfName) } },
                    "queues" => change with { Filter = filter with { Queues = ReadList(ref reader, "queues", FaultOfQueue) } },
                    "schedules" => change with { Filter = filter with { Schedules = ReadList(ref reader, "schedules", FaultOfSchedule) } },
                    "labels" => change with { Filter = filter with { Labels = TaskSpecReader.ReadLabels(ref reader, "labels") } },
                    _ => change with { Paused = reader.Boolean("paused") },
                };
            }

            if (isNew)
            {
                for (var i = 0; i < Needed; i++)
                {
                    if (!seen.Has(i))
                        reader.Errors.Add(names[i], "is missing");
                }
            }

            return change;
        }
    }

    /// <summary>Returns what is wrong with an address; null if nothing is.</summary>
    public static string? FaultOf(string url)
    {
        const string Form = "must be an absolute http or https address";
        if (url.Length > LongestUrl)
            return $"must have at most {LongestUrl} characters";
        // The parser must leave every character unchanged, or an address could hide its actual target.
        if (url.AsSpan().ContainsAnyExceptInRange('!', '~') || url.Contains('\\', StringComparison.Ordinal)
            || !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")
            || parsed.Host.Length == 0)
            return $"'{StrictReader.Quote(url)}' {Form}";
        if (parsed.UserInfo.Length > 0)
            return $"{Form} without a user or password: a signature shows who sent a delivery";
        return parsed.Fragment.Length > 0 ? $"{Form} without a fragment" : null;
    }

    private static string? ReadUrl(ref StrictReader reader)
    {
        if (reader.String("url") is not { } url)
            return null;
        if (FaultOf(url) is { } fault)
            reader.Errors.Add("url", fault);
        return url;
    }

    private static string? FaultOfState(string state) => Array.IndexOf(States, state) >= 0 ? null
        : NearMatch.Find(state, States) is { } near ? $"unknown state '{StrictReader.Quote(state)}'; did you mean '{near}'?"
        : $"unknown state '{StrictReader.Quote(state)}'; the states are {string.Join(", ", States)}";

    private static string? FaultOfName(string name) =>
        name.Length == 0 ? "must not be empty" : SpecRules.FaultOfText(name, SpecRules.LongestName);

    private static string? FaultOfQueue(string name) =>
        SpecRules.IsQueueName(name) ? null : $"'{StrictReader.Quote(name)}' is not a queue name: it must match {SpecRules.QueueName}";

    private static string? FaultOfSchedule(string id) => SpecRules.IsQueueName(id) ? null
        : $"'{StrictReader.Quote(id)}' is not a schedule's id: it must match {SpecRules.QueueName}";

    /// <summary>Reads a list of different texts; an empty one lets through all events.</summary>
    private static ImmutableArray<string> ReadList(ref StrictReader reader, string field, Func<string, string?> faultOf)
    {
        if (!reader.IsArray(field))
            return [];
        var texts = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            var path = $"{field}[{i}]";
            if (i == MostValues)
                reader.Errors.Add(field, $"has more than {MostValues} values");
            if (reader.String(path) is not { } text)
                continue;
            if (faultOf(text) is { } fault)
                reader.Errors.Add(path, fault);
            else if (texts.Contains(text))
                reader.Errors.Add(path, $"'{StrictReader.Quote(text)}' is listed more than once");
            else if (i < MostValues)
                texts.Add(text);
        }

        return texts.DrainToImmutable();
    }

    private static WebhookTypes? ReadTypes(ref StrictReader reader)
    {
        if (!reader.IsArray("types"))
            return null;
        var types = WebhookTypes.None;
        for (var i = 0; reader.Read() && reader.Token != JsonTokenType.EndArray; i++)
        {
            var path = $"types[{i}]";
            if (reader.String(path) is not { } name)
                continue;
            if (WebhookTypeNames.Find(name) is not { } type)
                reader.Errors.Add(path, NearMatch.Find(name, [.. WebhookTypeNames.All]) is { } near
                    ? $"unknown type '{StrictReader.Quote(name)}'; did you mean '{near}'?"
                    : $"unknown type '{StrictReader.Quote(name)}'; the types are {string.Join(", ", WebhookTypeNames.All)}");
            else if ((types & type) != 0)
                reader.Errors.Add(path, $"'{name}' is listed more than once");
            else
                types |= type;
        }

        if (types == WebhookTypes.None && reader.Errors.IsEmpty)
            reader.Errors.Add("types", $"must have at least one of {string.Join(", ", WebhookTypeNames.All)}");
        return types;
    }
}
