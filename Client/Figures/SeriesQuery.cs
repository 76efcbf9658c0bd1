using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Figures;

/// <summary>A query for series.</summary>
/// <param name="Names">The names, each once.</param>
/// <param name="By">The kind of thing to split by; empty for the whole service.</param>
/// <param name="Keys">The names or ids of the things to show; empty for all.</param>
/// <param name="From">The first second.</param>
/// <param name="To">The second after the last.</param>
/// <param name="Step">The length of a step in seconds; 0 lets the service choose one.</param>
internal sealed record SeriesQuery(ImmutableArray<string> Names, string By, ImmutableArray<string> Keys, long From,
    long To, int Step)
{
    /// <summary>Maximum number of series in an answer.</summary>
    public const int MostSeries = 20;

    /// <summary>Maximum number of points in a series.</summary>
    public const int MostPoints = 1_000;

    private const int ChosenPoints = 360;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private static readonly int[] Steps = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400];

    /// <summary>
    /// Every name, with the kinds of things it can be split by. An empty string stands for the whole service.
    /// </summary>
    public static readonly ImmutableArray<(string Name, string[] By)> Known =
    [
        ("tasks.accepted", ["", "queue"]), ("tasks.started", ["", "queue"]), ("tasks.succeeded", ["", "queue"]),
        ("tasks.failed", ["", "queue", "reason"]),
        ("queue.depth", ["", "queue"]), ("queue.oldest", ["", "queue"]), ("queue.running", ["", "queue"]),
        ("wait.p50", ["", "queue"]), ("wait.p95", ["", "queue"]), ("wait.p99", ["", "queue"]),
        ("run.p50", ["", "queue"]), ("run.p95", ["", "queue"]), ("run.p99", ["", "queue"]),
        ("node.load", ["node"]), ("node.memory", ["node"]),
        ("slots.total", ["", "node"]), ("slots.used", ["", "node"]), ("commit.p99", [""]),
        ("grain.calls", ["", "grain"]), ("grain.failures", ["", "grain"]), ("grain.p99", ["", "grain"]),
    ];

    private static string AllNames => string.Join(", ", Known.Select(static one => one.Name));

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("names", $"The figures, comma-separated: {AllNames}.",
            "queue.depth"),
        new("by", "Split into one series per queue, node, reason or grain; by default one series for the whole service.", "queue"),
        new("key", "Only this queue, node, reason or grain; repeatable.", "default") { Repeats = true },
        new("from", 
            "The start of the range: an RFC 3339 time, or minus and a duration before now of at most 7 days; by default -1h.", "-6h"),
        new("to", "The end of the range, in the same form as from; by default now.", "-5m"),
        new("step", "The length of a step; by default chosen for at most 360 points.", "10s"),
    ];

    /// <summary>Reads the query. Throws 400 <c>bad-parameter</c>.</summary>
    public static SeriesQuery Read(in QueryValues query, DateTimeOffset now)
    {
        var names = (query.Text("names")
            ?? throw QueryValues.Refuse("'names' is missing: name the figures to show.")).Split(',');
        var by = query.Text("by") ?? "";
        foreach (var name in names)
        {
            var known = Known.FirstOrDefault(one => one.Name == name);
            if (known.By is null)
                throw QueryValues.Refuse($"'names' must be a comma-separated list of {AllNames}.");
            if (!known.By.Contains(by))
                throw QueryValues.Refuse(known.By.Contains("") && by.Length > 0
                    ? $"'{name}' cannot be split by '{StrictReader.Quote(by)}'{(known.By.Length > 1 ? $", only by {known.By[^1]}" : "")}."
                    : $"'{name}' must be split by {string.Join(" or ", known.By)}.");
        }

        var keys = query.All("key").ToImmutableArray();
        if (by.Length == 0 && keys.Length > 0)
            throw QueryValues.Refuse("'key' is valid only with 'by'.");
        var (from, to) = (
            query.Moment("from", now, Longest) ?? now.AddHours(-1), query.Moment("to", now, Longest) ?? now);
        if (from >= to)
            throw QueryValues.Refuse("'from' must be before 'to'.");
        var step = query.Duration("step", TimeSpan.FromDays(1));
        if (step is { } given && (given < TimeSpan.FromSeconds(1) || given.Ticks % TimeSpan.TicksPerSecond != 0))
            throw QueryValues.Refuse("'step' must be whole seconds, from 1s to 1d.");
        return new SeriesQuery(
            [.. names.Distinct()], by, keys, from.ToUnixTimeSeconds(),
                to.ToUnixTimeSeconds() + (to.Millisecond > 0 ? 1 : 0), (int)(step?.TotalSeconds ?? 0));
    }

    /// <summary>
    /// Chooses the answer's step and the resolution to build it from: the coarsest one whose steps divide it and that
    /// reaches back to the first second. Throws 400 <c>bad-parameter</c> if that gives too many points.
    /// </summary>
    public (int Resolution, int Step) Choose(long now)
    {
        var span = To - From;
        var wanted = Step > 0 ? Step : Array.Find(Steps, step => span <= (long)step * ChosenPoints);
        if (wanted == 0)
            wanted = Steps[^1];
        var finest = 0;
        while (finest < SeriesSpan.Stored
            && From < now - ((long)SeriesSpan.All[finest].Seconds * SeriesSpan.All[finest].Steps))
            finest++;
        var unit = SeriesSpan.All[finest].Seconds;
        var step = (wanted + unit - 1) / unit * unit;
        if (span / step > MostPoints)
            throw QueryValues.Refuse($"'step' must be longer: an answer can have at most {MostPoints} points.");
        var chosen = finest;
        while (chosen < SeriesSpan.Stored && step % SeriesSpan.All[chosen + 1].Seconds == 0)
            chosen++;
        return (chosen, step);
    }
}
