using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Help;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>One calendar, queue, schedule or webhook of a file.</summary>
/// <param name="Kind">What it is: <c>calendar</c>, <c>queue</c>, <c>schedule</c> or <c>webhook</c>.</param>
/// <param name="Name">What identifies it: a calendar's or queue's name, a schedule's id, a webhook's address.</param>
/// <param name="Settings">The settings that the file names, as in the body of a <c>PUT</c>.</param>
internal sealed record Declaration(string Kind, string Name, JsonObject Settings)
{
    /// <summary>
    /// The lists of a file, with the field that identifies an item. Items are applied in this order, so that a
    /// schedule's queue has its limits before the schedule starts anything, and calendars are there before what follows them.
    /// </summary>
    private static readonly (string List, string Kind, string Identity)[] Lists =
        [("calendars", "calendar", "name"), ("queues", "queue", "name"), ("schedules", "schedule", "id"), ("webhooks", "webhook", "url")];

    private static readonly JsonDocumentOptions Tolerant = new()
    {
        AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads files. Throws <see cref="UsageException"/> if one cannot be read or two items have one name.</summary>
    public static List<Declaration> ReadAll(IEnumerable<string> files)
    {
        var declared = files.SelectMany(Read).ToList();
        var named = declared.CountBy(static item => (item.Kind, item.Name));
        if (named.FirstOrDefault(static pair => pair.Value > 1) is { Key: ({ } kind, var name) })
            throw new UsageException($"--file: the {kind} '{name}' is described twice.");
        return [.. declared.OrderBy(static item => Array.FindIndex(Lists, list => list.Kind == item.Kind))];
    }

    private static List<Declaration> Read(string file)
    {
        JsonNode? document;
        try
        {
            document = StrictJson.Parse(TextFile.ReadUnmarked("--file", file), Tolerant);
        }
        catch (JsonException fault)
        {
            throw new UsageException($"--file: '{file}' is not valid JSON: {fault.Message}");
        }

        var names = string.Join(", ", Lists.Select(static list => list.List));
        if (document is not JsonObject lists)
            throw new UsageException($"--file: '{file}' must contain an object with lists named {names}.");
        var declared = new List<Declaration>();
        foreach (var (name, value) in lists)
        {
            var list = Lists.FirstOrDefault(known => known.List == name);
            if (list.List is null)
            {
                var closest = Typos.Closest(name, Lists.Select(static known => known.List));
                var meant = closest is null ? "" : $" Did you mean '{closest}'?";
                throw new UsageException($"--file: '{file}' has an unknown list '{name}'; expected {names}.{meant}");
            }

            var items = value as JsonArray ?? throw new UsageException($"--file: '{name}' in '{file}' must be an array.");
            declared.AddRange(items.Select(
                (item, index) => Of(list.Kind, list.Identity, item, $"{name}[{index}] in '{file}'")));
        }

        return declared;
    }

    private static Declaration Of(string kind, string identity, JsonNode? item, string where)
    {
        var settings = item?.DeepClone() as JsonObject ?? throw new UsageException($"--file: {where} must be an object.");
        if (settings.Field(identity) is not { Length: > 0 } name)
            throw new UsageException($"--file: {where} needs '{identity}'.");
        if (kind != "webhook")
            settings.Remove(identity);
        return new Declaration(kind, name, settings);
    }
}
