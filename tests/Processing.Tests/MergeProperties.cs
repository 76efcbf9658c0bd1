using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Neither the boundaries of chunks nor the order of merging can be seen in any outcome.</summary>
public sealed class MergeProperties
{
    private static readonly AggregateSpec[] Numeric =
    [
        Chunked.Op(AggregateOp.Count), Chunked.Op(AggregateOp.Sum), Chunked.Op(AggregateOp.Min), Chunked.Op(AggregateOp.Max),
        Chunked.Op(AggregateOp.Mean), Chunked.Op(AggregateOp.Distinct), Chunked.Op(AggregateOp.TopK, k: 3),
        Chunked.Op(AggregateOp.GroupCount), Chunked.Op(AggregateOp.GroupSum),
    ];

    [Fact]
    public void Numbers_AnyChunksAnyOrder_GiveWhatOnePassGives() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<double[], int[], int>(static (numbers, cuts, seed) =>
        {
            var items = numbers.Where(double.IsFinite).Select(Json).ToArray();
            var plan = Chunked.Plan(ProcessorKind.Identity, Numeric);
            return Chunked.Whole(plan, items) == Chunked.Parts(plan, items, cuts, seed);
        }));

    [Fact]
    public void Integers_AnyChunksAnyOrder_SumExactly() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<long[], int[], int>(static (numbers, cuts, seed) =>
        {
            // As wide as can be: products go beyond 64 and sums of squares beyond 128 bits.
            var large = numbers.Select(static n => new BigInteger(n) * n * long.MaxValue).ToArray();
            var items = large.Select(static n => n.ToString(CultureInfo.InvariantCulture)).ToArray();
            var plan = Chunked.Plan(ProcessorKind.Square, Chunked.Op(AggregateOp.Sum));
            var expected = large.Aggregate(BigInteger.Zero, static (sum, n) => sum + (n * n));
            return Chunked.Parts(plan, items, cuts, seed) == $$"""{"Sum":{{expected}}}""";
        }));

    [Fact]
    public void Texts_AnyChunksAnyOrder_CountWords() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[], int[], int>(static (bytes, cuts, seed) =>
        {
            var items = bytes.Select(static b => $"\"{(char)('a' + (b % 5))} {(char)('A' + (b % 3))}, é{b % 2}\"").ToArray();
            var plan = Chunked.Plan(
                ProcessorKind.Words, Chunked.Op(AggregateOp.Count), Chunked.Op(AggregateOp.TopK), Chunked.Op(AggregateOp.GroupCount));
            return Chunked.Whole(plan, items) == Chunked.Parts(plan, items, cuts, seed);
        }));

    [Fact]
    public void Doubles_Sum_IsTheExactSumRoundedOnce()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var numbers = Enumerable.Range(0, random.Next(1, 40)).Select(_ => Wild(random)).ToArray();
            var exact = numbers.Aggregate(BigInteger.Zero, static (sum, n) => sum + Scaled(n));
            var outcome = Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum)), [.. numbers.Select(Json)]);
            var sum = double.Parse(outcome[7..^1], CultureInfo.InvariantCulture);
            // No double is nearer.
            var fault = BigInteger.Abs(exact - Scaled(sum));
            Assert.True(fault <= BigInteger.Abs(exact - Scaled(Math.BitIncrement(sum))), $"{sum:R} in round {round}");
            Assert.True(fault <= BigInteger.Abs(exact - Scaled(Math.BitDecrement(sum))), $"{sum:R} in round {round}");
        }
    }

    [Fact]
    public void Doubles_ThatCancelOut_LeaveWhatIsLeft() => Assert.Equal(
        """{"Sum":1.5,"Mean":0.375}""",
        Chunked.Whole(
            Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum), Chunked.Op(AggregateOp.Mean)), "1e308", "1.5", "-1e308", "0"));

    private static double Wild(Random random) =>
        (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-1000, 1000));

    private static BigInteger Scaled(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7ff;
        var mantissa = (bits & 0xfffffffffffffL) | (exponent == 0 ? 0 : 1L << 52);
        var magnitude = new BigInteger(mantissa) << (Math.Max(exponent, 1) - 1);
        return value < 0 ? -magnitude : magnitude;
    }

    private static string Json(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture) is var text && text.AsSpan().IndexOfAny(".eE") < 0 ? text + ".0" : text;
}
