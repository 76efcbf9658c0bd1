using System.Text.Json.Nodes;
using static System.FormattableString;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Import;

/// <summary>
/// What becomes of the files that are imported: definitions with schedules, notifications, and notes.
/// </summary>
/// <param name="terms">What the options say.</param>
internal sealed class ImportPlan(ImportTerms terms)
{
    /// <summary>Maximum number of commands in one import.</summary>
    public const int MostCommands = 1_000;

    private const int LongestScheduleId = 64;
    private readonly List<ImportNote> notes = [];
    private readonly List<ImportNote> faults = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<string> scheduleIds = new(StringComparer.Ordinal);
    private readonly JsonArray definitions = [];
    private readonly JsonArray schedules = [];
    private readonly Dictionary<string, string> notifications = new(StringComparer.Ordinal);

    /// <summary>What the options say.</summary>
    public ImportTerms Terms => terms;

    /// <summary>What was left out or changed, and why.</summary>
    public IReadOnlyList<ImportNote> Notes => notes;

    /// <summary>What is wrong with the files. Nothing is imported if there is any.</summary>
    public IReadOnlyList<ImportNote> Faults => faults;

    /// <summary>The number of definitions.</summary>
    public int Count => definitions.Count;

    /// <summary>Says what was left out or changed.</summary>
    public void Note(string place, string text) => notes.Add(new ImportNote(place, text));

    /// <summary>Says what is wrong.</summary>
    public void Fault(string place, string text) => faults.Add(new ImportNote(place, text));

    /// <summary>
    /// Returns the value of the label by which addresses hear of a task's failures, and plans the notification.
    /// </summary>
    public string MailLabel(string addresses)
    {
        if (!notifications.TryGetValue(addresses, out var name))
        {
            var number = notifications.Count == 0 ? "" : Invariant($"-{notifications.Count + 1}");
            notifications[addresses] = name = $"{ImportNames.Slug(terms.Prefix)}-mail{number}";
        }

        return name;
    }

    /// <summary>Adds a definition with a schedule for each of its times.</summary>
    /// <param name="place">Where it is described.</param>
    /// <param name="name">Its name below the prefix; it gets a number if there is one of this name.</param>
    /// <param name="description">What it is for; null if unknown.</param>
    /// <param name="task">The task, without what the options say.</param>
    /// <param name="times">The body of each schedule: when, and how.</param>
    public void Add(string place, string name, string? description, JsonObject task, IReadOnlyList<JsonObject> times)
    {
        if (definitions.Count == MostCommands)
        {
            Fault(place, $"is one more than {MostCommands} commands; import the rest from another file");
            return;
        }

        if (task.ToJsonString().Contains("${param.", StringComparison.Ordinal))
        {
            Fault(place, "contains ${param., which definitions take for a parameter");
            return;
        }

        Set(task, "queue", terms.Queue);
        Set(task, "cwd", terms.Folder);
        Set(task, "requires", terms.Requires?.DeepClone());
        task["timeout"] = terms.Timeout;
        var full = NameFor(name);
        var definition = new JsonObject { ["name"] = full };
        Set(definition, "description", description);
        definition["task"] = task;
        definitions.Add((JsonNode)definition);
        foreach (var time in times)
            AddSchedule(full, time);
    }

    /// <summary>Returns the document that <c>otask apply</c> takes.</summary>
    public JsonObject ToDocument()
    {
        var document = new JsonObject
        {
            ["definitions"] = definitions.DeepClone(), ["schedules"] = schedules.DeepClone(),
        };
        if (notifications.Count > 0)
        {
            document["notifications"] = new JsonArray(
            [
                .. notifications.Select(static pair => new JsonObject
                {
                    ["name"] = pair.Value,
                    ["on"] = new JsonArray("failed", "recovered"),
                    ["match"] = new JsonObject { ["label"] = $"{CrontabReader.MailLabel}={pair.Value}" },
                    ["to"] = new JsonObject { ["mail"] = Texts(ImportNames.Split(pair.Key)) },
                }),
            ]);
        }

        return document;
    }

    private void AddSchedule(string definition, JsonObject time)
    {
        var id = Unique(scheduleIds, definition.Replace('/', '-'), LongestScheduleId);
        var schedule = new JsonObject { ["id"] = id, ["definition"] = new JsonObject { ["name"] = definition } };
        foreach (var (field, value) in time)
            schedule[field] = value?.DeepClone();
        if (terms.Only.Count > 0)
            schedule["only"] = Texts(terms.Only);
        if (terms.Except.Count > 0)
            schedule["except"] = Texts(terms.Except);
        if (terms.IsPaused)
            schedule["paused"] = true;
        schedules.Add((JsonNode)schedule);
    }

    /// <summary>Returns environment variables as a task has them.</summary>
    public static JsonObject Variables(IEnumerable<KeyValuePair<string, string>> variables) =>
        new(variables.Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    /// <summary>Returns texts as a list.</summary>
    public static JsonArray Texts(IEnumerable<string> texts) =>
        [.. texts.Select(static text => JsonValue.Create(text))];

    private string NameFor(string name) => Unique(names, $"{terms.Prefix}/{name}", ImportNames.Longest);

    private static string Unique(HashSet<string> taken, string name, int longest)
    {
        var cut = name.Length > longest ? name[..longest] : name;
        for (var number = 2; !taken.Add(cut); number++)
        {
            var suffix = Invariant($"-{number}");
            cut = $"{(name.Length > longest - suffix.Length ? name[..(longest - suffix.Length)] : name)}{suffix}";
        }

        return cut;
    }
}

/// <summary>Something to say about a place of a file.</summary>
/// <param name="Place">The place, such as <c>line 7</c>.</param>
/// <param name="Text">The text, which continues a sentence that begins with the place.</param>
internal sealed record ImportNote(string Place, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {Text}";
}
