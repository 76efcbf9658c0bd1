using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Help;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>One calendar, queue, definition, trigger, schedule, notification or webhook of a file.</summary>
/// <param name="Kind">
/// What it is: <c>calendar</c>, <c>queue</c>, <c>definition</c>, <c>trigger</c>, <c>schedule</c>, <c>notification</c>
/// or <c>webhook</c>.
/// </param>
/// <param name="Name">
/// What identifies it: a schedule's id, a webhook's address, the name of anything else.
/// </param>
/// <param name="Settings">The settings that the file names, as in the body of a <c>PUT</c>.</param>
internal sealed record Declaration(string Kind, string Name, JsonObject Settings)
{
    /// <summary>
    /// The lists of a file, with the field that identifies an item. Items are applied in this order, so that a
    /// schedule's queue has its limits before the schedule starts anything, and calendars are there before what follows
    /// them.
    /// </summary>
    private static readonly (string List, string Kind, string Identity)[] Lists =
        [
            ("calendars", "calendar", "name"), ("queues", "queue", "name"), ("definitions", "definition", "name"),
            ("triggers", "trigger", "name"), ("schedules", "schedule", "id"), ("notifications", "notification", "name"),
            ("webhooks", "webhook", "url"),
        ];

    private static readonly string[] Targets = ["task", "job", "workflow", "rollout"];

    private static readonly JsonDocumentOptions Tolerant = new()
    {
        AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Reads files. Throws <see cref="UsageException"/> if one cannot be read or two items have one name.</summary>
    public static List<Declaration> ReadAll(IEnumerable<string> files)
    {
        var declared = files.SelectMany(FilesIn).SelectMany(Read).ToList();
        var named = declared.CountBy(static item => (item.Kind, item.Name));
        if (named.FirstOrDefault(static pair => pair.Value > 1) is { Key: ({ } kind, var name) })
            throw new UsageException($"--file: the {kind} '{name}' is described twice.");
        return InOrder(declared);
    }

    private static List<Declaration> InOrder(List<Declaration> declared) =>
    [
        .. declared.GroupBy(static item => Array.FindIndex(Lists, list => list.Kind == item.Kind))
            .OrderBy(static group => group.Key)
            .SelectMany(static group => Lists[group.Key].Kind == "definition" ? DefinitionOrder.Of([.. group]) : [.. group]),
    ];

    private static List<Declaration> Read(string file)
    {
        var text = TextFile.ReadUnmarked("--file", file);
        try
        {
            return IsYaml(file, text)
                ? [.. YamlText.Read(text).Where(static document => document is not null).SelectMany(document => In(file, document))]
                : In(file, StrictJson.Parse(text, Tolerant));
        }
        catch (JsonException fault)
        {
            throw new UsageException($"--file: '{file}' is not valid {(IsYaml(file, text) ? "YAML" : "JSON")}: {fault.Message}");
        }
    }

    // Standard input has no file name: it is JSON if it begins with a brace or a comment, otherwise YAML.
    private static bool IsYaml(string file, string text) =>
        Path.GetExtension(file) is ".yaml" or ".yml" || (file == "-" && text.TrimStart() is not ['{' or '/', ..]);

    /// <summary>Returns the files of a folder, with those of its folders, by name; otherwise the file itself.</summary>
    private static IEnumerable<string> FilesIn(string file)
    {
        if (!Directory.Exists(file))
            return [file];
        var files = Directory.EnumerateFiles(file, "*", SearchOption.AllDirectories)
            .Where(static one => Path.GetExtension(one) is ".json" or ".yaml" or ".yml").Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0 ? files : throw new UsageException($"--file: the folder '{file}' has no .json, .yaml or .yml files.");
    }

    /// <summary>Reads a document, in the order in which its items are applied.</summary>
    public static List<Declaration> In(string file, JsonNode? document)
    {
        var names = string.Join(", ", Lists.Select(static list => list.List));
        // A file may have just one definition.
        if (document is JsonObject one && one.ContainsKey("name") && Targets.Any(one.ContainsKey))
            return [Of("definition", "name", one, $"'{file}'")];
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

        return InOrder(declared);
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
