using System.Numerics;
using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>Reports of a worker that is broken or worse: each fails its chunk, and the job goes on to its end.</summary>
public sealed class HostileReportTests
{
    private const byte LongWhole = 1;
    private const byte WholeFraction = 2;
    private const byte ShortFraction = 4;

    private static readonly Dictionary<string, (string Aggregate, Action<ByteWriter> State)> Reports = new()
    {
        ["a fraction beyond all doubles"] = ("""{"op":"sum"}""", static w => Total(w, WholeFraction, BigInteger.One << 3000)),
        ["a fraction that begins beyond its end"] = ("""{"op":"sum"}""", static w => Total(w, ShortFraction, 1, 70)),
        ["a fraction shifted beyond its end"] = ("""{"op":"sum"}""", static w => Total(w, ShortFraction, BigInteger.One << 200, 69)),
        ["an integer that is too long"] = ("""{"op":"sum"}""", static w => Total(w, LongWhole, BigInteger.One << 40_000)),
        ["a negative count"] = ("""{"op":"count"}""", static w => w.Signed(-1)),
        ["registers that no hash makes"] = ("""{"op":"distinct"}""", static w =>
        {
            w.Flag(true);
            w.Bytes([.. Enumerable.Repeat((byte)255, 16384)]);
        }),
        ["an empty key"] = ("""{"op":"groupCount"}""", static w => Key(w, [])),
        ["a key of no kind"] = ("""{"op":"groupCount"}""", static w => Key(w, [200])),
        ["a short integer"] = ("""{"op":"groupCount"}""", static w => Key(w, [3, 1])),
        ["a text that is no UTF-8"] = ("""{"op":"groupCount"}""", static w => Key(w, [6, 0xff])),
        ["an object that is no JSON"] = ("""{"op":"groupCount"}""", static w => Key(w, [7, (byte)'{'])),
        ["a long integer without digits"] = ("""{"op":"groupCount"}""", static w => Key(w, [4, (byte)'-'])),
        ["an infinite extreme"] = ("""{"op":"max"}""", static w =>
        {
            w.Flag(true);
            w.Byte(5);
            w.Fixed((ulong)BitConverter.DoubleToInt64Bits(double.PositiveInfinity));
        }),
        ["parts of no items"] = ("""{"op":"reduceCommand","command":{"cmd":"cat"}}""", static w =>
        {
            w.Unsigned(2);
            for (var i = 0; i < 2; i++)
            {
                w.Signed(5);
                w.Signed(5);
                w.Bytes([]);
            }
        }),
        ["bytes behind its end"] = ("""{"op":"count"}""", static w =>
        {
            w.Signed(5);
            w.Signed(5);
        }),
    };

    public static TheoryData<string> Names => [.. Reports.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Report_ThatMakesNoSense_FailsItsChunkAndTheJobIsShown(string name)
    {
        var (aggregate, state) = Reports[name];
        AssertRefused(aggregate, 5, 0, 0, state);
    }

    [Theory]
    [InlineData(6, 0, 0)]
    [InlineData(3, 3, 0)]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(long.MaxValue, long.MaxValue, 0)]
    [InlineData(5, 0, 101)]
    public void Report_OfMoreThanTheChunkHas_FailsIt(long items, long skipped, int errors) =>
        AssertRefused("""{"op":"count"}""", items, skipped, errors, static w => w.Signed(5));

    [Fact]
    public void Reports_AtTheirBounds_StayReadableOnceMerged()
    {
        var job = New("""{"op":"sum"}""");
        var chunks = job.Cut(2, 0);
        foreach (var chunk in chunks)
            job.Fold(Ended(chunk.No, Report(5, 0, 0, static w =>
            {
                w.Signed(1);
                w.Byte(LongWhole | WholeFraction);
                w.Big((BigInteger.One << ((8 * ByteReader.LargestInteger) - 1)) - 1);
                w.Big((BigInteger.One << (2208 + 31)) - 1);
            })), 1);
        Assert.Null(job.View(default, 1).Reason);
        var row = new Storage.JobRow(1, new TaskId(1, 1), job.Spec.Queue, "n", [], JobState.Running, 0, 0, 0, false, null, default, job.ToWrite(true).Progress!.Bytes);
        var restored = New("""{"op":"sum"}""");
        restored.Restore(row, null, 1);
        Assert.Equal(job.View(default, 1).Aggregate, restored.View(default, 1).Aggregate);
    }

    [Fact]
    public void Report_WithLongTexts_IsShortened()
    {
        var job = New("""{"op":"count"}""");
        var chunk = job.Cut(2, 0)[0];
        var text = new string('x', 1 << 20);
        job.Fold(Ended(chunk.No, ChunkReport.OfFailure(text, text, new ItemError(0, text, text))), 1);
        var failure = Assert.Single(job.View(default, 1).Failures);
        Assert.InRange(failure.Message.Length + failure.Value!.Length + failure.Reason.Length, 1, 5_000);
    }

    [Fact]
    public void View_BetweenFolds_IsRenderedOnce()
    {
        var job = New("""{"op":"count"}""");
        var chunks = job.Cut(2, 0);
        job.Fold(Ended(chunks[0].No, Report(5, 0, 0, static w => w.Signed(5))), 1);
        var first = job.View(default, 1).Aggregate;
        Assert.True(first.Equals(job.View(default, 2).Aggregate), "Nothing was folded, and it was rendered anew.");
        job.Fold(Ended(chunks[1].No, Report(5, 0, 0, static w => w.Signed(5))), 3);
        Assert.Equal("""{"count":10}""", Encoding.UTF8.GetString(job.View(default, 3).Aggregate.ToArray()));
    }

    private static void AssertRefused(string aggregate, long items, long skipped, int errors, Action<ByteWriter> state)
    {
        var job = New(aggregate);
        var chunk = job.Cut(2, 0)[0];
        job.Fold(Ended(chunk.No, Report(items, skipped, errors, state)), 1);
        var view = job.View(default, 1);
        Assert.Equal(("chunk-failed", 0L, 5L), (view.Reason, view.ItemsDone, view.ItemsFailed));
        Assert.Contains("Cannot read the worker's report", Assert.Single(view.Failures).Message, StringComparison.Ordinal);
        Assert.True(job.End(areDropped: true, 2));
    }

    private static void Total(ByteWriter writer, byte form, BigInteger value, ulong low = 0)
    {
        writer.Signed(1);
        writer.Byte(form);
        if (form != LongWhole)
            writer.Signed(0);
        if (form == ShortFraction)
            writer.Unsigned(low);
        writer.Big(value);
    }

    private static void Key(ByteWriter writer, ReadOnlySpan<byte> key)
    {
        writer.Unsigned(1);
        writer.Bytes(key);
        writer.Unsigned(1);
    }

    private static byte[] Report(long items, long skipped, int errors, Action<ByteWriter> state)
    {
        var writer = new ByteWriter();
        writer.Byte(0);
        writer.Byte(2);
        writer.Signed(items);
        writer.Signed(skipped);
        writer.Unsigned((ulong)errors);
        for (var i = 0; i < errors; i++)
        {
            writer.Signed(i);
            writer.Text("wrong");
            writer.Text("x");
        }

        state(writer);
        return writer.ToArray();
    }

    private static EndedChunk Ended(long no, byte[] report) => new(no, TaskState.Succeeded, 1, "n", EndReason.Exit, 10, 1, report);

    private static JobCore New(string aggregate) => new(new TaskId(1, 1), JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(
        $$"""{"source":{"range":{"from":0,"to":10} },"process":{"builtin":"identity"},"chunkSize":5,"aggregate":[{{aggregate}}]}""")));
}
