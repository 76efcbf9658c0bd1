using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Text.Json;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>The binary forms of data jobs: what silos send to workers, workers report, and the store keeps.</summary>
internal static class ChunkForms
{
    private delegate object SpanReader(ReadOnlySpan<byte> bytes);

    private delegate object ProgressReader(ReadOnlySpan<byte> bytes, ProcessingPlan plan, bool isFile);

    private static readonly string[] Lines =
        ["1", "-7", "1.5", "1e308", "\"a\"", "\"é\"", "null", "true", "{\"a\":1,\"b\":2}", "[1,2]",
            "123456789012345678901234567890", "0.1", "\"\""];

    /// <summary>One plan for each aggregate, and one with several.</summary>
    private static readonly ImmutableArray<ProcessingPlan> Plans =
    [
        .. Enum.GetValues<AggregateOp>().Where(static op => op != AggregateOp.ReduceCommand)
        .Select(static op => PlanOf(op)),
        PlanOf(AggregateOp.Count, AggregateOp.Mean, AggregateOp.GroupCount),
    ];

    /// <summary>All forms.</summary>
    public static IEnumerable<Codec> All()
    {
        yield return StoredForms.Form("plan", static random => Plans[random.Next(Plans.Length)].ToBytes(),
            static bytes => ProcessingPlan.Read(bytes));
        yield return StoredForms.Form("file-part", static random => new FilePart("/a/b", random.Edge(), random.Edge())
            .ToBytes(), static bytes =>
        {
            var reader = new ByteReader(bytes);
            FilePart.Read(ref reader);
        });
        yield return StoredForms.Form("reduction", static random => [0, 1, 2, 4, .. "a\nb\n"u8], static bytes =>
            Reduction.Read(bytes));
        var head = StoredForms.Find<SpanReader>(Assembly.Load("OrleansTasks.Grains"), "OrleansTasks.Jobs.JobHead",
            "Read");
        yield return StoredForms.Form("job-head",
            static random => [1, (byte)random.Next(0, 5), 4, 1, 6, 0, .. Plans[random.Next(Plans.Length)].ToBytes()],
                bytes => head(bytes));
        var progress = StoredForms.Find<ProgressReader>(Assembly.Load("OrleansTasks.Grains"),
            "OrleansTasks.Jobs.JobProgress", "Read");
        for (var i = 0; i < Plans.Length; i++)
        {
            var plan = Plans[i];
            yield return StoredForms.Form($"report-{i}", random => ChunkReport.Of(PartialOf(random, plan)), bytes =>
                TakeReport(plan, bytes))
                with { IsRefusal = static refusal =>
                    refusal is FormatException or TooManyGroupsException or TooMuchCollectedException };
            yield return StoredForms.Form($"progress-{i}", random => Progress(random, plan), bytes =>
                progress(bytes, plan, false));
        }
    }

    private static ProcessingPlan PlanOf(params AggregateOp[] ops) =>
        new(ProcessorKind.Identity, null, [], [.. ops.Select(SpecOf)], SkipErrors: true);

    private static AggregateSpec SpecOf(AggregateOp op)
    {
        var isGrouped = op == AggregateOp.GroupSum;
        return new AggregateSpec(
            op.ToString(), op, isGrouped ? JsonPointer.TryParse("/b") : null, isGrouped ? JsonPointer.TryParse("/a")
                : null, 3, 50, []);
    }

    private static Partial PartialOf(Random random, ProcessingPlan plan)
    {
        var lines = Enumerable.Range(0, random.Next(0, 30)).Select(_ => random.Pick(Lines)).ToArray();
        var segment = Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n")));
        return new ChunkEvaluator(plan)
            .Run(new ChunkInput(ItemFormat.Json, random.Next(0, 1_000), lines.Length, segment), CancellationToken.None);
    }

    /// <summary>
    /// What becomes of a report that a worker sent: it is read, merged with others twice, written again and shown.
    /// </summary>
    private static void TakeReport(ProcessingPlan plan, byte[] bytes)
    {
        var report = ChunkReport.Read(bytes);
        if (report.Code is not null)
            return;
        var reader = new ByteReader(report.Bytes.Span);
        var partial = Partial.Read(plan, ref reader);
        var total = new Partial(plan);
        total.Merge(partial);
        var other = new ByteReader(report.Bytes.Span);
        total.Merge(Partial.Read(plan, ref other));
        var writer = new ByteWriter();
        total.Write(writer);
        var own = new ByteReader(writer.Written, isOwn: true);
        using var json = new Utf8JsonWriter(Stream.Null);
        Partial.Read(plan, ref own).WriteOutcome(json);
    }

    private static byte[] Progress(Random random, ProcessingPlan plan)
    {
        var writer = new ByteWriter();
        // Version 2 has no record of the job's course.
        var hasRecord = random.Next(0, 2) == 0;
        writer.Byte(hasRecord ? (byte)4 : (byte)2);
        for (var i = 0; i < 4; i++)
            writer.Signed(random.Next(0, 1_000));
        writer.Unsigned(1);
        writer.Signed(1);
        writer.Signed(9);
        writer.Unsigned(1);
        writer.Text("node");
        writer.Signed(5);
        writer.Signed(2);
        writer.Unsigned(0);
        PartialOf(random, plan).Write(writer);
        if (hasRecord)
            WriteRecord(random, writer);
        return writer.ToArray();
    }

    private static void WriteRecord(Random random, ByteWriter writer)
    {
        // A chunk that is one of the slowest and one of the last, of the one node that is named.
        writer.Unsigned(1);
        writer.Text("node");
        writer.Unsigned(1);
        writer.Signed(7);
        for (var i = 0; i < 3; i++)
            writer.Signed(random.Edge());
        writer.Unsigned(0);
        for (var i = 0; i < 3; i++)
            writer.Signed(random.Edge());
        writer.Byte(2);
        writer.Unsigned(1);
        writer.Signed(7);
        writer.Unsigned(0);
        // The durations, the history, and what was dropped.
        writer.Signed(random.Edge());
        writer.Unsigned(1);
        writer.Signed(random.Next(0, 900));
        writer.Signed(1);
        writer.Signed(random.Edge());
        writer.Unsigned(1);
        writer.Signed(random.Edge());
        writer.Signed(random.Edge());
        writer.Bytes("{}"u8);
        writer.Unsigned(1);
        writer.Signed(random.Edge());
        writer.Signed(random.Edge());
    }
}
