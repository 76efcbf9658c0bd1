using System.Text;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>
/// CSV with line breaks in quotes, cut anywhere: each row once, or the reason why the file cannot be read.
/// </summary>
public sealed class CsvTextTests : IDisposable
{
    private const int Rounds = 600;
    private const int Long = FileQuotes.LongestSplitRow;
    private static readonly ProcessingPlan Rows = Chunked.Plan(
        ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount)) with { SkipErrors = true };
    private static readonly string[] Pieces =
        ["\"", "\"\"", "\"\"\"", ",", ",\"", "\",", "\",\"", "\n", "\r\n", "\"\n", "\n\"", "\"\r\n\"", "a", "b c", "é", "日", "7", "-1.5", "\uFEFF", " \""];

    private readonly WrittenParts parts = new();

    public void Dispose() => parts.Dispose();

    [Theory]
    [InlineData("n,\"note (line 1\nn2,line 2)\"\n1,x\n2,y\n", """[{"key":{"n":1,"note (line 1\nn2,line 2)":"x"},"count":1},{"key":{"n":2,"note (line 1\nn2,line 2)":"y"},"count":1}]""")]
    [InlineData("\uFEFF\"a\r\nb\"\r\n\"1\r\n2\"\r\n3\r\n", """[{"key":{"a\r\nb":"1\r\n2"},"count":1},{"key":{"a\r\nb":3},"count":1}]""")]
    [InlineData("a,b\n\"x\n\ny\",\"\"\"\n\"\"\"\n", """[{"key":{"a":"x\n\ny","b":"\u0022\n\u0022"},"count":1}]""")]
    [InlineData("a\n\"x\ny\"", """[{"key":{"a":"x\ny"},"count":1}]""")]
    [InlineData("a,b\n5\" pipe,\"6\"\" pipe\"\n", """[{"key":{"a":"5\u0022 pipe","b":"6\u0022 pipe"},"count":1}]""")]
    [InlineData("a\n\"\rx\"\n", """[{"key":{"a":"\rx"},"count":1}]""")]
    public void Rows_WithLineBreaksInQuotes_AreRowsWhereverTheFileIsCut(string text, string groups)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var cuts in Enumerable.Range(1, bytes.Length - 1).Select(static cut => new[] { cut })
            .Append([]).Append([.. Enumerable.Range(1, bytes.Length - 1)]))
        {
            var total = new Partial(Rows);
            foreach (var part in parts.Cut(bytes, ItemFormat.FileCsv, cuts))
                total.Merge(Chunked.Run(Rows, part));
            Assert.Equal($$"""{"GroupCount":{{groups}}}""", Chunked.Outcome(total));
            Assert.Equal(0, total.Skipped);
        }
    }

    [Fact]
    public void Rows_OfAnyTextCutAnywhere_AreThoseOfAPlainReader()
    {
        var readable = 0;
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var text = "\"a\nb\",c\n" + string.Concat(
                Enumerable.Range(0, random.Next(80)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            var bytes = Encoding.UTF8.GetBytes(text);
            var cuts = Enumerable.Range(0, random.Next(9)).Select(_ => random.Next(bytes.Length)).ToArray();
            List<(string[] Fields, bool IsFaulty)> expected;
            try
            {
                expected = PlainCsv.Rows(text);
            }
            catch (InvalidOperationException)
            {
                Assert.Contains(
                    "quote that is not closed", Assert.Throws<IOException>(
                        () => parts.Cut(bytes, ItemFormat.FileCsv, cuts)).Message,
                    StringComparison.Ordinal);
                continue;
            }

            readable++;
            var total = new Partial(Rows);
            var input = new StringBuilder();
            foreach (var part in parts.Cut(bytes, ItemFormat.FileCsv, cuts))
            {
                total.Merge(Chunked.Run(Rows, part));
                input.Append(Encoding.UTF8.GetString(new LineChunk(Rows with { Processor = ProcessorKind.ChunkCommand }, part).Input.Span));
            }

            var rows = expected.Skip(1).Where(static row => row is not ([""], false)).ToArray();
            var right = rows.Count(static row => !row.IsFaulty && row.Fields.Length == 2);
            Assert.True((right, rows.Length - right) == (total.Items, total.Skipped),
                $"seed {seed}: {total.Items} rows and {total.Skipped} errors, not {right} and {rows.Length - right}, of {text}");
            Assert.True(
                right == input.ToString().Count(static next => next == '\n'),
                $"seed {seed}: a command does not get {right} rows");
        }

        Assert.InRange(readable, Rounds / 4, Rounds);
    }

    [Theory]
    [InlineData("a,b\n1,\"x\n2,y\n3,z\n", "The row at byte 4 has a quote that is not closed.")]
    [InlineData("a,\"b\n1,x\n2,y\n", "The row at byte 0 has a quote that is not closed.")]
    [InlineData("\"a\"b,c\n1,2\n", "The first row is not CSV: it has an unclosed quote, or text after a closing quote.")]
    [InlineData("a,b\r1,2\r3,4\r", "The first row has a carriage return that is neither in quotes nor followed by a line feed.")]
    [InlineData("a,b\r1,2\r3,4\n5,6\n", "The first row has a carriage return that is neither in quotes nor followed by a line feed.")]
    [InlineData("\"a\"\r1\r", "The first row has a carriage return that is neither in quotes nor followed by a line feed.")]
    public void File_ThatIsNotCsv_CannotBeReadForAReason(string text, string reason)
    {
        foreach (var cut in (int[])[1, 5, text.Length - 1])
            Assert.StartsWith(
                reason, Assert.Throws<IOException>(
                    () => parts.Cut(Encoding.UTF8.GetBytes(text), ItemFormat.FileCsv, cut)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Part_FarFromTheStart_IsReadAloneAsAmongTheOthers()
    {
        var text = new StringBuilder("id,note\n");
        for (var row = 0; text.Length < 5 * Long; row++)
        {
            // A stretch with quotes, then one of more than a look back without any, and so on.
            var isPlain = text.Length / (2 * Long) % 2 == 1;
            text.Append(row).Append(isPlain ? ",plain\n" : ",\"a\n,\"\",\nb\"\n");
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        int[] cuts = [.. Enumerable.Range(1, 9).Select(n => (n * bytes.Length / 10) + n)];
        var together = parts.Cut(bytes, ItemFormat.FileCsv, cuts);
        Assert.Equal(PlainCsv.Rows(text.ToString()).Count - 1, together.Sum(static part => part.Items));
        foreach (var cut in cuts)
        {
            var alone = parts.Cut(bytes, ItemFormat.FileCsv, cut)[1];
            Assert.Equal(together.Where(part => part.First >= cut).Sum(static part => part.Items), alone.Items);
        }
    }

    [Theory]
    [InlineData(Long - 100, true)]
    [InlineData(Long + 100, false)]
    public void Row_OfSeveralLines_HasALimitThatMakesPartsReadableFromWithin(int length, bool isRead)
    {
        var text = $"a,b\n1,\"{new string('x', length / 2)}\n{new string('y', length / 2)}\"\n2,z\n";
        ChunkInput[] Read() => parts.Cut(Encoding.UTF8.GetBytes(text), ItemFormat.FileCsv, 10, text.Length - 3);
        if (isRead)
            Assert.Equal([1, 1, 0], Read().Select(static part => part.Items));
        else
            Assert.Contains(
                "more than 1048576 bytes", Assert.Throws<IOException>(Read).Message, StringComparison.Ordinal);
    }
}
