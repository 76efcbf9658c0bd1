using System.Text;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Items as a program gets them and its answers as aggregates do, without a program.</summary>
public sealed class LineChunkTests
{
    private static readonly ProcessingPlan Groups = Chunked.Plan(ProcessorKind.Command, Chunked.Op(AggregateOp.GroupCount));

    [Fact]
    public void Input_OfEachFormat_IsALineAnItem()
    {
        Assert.Equal("-2\n-1\n0\n1\n", InputOf(new ChunkInput(ItemFormat.Range, -2, 4, default)));
        Assert.Equal("a \"b\n\n", InputOf(new ChunkInput(ItemFormat.Text, 0, 2, "a \"b\n\n"u8.ToArray())));
        Assert.Equal("1\nä\"\n{\"a\":\"\\n\"}\n\n", InputOf(Chunked.Input(["1", "\"ä\\\"\"", "{\"a\":\"\\n\"}", "\"\""], 0, 4)));
    }

    [Theory]
    [InlineData("12", "12")]
    [InlineData(" 12\r", "12")]
    [InlineData("012", "\"012\"")]
    [InlineData("-0", "0")]
    [InlineData("-", "\"-\"")]
    [InlineData("-07", "\"-07\"")]
    [InlineData("1x", "\"1x\"")]
    [InlineData("-999999999999999999", "-999999999999999999")]
    [InlineData("9999999999999999999", "9999999999999999999")]
    [InlineData("1e2", "100")]
    [InlineData("123456789012345678901", "123456789012345678901")]
    [InlineData("{\"b\": [1, 2]}", "{\"b\":[1,2]}")]
    [InlineData("{\"b\": 1} x", "\"{\\u0022b\\u0022: 1} x\"")]
    [InlineData("\"t\"", "\"t\"")]
    [InlineData("tru", "\"tru\"")]
    [InlineData("true", "true")]
    [InlineData("", "\"\"")]
    [InlineData(" two words ", "\" two words \"")]
    [InlineData("NaN", "\"NaN\"")]
    public void Answer_IsJsonOrElseText(string line, string key)
    {
        var chunk = new LineChunk(Groups, Chunked.Input(["1"], 0, 1));
        chunk.TakeAnswer(Encoding.UTF8.GetBytes(line));
        Assert.Equal($$"""{"GroupCount":[{"key":{{key}},"count":1}]}""", Chunked.Outcome(chunk.FinishAnswers()));
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    [InlineData(5000, true)]
    public void Answer_OfManyLevels_IsAnErrorBeyondTheBoundAndNeverText(int levels, bool isTooDeep)
    {
        foreach (var (open, close) in new[] { ("[", "]"), ("{\"a\":", "}") })
        {
            var json = string.Concat(Enumerable.Repeat(open, levels)) + "1" + string.Concat(Enumerable.Repeat(close, levels));
            var chunk = new LineChunk(Groups, Chunked.Input(["1"], 0, 1));
            void Answer() => chunk.TakeAnswer(Encoding.UTF8.GetBytes($" {json}\r"));
            if (isTooDeep)
                Assert.Equal("the command wrote JSON of more than 64 levels of objects and arrays", Assert.Throws<ItemErrorException>(Answer).Message);
            else
            {
                Answer();
                Assert.Equal($$"""{"GroupCount":[{"key":{{json}},"count":1}]}""", Chunked.Outcome(chunk.FinishAnswers()));
            }

            var select = Chunked.Plan(ProcessorKind.Json, Chunked.Op(AggregateOp.Count));
            var text = new ChunkInput(ItemFormat.Text, 0, 1, Encoding.UTF8.GetBytes(json + "\n"));
            var line = text with { Format = ItemFormat.Ndjson };
            foreach (var (plan, input) in new[] { (select, text), (Groups with { Processor = ProcessorKind.Identity }, line) })
            {
                if (isTooDeep)
                    Assert.Contains(
                        "JSON of more than 64 levels", Assert.Throws<ItemErrorException>(() => Chunked.Run(plan, input)).Message, StringComparison.Ordinal);
                else
                    Assert.Equal(1, Chunked.Run(plan, input).Items);
            }
        }
    }

    [Fact]
    public void Answer_OfManyBracketsThatIsNoJson_IsText()
    {
        var chunk = new LineChunk(Groups, Chunked.Input(["1"], 0, 1));
        var text = new string('[', 100);
        chunk.TakeAnswer(Encoding.UTF8.GetBytes(text));
        Assert.Equal($$"""{"GroupCount":[{"key":"{{text}}","count":1}]}""", Chunked.Outcome(chunk.FinishAnswers()));
    }

    [Fact]
    public void Answer_ThatIsNoUtf8_BecomesText()
    {
        var chunk = new LineChunk(Groups, Chunked.Input(["1", "2"], 0, 2));
        chunk.TakeAnswer(new byte[] { 0xff, (byte)'a' });
        chunk.TakeAnswer(new byte[] { (byte)'"', 0xc3, (byte)'"' });
        Assert.Equal("""{"GroupCount":[{"key":"\u0022\uFFFD\u0022","count":1},{"key":"\uFFFDa","count":1}]}""", Chunked.Outcome(chunk.FinishAnswers()));
    }

    [Fact]
    public void Answers_AfterItemsLeftOut_BelongToTheirOwnItems()
    {
        var plan = Chunked.Plan(ProcessorKind.Command, Chunked.Op(AggregateOp.Sum)) with { SkipErrors = true };
        var chunk = new LineChunk(plan, Chunked.Input(["\"a\\nb\"", "1", "\"c\\n\"", "2", "3", "\"\\n\""], 0, 6));
        Assert.Equal((3, "1\n2\n3\n"), (chunk.Lines, Encoding.UTF8.GetString(chunk.Input.Span)));
        foreach (var answer in (string[])["10", "no", "30"])
            chunk.TakeAnswer(Encoding.UTF8.GetBytes(answer));
        var partial = chunk.FinishAnswers();
        Assert.Equal(("""{"Sum":40}""", 2, 4), (Chunked.Outcome(partial), partial.Items, partial.Skipped));
        Assert.Equal([(0, ""), (2, ""), (3, "2"), (5, "")], partial.Errors.Select(static error => ((int)error.Item, error.Value)));
    }

    [Fact]
    public void Answers_ThatAreRefused_NameTheirItems()
    {
        var plan = Chunked.Plan(ProcessorKind.Command, Chunked.Op(AggregateOp.Sum)) with { SkipErrors = true };
        var chunk = new LineChunk(plan, new ChunkInput(ItemFormat.Range, 98, 5, default));
        foreach (var answer in (string[])["1", "a", "2", "b", "c"])
            chunk.TakeAnswer(Encoding.UTF8.GetBytes(answer));
        var partial = chunk.FinishAnswers();
        Assert.Equal(("""{"Sum":3}""", 2, 3), (Chunked.Outcome(partial), partial.Items, partial.Skipped));
        Assert.Equal([(99, "99"), (101, "101"), (102, "102")], partial.Errors.Select(static error => ((int)error.Item, error.Value)));
    }

    [Fact]
    public void Results_ThatAreRefused_CountAtMostOnceAnItem()
    {
        var plan = Chunked.Plan(ProcessorKind.ChunkCommand, Chunked.Op(AggregateOp.Sum)) with { SkipErrors = true };
        var chunk = new LineChunk(plan, Chunked.Input(["1", "2"], 0, 2));
        foreach (var result in (string[])["5", "a", "b", "c", "6", "7"])
            chunk.TakeResult(Encoding.UTF8.GetBytes(result));
        var partial = chunk.FinishResults();
        Assert.Equal(("""{"Sum":18}""", 0, 2), (Chunked.Outcome(partial), partial.Items, partial.Skipped));
        Assert.Throws<ItemErrorException>(() => new LineChunk(plan with { SkipErrors = false }, Chunked.Input(["1"], 0, 1)).TakeResult("x"u8.ToArray()));
    }

    private static string InputOf(ChunkInput input) => Encoding.UTF8.GetString(new LineChunk(Groups, input).Input.Span);
}
