using OrleansTasks.Jobs.Spec;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>Draws the jobs of a seed.</summary>
internal sealed class JobDraws(Plan plan, SimRandom chance)
{
    /// <summary>The most items of a chunk whose size a job fixes.</summary>
    public const int LargestFixedSize = 4;

    private static readonly string[] Numeric = ["count", "sum", "min", "max", "mean"];
    private static readonly string[] Grouping = ["distinct", "topK", "groupCount", "collect"];

    private enum Family
    {
        Numbers,
        Texts,
        Objects,
    }

    /// <summary>The next job.</summary>
    public JobDraft Next(TaskId id)
    {
        var source = chance.Next(8) switch { < 3 => JobSourceKind.Range, < 5 => JobSourceKind.Items, _ => JobSourceKind.Stream };
        var family = source == JobSourceKind.Range ? Family.Numbers : (Family)chance.Next(3);
        // Many small chunks, so that the fold is stored midway; or as the service likes them.
        var size = chance.Next(4) == 0 ? default(int?) : chance.Next(1, LargestFixedSize + 1);
        var isLarge = source == JobSourceKind.Range && size is null;
        var count = isLarge ? chance.Next(5_000, 40_000) : chance.Next(20, 120) * (size ?? 2);
        var processor = ProcessorOf(family);
        var hasBadItems = chance.Next(3) == 0;
        var skips = chance.Next(2) == 0;
        return new JobDraft
        {
            Id = id,
            Queue = Users.NameOf(chance.Next(plan.Queues)),
            Source = source,
            From = source == JobSourceKind.Range ? chance.Next(-20_000, 20_000) : 0,
            Count = count,
            Lines = source == JobSourceKind.Range ? [] : LinesOf(family, count, hasBadItems),
            Processor = processor,
            Select = processor == "json" ? "v" : null,
            Aggregates = AggregatesOf(family, processor, isLarge),
            SkipsErrors = skips,
            MaxErrors = skips && chance.Next(4) == 0 ? chance.Next(0, 20) : null,
            MaxAttempts = chance.Next(1, 4),
            OnNodeLost = chance.Next(4) > 0,
            ChunkSize = size,
            Pace = chance.Next(5) == 0 ? Math.Max(1, count / chance.Next(5, 25)) : null,
            RoundRobin = chance.Next(3) == 0,
            KeepsOrder = chance.Next(3) == 0,
            Zone = chance.Next(6) switch { 0 => "a", 1 => "b", _ => null },
            HasKey = chance.Next(3) == 0,
            At = chance.Between(TimeSpan.FromSeconds(1), plan.Turmoil * 0.7),
            CancelAfter = chance.Next(5) == 0 ? chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(12)) : null,
            CloseAfter = source == JobSourceKind.Stream && chance.Next(4) == 0
                ? chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15))
                : null,
            Senders = chance.Next(1, 4),
        };
    }

    private string ProcessorOf(Family family) => family switch
    {
        Family.Numbers => chance.Next(2) == 0 ? "identity" : "square",
        Family.Texts => chance.Next(3) == 0 ? "length" : "words",
        _ => chance.Next(2) == 0 ? "identity" : "json",
    };

    private ImmutableArray<string> LinesOf(Family family, int count, bool hasBadItems)
    {
        var hasHalves = chance.Next(3) == 0;
        var lines = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
        {
            var isBad = hasBadItems && chance.Next(15) == 0;
            lines.Add(family switch
            {
                Family.Numbers => isBad ? $"\"bad {i}\"" : hasHalves && chance.Next(2) == 0 ? $"{i}.5" : $"{i - (count / 3)}",
                Family.Texts => isBad ? $"{i}" : $"\"w{chance.Next(6)} w{chance.Next(40)} x{i}\"",
                _ => isBad ? $$"""{"id":{{i}},"w":1}""" : $$"""{"id":{{i}},"v":{{chance.Next(-500, 500)}},"k":"k{{chance.Next(8)}}"}""",
            });
        }

        return lines.DrainToImmutable();
    }

    private ImmutableArray<PlainAggregate> AggregatesOf(Family family, string processor, bool isLarge)
    {
        var isObject = family == Family.Objects && processor == "identity";
        string[] ops = processor == "words" ? ["count", .. Grouping]
            : isLarge ? Numeric
            : [.. Numeric, .. Grouping, "groupSum"];
        var chosen = new SortedSet<string>(StringComparer.Ordinal) { "count" };
        for (var left = chance.Next(1, 5); left > 0; left--)
            chosen.Add(ops[chance.Next(ops.Length)]);
        return
        [
            .. chosen.Select(op => new PlainAggregate(
                "a-" + op,
                op,
                isObject && op is not ("count" or "groupCount" or "collect") ? op is "distinct" or "topK" ? "k" : "v" : null,
                isObject && op is "groupCount" or "groupSum" && isObject ? "k" : null)),
        ];
    }
}
