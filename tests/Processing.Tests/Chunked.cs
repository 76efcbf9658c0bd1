using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Evaluates items as a job would: cut into chunks, each partial sent and read, merged in any order.</summary>
internal static class Chunked
{
    public static AggregateSpec Op(AggregateOp op, string? value = null, string? by = null, int k = 10, int maxGroups = 1_000_000) => new(
        op.ToString(), op, value is null ? null : JsonPointer.TryParse(value), by is null ? null : JsonPointer.TryParse(by), k, maxGroups, []);

    public static ProcessingPlan Plan(ProcessorKind processor, params AggregateSpec[] aggregates) =>
        new(processor, null, [], [.. aggregates], SkipErrors: false);

    /// <summary>The outcome as JSON, from one chunk.</summary>
    public static string Whole(ProcessingPlan plan, params string[] items) => Outcome(Run(plan, Input(items, 0, items.Length)));

    /// <summary>The outcome as JSON, from chunks that end at the cuts, merged in the order of the shuffle.</summary>
    public static string Parts(ProcessingPlan plan, string[] items, IEnumerable<int> cuts, int seed)
    {
        var read = ProcessingPlan.Read(plan.ToBytes());
        var ends = cuts.Select(cut => Math.Abs(cut % (items.Length + 1))).Append(items.Length).Distinct().Order().ToArray();
        var partials = new List<Partial>();
        var from = 0;
        foreach (var end in ends)
        {
            partials.Add(Travel(plan, Run(read, Input(items, from, end))));
            from = end;
        }

        var order = partials.ToArray();
        new Random(seed).Shuffle(order);
        var total = new Partial(plan);
        foreach (var partial in order)
        {
            total.Merge(partial);
            total = Travel(plan, total);
        }

        return Outcome(total);
    }

    public static Partial Run(ProcessingPlan plan, ChunkInput input) => new ChunkEvaluator(plan).Run(input, default);

    public static ChunkInput Input(string[] items, int from, int to) => new(
        ItemFormat.Json, from, to - from, Encoding.UTF8.GetBytes(string.Concat(items[from..to].Select(static item => item + "\n"))));

    public static string Outcome(Partial partial)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            partial.WriteOutcome(json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Partial Travel(ProcessingPlan plan, Partial partial)
    {
        var report = ChunkReport.Read(ChunkReport.Of(partial));
        Assert.Null(report.Code);
        var reader = new ByteReader(report.Bytes.Span);
        var read = Partial.Read(plan, ref reader);
        Assert.True(reader.IsAtEnd);
        return read;
    }
}
