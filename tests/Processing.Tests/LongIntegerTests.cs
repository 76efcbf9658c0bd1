using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

public sealed class LongIntegerTests
{
    private static readonly string Longest = new('9', 10_000);

    [Fact]
    public void Integer_OfAsManyDigitsAsAreTaken_IsSummedExactly() => Assert.Equal(
        $$"""{"Sum":1{{new string('9', 9_999)}}8}""",
        Chunked.Parts(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum)), [Longest, Longest], [1], 1));

    [Theory]
    [InlineData(AggregateOp.Count)]
    [InlineData(AggregateOp.Sum)]
    [InlineData(AggregateOp.Max)]
    [InlineData(AggregateOp.Distinct)]
    [InlineData(AggregateOp.GroupCount)]
    [InlineData(AggregateOp.Collect)]
    public void Integer_OfMoreDigits_IsAnItemError(AggregateOp op)
    {
        foreach (var item in (string[])["1" + Longest, "-1" + Longest])
        {
            var failure = Assert.Throws<ItemErrorException>(() => Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(op)), item));
            Assert.Contains("more than 10000 digits", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Integer_OfMoreDigitsWithinAnObject_IsAnItemErrorOfWhoLooksAtIt()
    {
        var item = $$"""{"n":1{{Longest}},"m":2}""";
        Assert.Equal(
            """{"Sum":2,"Count":1}""",
            Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum, "/m"), Chunked.Op(AggregateOp.Count)), item));
        Assert.Throws<ItemErrorException>(() => Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, by: "/n")), item));
    }

    [Fact]
    public void Square_OfMoreDigits_IsAnItemError()
    {
        var plan = Chunked.Plan(ProcessorKind.Square, Chunked.Op(AggregateOp.Max));
        Assert.Equal(10_000, Chunked.Whole(plan, new string('9', 5_000)).Length - """{"Max":}""".Length);
        Assert.Contains("digits", Assert.Throws<ItemErrorException>(() => Chunked.Whole(plan, new string('9', 5_001))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AggregateOp.GroupCount)]
    [InlineData(AggregateOp.TopK)]
    [InlineData(AggregateOp.GroupSum)]
    public void Groups_OfTooManyBytes_Fail(AggregateOp op)
    {
        var total = new Partial(Chunked.Plan(ProcessorKind.Identity, op == AggregateOp.GroupSum ? Chunked.Op(op, "/n", "/t") : Chunked.Op(op, "/t", "/t")));
        var failure = Assert.Throws<TooManyGroupsException>(() => MergeLarge(total));
        Assert.Contains("bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Distinct_OfTooManyBytes_IsEstimated()
    {
        var total = new Partial(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Distinct, "/t")));
        MergeLarge(total);
        Assert.Equal(["Distinct"], total.Approximate);
        Assert.Equal("""{"Distinct":72}""", Chunked.Outcome(total));
    }

    /// <summary>72 texts of 1 MiB, eight a chunk.</summary>
    private static void MergeLarge(Partial total)
    {
        for (var chunk = 0; chunk < 9; chunk++)
        {
            var items = Enumerable.Range(8 * chunk, 8).Select(static i => $$"""{"n":1,"t":"{{i}}{{new string('x', 1 << 20)}}"}""").ToArray();
            total.Merge(Chunked.Run(total.Plan, Chunked.Input(items, 0, 8)));
        }
    }
}
