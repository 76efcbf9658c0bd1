using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Parts of a command's fold, merged and reduced in any order, with concatenation in the command's place.</summary>
public sealed class ReduceTests
{
    private static readonly ProcessingPlan Plan = Chunked.Plan(
        ProcessorKind.Identity, new AggregateSpec("r", AggregateOp.ReduceCommand, null, null, 10, 10, ["cat"]));

    [Fact]
    public void Parts_MergedInAnyOrderAndReducedAtAnyTime_EndInTheSourcesOrder() => Prop.ForAll<int, ushort>((seed, count) =>
    {
        var random = new Random(seed);
        var chunks = Enumerable.Range(0, 1 + (count % 300)).ToArray();
        var order = chunks.ToArray();
        random.Shuffle(order);
        var total = new Partial(Plan);
        foreach (var chunk in order)
        {
            total.Merge(Part(chunk, chunk + 1, chunk.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            if (random.Next(8) == 0)
                Reduce(total, areAllThere: false);
            if (random.Next(8) == 0)
                total = Travel(total);
        }

        while (Reduce(total, areAllThere: true))
        {
        }

        return Chunked.Outcome(total) == $$"""{"r":["{{string.Join(' ', chunks)}}"]}""" || (chunks.Length == 1 && Chunked.Outcome(total) == """{"r":[0]}""");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parts_ThatAreNoNeighbours_AreNotReducedBeforeAllAreThere()
    {
        var total = new Partial(Plan);
        for (var i = 0; i < 200; i++)
            total.Merge(Part(2 * i, (2 * i) + 1, "x"));
        Assert.Null(total.NextReduction(0, areAllThere: false));
        Assert.NotNull(total.NextReduction(0, areAllThere: true));
    }

    [Fact]
    public void Parts_ThatNoCommandReduces_EndTheJobClearly()
    {
        var total = new Partial(Plan);
        var large = new string('x', 4 << 20);
        Assert.Throws<ResultsTooLargeException>(() =>
        {
            for (var i = 0; i < 5; i++)
                total.Merge(Part(i, i + 1, large));
        });
    }

    private static bool Reduce(Partial total, bool areAllThere)
    {
        if (total.NextReduction(0, areAllThere) is not { } segment)
            return false;
        Assert.True(Reduction.IsOne(0, segment.Span));
        var parts = Reduction.Read(segment);
        var joined = Encoding.UTF8.GetString(parts.Lines.Span).TrimEnd('\n').Replace('\n', ' ');
        total.Merge(Part(parts.First, parts.End, joined));
        return true;
    }

    private static Partial Part(long first, long end, string line)
    {
        var partial = new Partial(Plan);
        partial.Reduced(new Reduction(0, first, end, Encoding.UTF8.GetBytes(line + "\n")));
        return Travel(partial);
    }

    private static Partial Travel(Partial partial)
    {
        var writer = new ByteWriter();
        partial.Write(writer);
        var reader = new ByteReader(writer.Written);
        return Partial.Read(Plan, ref reader);
    }
}
