using System.Globalization;
using System.Numerics;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>What processors and aggregates give, as the contract words it.</summary>
public sealed class OutcomeTests
{
    [Theory]
    [InlineData(AggregateOp.Count, "0")]
    [InlineData(AggregateOp.Sum, "0")]
    [InlineData(AggregateOp.Min, "null")]
    [InlineData(AggregateOp.Max, "null")]
    [InlineData(AggregateOp.Mean, "null")]
    [InlineData(AggregateOp.Distinct, "0")]
    [InlineData(AggregateOp.TopK, "[]")]
    [InlineData(AggregateOp.GroupCount, "[]")]
    [InlineData(AggregateOp.GroupSum, "[]")]
    public void Aggregate_OfNothing_IsAsTheContractSays(AggregateOp op, string expected) =>
        Assert.Equal($$"""{"{{op}}":{{expected}}}""", Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(op))));

    [Theory]
    [InlineData("3", "9")]
    [InlineData("-3037000500", "9223372037000250000")]
    [InlineData("123456789012345678901234567890", "15241578753238836750495351562536198787501905199875019052100")]
    [InlineData("1.5", "2.25")]
    public void Square_OfANumber_IsExact(string item, string square) =>
        Assert.Equal($$"""{"Sum":{{square}}}""", Chunked.Whole(Chunked.Plan(ProcessorKind.Square, Chunked.Op(AggregateOp.Sum)), item));

    [Theory]
    [InlineData("\"\"", 0)]
    [InlineData("\"aé€😀\"", 4)]
    [InlineData("\"\\u0041\\n\\ud83d\\ude00\"", 3)]
    [InlineData("[]", 0)]
    [InlineData("[1,[2,3],{\"a\":4}]", 3)]
    public void Length_CountsCharactersAndElements(string item, int length) =>
        Assert.Equal($$"""{"Sum":{{length}}}""", Chunked.Whole(Chunked.Plan(ProcessorKind.Length, Chunked.Op(AggregateOp.Sum)), item));

    [Fact]
    public void Words_AreRunsOfLettersAndDigitsInLowerCase() => Assert.Equal(
        """{"GroupCount":[{"key":"2nd","count":1},{"key":"don","count":1},{"key":"straße","count":1},{"key":"t","count":1},{"key":"ÿ","count":1}]}""",
        Plain(Chunked.Whole(
            Chunked.Plan(ProcessorKind.Words, Chunked.Op(AggregateOp.GroupCount)), "\"Don't!\"", "\" Straße_2ND\"", "\"Ÿ\"", "\"—\"")));

    [Fact]
    public void TopK_GivesTheMostFrequentAndTiesByValue() => Assert.Equal(
        """{"TopK":[{"value":2,"count":3},{"value":null,"count":1},{"value":1.5,"count":1},{"value":10,"count":1}]}""",
        Chunked.Whole(
            Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.TopK, k: 4)), "\"b\"", "2", "10", "2.0", "1.5", "null", "2"));

    [Fact]
    public void GroupSum_TakesPointersAndOrdersByKey() => Assert.Equal(
        """{"GroupSum":[{"key":"a","sum":18446744073709551617},{"key":"b","sum":0.3}]}""",
        Chunked.Whole(
            Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupSum, "/n/0", "/k~1")),
            """{"k/":"b","n":[0.3]}""", """{"k/":"a","n":[18446744073709551615]}""", """{"k/":"a","n":[2]}"""));

    [Fact]
    public void MinMax_CompareNumbersOfAllKindsExactly() => Assert.Equal(
        """{"Min":-1.5,"Max":9007199254740993}""",
        Chunked.Whole(
            Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Min), Chunked.Op(AggregateOp.Max)),
            "9007199254740992.0", "9007199254740993", "-1", "-1.5"));

    [Theory]
    [InlineData("1,2", "1.5")]
    [InlineData("1,1,2", "1.3333333333333333")]
    [InlineData("1.112536929253601e-308,1.112536929253601e-308,1.1125369292536017e-308", "1.112536929253601E-308")]
    [InlineData("99999999999999999999,100000000000000000001", "100000000000000000000")]
    public void Mean_IsRoundedOnceAndWholeWhenItIs(string items, string mean) => Assert.Equal(
        $$"""{"Mean":{{mean}}}""", Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Mean)), items.Split(',')));

    [Fact]
    public void Distinct_BeyondItsBound_IsAnEstimateThatSaysSo()
    {
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Distinct));
        var total = new Partial(plan);
        total.Merge(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, 0, 100_000, default)));
        total.Merge(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, 50_000, 50_000, default)));
        Assert.Equal("""{"Distinct":100000}""", Chunked.Outcome(total));
        Assert.Empty(total.Approximate);

        total.Merge(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, 100_000, 400_000, default)));
        Assert.Equal(["Distinct"], total.Approximate);
        var estimate = double.Parse(Chunked.Outcome(total)[12..^1], CultureInfo.InvariantCulture);
        Assert.InRange(estimate, 500_000 * 0.96, 500_000 * 1.04);
        Assert.Equal(
            Chunked.Outcome(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, 0, 500_000, default))), Chunked.Outcome(total));
    }

    [Theory]
    [InlineData(ProcessorKind.Identity)]
    [InlineData(ProcessorKind.Square)]
    public void Range_ByTheTightLoop_GivesWhatItemsGive(ProcessorKind processor)
    {
        var plan = Chunked.Plan(
            processor, Chunked.Op(AggregateOp.Count), Chunked.Op(AggregateOp.Sum), Chunked.Op(AggregateOp.Min),
            Chunked.Op(AggregateOp.Max), Chunked.Op(AggregateOp.Mean));
        foreach (var first in (long[])[0, -7, -50, (1L << 32) - 50, (1L << 32) - 49, (1L << 32) - 20, 1 - (1L << 32), -(1L << 32), 1L << 40, (1L << 47) - 20, long.MaxValue - 60, long.MinValue])
        {
            var items = Enumerable.Range(0, 50).Select(i => (first + i).ToString(CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(
                Chunked.Whole(plan, items), Chunked.Outcome(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, first, 50, default))));
        }
    }

    [Fact]
    public void Range_OfMillions_SumsSquaresExactly()
    {
        const long N = 3_000_000;
        var plan = Chunked.Plan(ProcessorKind.Square, Chunked.Op(AggregateOp.Sum));
        foreach (var end in (long[])[N, (1L << 32) - 1, 1L << 32, (1L << 32) + 1_000_000])
        {
            var expected = SquaresBelow(end) - SquaresBelow(end - N);
            Assert.Equal(
                $$"""{"Sum":{{expected}}}""", Chunked.Outcome(Chunked.Run(plan, new ChunkInput(ItemFormat.Range, end - N, N, default))));
        }

        static BigInteger SquaresBelow(BigInteger n) => (n - 1) * n * ((2 * n) - 1) / 6;
    }

    [Theory]
    [InlineData(ProcessorKind.Square, "\"x\"")]
    [InlineData(ProcessorKind.Square, "1e200")]
    [InlineData(ProcessorKind.Length, "5")]
    [InlineData(ProcessorKind.Identity, "null")]
    [InlineData(ProcessorKind.Identity, "1e999")]
    public void Item_ThatCannotBeTaken_IsItsOwnError(ProcessorKind processor, string bad)
    {
        var plan = Chunked.Plan(processor, Chunked.Op(AggregateOp.Count), Chunked.Op(AggregateOp.Sum));
        var items = new[] { Good(processor), bad };
        var fault = Assert.Throws<ItemErrorException>(() => Chunked.Run(plan, Chunked.Input(items, 0, 2)));
        Assert.Equal(1, fault.Error.Item);

        var skipping = Chunked.Run(plan with { SkipErrors = true }, Chunked.Input(items, 0, 2));
        Assert.Equal((1, 1), (skipping.Items, skipping.Skipped));
        // The aggregate that came before the one that refused has not seen the item either.
        Assert.StartsWith("""{"Count":1,""", Chunked.Outcome(skipping), StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(skipping.Errors).Item);
    }

    [Fact]
    public void Words_OfItemsOfManyLengths_KeepTheirOwnLetters() => Assert.Equal(
        """{"GroupCount":[{"key":"a","count":2},{"key":"long","count":1},{"key":"ⱥⱥⱥⱥⱥⱥⱥⱥ","count":2},{"key":"𐐨x","count":1}]}""",
        System.Text.RegularExpressions.Regex.Unescape(Chunked.Whole(
            Chunked.Plan(ProcessorKind.Words, Chunked.Op(AggregateOp.GroupCount)), "\"ȺȺȺȺȺȺȺȺ\"", "\"a\"", "\"long a ȺȺȺȺȺȺȺȺ 𐐀X\"")));

    [Fact]
    public void Aggregate_OfItsOwnOrBesideAnother_IsTheSame()
    {
        string[] items = ["{\"k\":\"a\",\"v\":1}", "{\"k\":\"b\",\"v\":2.5}", "{\"k\":\"a\",\"v\":3}"];
        foreach (var op in (AggregateSpec[])[
            Chunked.Op(AggregateOp.GroupSum, "/v", "/k"), Chunked.Op(AggregateOp.GroupCount, by: "/k"), Chunked.Op(AggregateOp.TopK, "/k"),
            Chunked.Op(AggregateOp.Sum, "/v"), Chunked.Op(AggregateOp.Mean, "/v"), Chunked.Op(AggregateOp.Distinct, "/k")])
        {
            var alone = Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, op), items);
            var beside = Chunked.Whole(Chunked.Plan(ProcessorKind.Identity, op, Chunked.Op(AggregateOp.Count)), items);
            Assert.Equal(alone[..^1] + ",\"Count\":3}", beside);
        }
    }

    [Fact]
    public void Words_OfWhatIsNoText_IsAnItemError() => Assert.Throws<ItemErrorException>(
        () => Chunked.Whole(Chunked.Plan(ProcessorKind.Words, Chunked.Op(AggregateOp.Count)), "[\"a\"]"));

    [Fact]
    public void Groups_BeyondTheirBound_EndTheChunk() => Assert.Throws<TooManyGroupsException>(() => Chunked.Run(
        Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, maxGroups: 100)),
        new ChunkInput(ItemFormat.Range, 0, 101, default)));

    [Fact]
    public void Groups_OfAllAggregatesBeyondTheirBound_EndTheChunk()
    {
        // Each aggregate has 30 MiB, which it may; five have more than a partial may hold.
        string[] items = [.. Enumerable.Range(0, 30).Select(static no => $"\"{new string((char)('A' + no), 1 << 20)}\"")];
        var one = Chunked.Op(AggregateOp.GroupCount);
        Assert.Equal(30, Chunked.Run(Chunked.Plan(ProcessorKind.Identity, one), Chunked.Input(items, 0, 30)).Items);
        var five = Enumerable.Range(0, 5).Select(no => one with { Name = $"g{no}" }).ToArray();
        var fault = Assert.Throws<TooManyGroupsException>(() => Chunked.Run(Chunked.Plan(ProcessorKind.Identity, five), Chunked.Input(items, 0, 30)));
        Assert.Contains("of all aggregates", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OfText_IsParsedAndSelected()
    {
        var plan = new ProcessingPlan(
            ProcessorKind.Json, JsonPointer.TryParse("/a/1"), [], [Chunked.Op(AggregateOp.Sum)], SkipErrors: false);
        Assert.Equal("""{"Sum":7}""", Chunked.Whole(plan, """{"a":[1,3]}""", "\"{ \\\"a\\\" : [1, 4] }\""));
        Assert.Throws<ItemErrorException>(() => Chunked.Whole(plan, """{"a":[1]}"""));
    }

    [Theory]
    [InlineData("/a", """{"\ud800":1,"a":2}""")]
    [InlineData("/a", """{"a":2,"\ud800":1}""")]
    [InlineData("/b/a", """{"b":{"\udfff":1,"a":2},"\ud800":1}""")]
    public void Pointer_AnotherFieldHasHalfOfASurrogatePair_IsFound(string pointer, string item)
    {
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum, pointer));
        Assert.Equal("""{"Sum":2}""", Chunked.Whole(plan, item));

        using var document = System.Text.Json.JsonDocument.Parse(item);
        Assert.Equal(2, JsonPointer.TryParse(pointer)!.Find(document.RootElement)?.GetInt32());
    }

    [Fact]
    public void Pointer_OnlyAFieldWithHalfOfASurrogatePair_IsAnItemError() => Assert.Throws<ItemErrorException>(
        () => Chunked.Whole(
            Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum, "/a")), """{"\ud800":1}"""));

    [Theory]
    [InlineData("a")]
    [InlineData("/~")]
    [InlineData("/a~2")]
    public void Pointer_ThatIsNone_IsRefused(string text) => Assert.Null(JsonPointer.TryParse(text));

    [Theory]
    [InlineData(""" { "a" : [ 1 , "x \" , \\" ] } """, """{"a":[1,"x \" , \\"]}""")]
    public void Minify_LeavesStringsAlone(string json, string expected)
    {
        var room = new byte[json.Length];
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(room, 0, RawJson.Minify(System.Text.Encoding.UTF8.GetBytes(json), room)));
    }

    private static string Good(ProcessorKind processor) => processor switch
    {
        ProcessorKind.Length => "\"ab\"",
        _ => "2",
    };

    private static string Plain(string json) => System.Text.RegularExpressions.Regex.Unescape(json);
}
