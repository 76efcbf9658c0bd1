using System.Globalization;
using System.Numerics;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>How much room partials take on their way.</summary>
public sealed class ReportSizeTests
{
    [Fact]
    public void SumsOfDecimals_TakeLittleMoreThanTheirKeys()
    {
        const int Groups = 1_000;
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupSum, value: "/price", by: "/user"));
        var items = Enumerable.Range(0, Groups)
            .Select(static i => string.Create(CultureInfo.InvariantCulture, $$"""{"user":"u{{100_000 + i}}","price":{{i % 100}}.95}""")).ToArray();
        var report = ChunkReport.Of(Chunked.Run(plan, Chunked.Input(items, 0, Groups)));
        Assert.InRange(report.Length, 0, 30 * Groups);
    }

    [Fact]
    public void Partial_OfTheFirstVersion_IsRead()
    {
        var writer = new ByteWriter();
        writer.Byte(1);
        writer.Signed(2);
        writer.Signed(0);
        writer.Unsigned(0);
        writer.Signed(2);
        writer.Byte(2);
        writer.Signed(3);
        writer.Big((BigInteger.One << 1074) + (BigInteger.One << 1073));
        var reader = new ByteReader(writer.Written);
        var partial = Partial.Read(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum)), ref reader);
        Assert.Equal("""{"Sum":4.5}""", Chunked.Outcome(partial));
    }
}
