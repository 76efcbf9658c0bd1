using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Files are cut at any byte, and every line is processed once.</summary>
public sealed class FileChunkTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Lines_CutAnywhere_AreAllThereOnce() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[], int[], bool>((bytes, cuts, ends) =>
        {
            // Short lines, empty ones among them, with and without a last line feed, some ended by two characters.
            var lines = bytes.Select(static b => new string((char)('a' + (b % 3)), b % 6)).ToArray();
            var text = string.Join(bytes.Length % 2 == 0 ? "\n" : "\r\n", lines) + (ends && lines.Length > 0 ? "\n" : "");
            File.WriteAllText(path, text);
            var expected = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
            if (expected[^1].Length == 0)
                expected = expected[..^1];
            var read = Parts(ItemFormat.FileLines, cuts).SelectMany(static part =>
                Encoding.UTF8.GetString(part.Segment.Span).Split('\n')[..(int)part.Items]);
            return expected.SequenceEqual(read);
        }));

    [Fact]
    public void Csv_CutAnywhere_GroupsAndSumsAllRows()
    {
        var text = new StringBuilder("\uFEFFname,\"the amount\",note\r\n");
        for (var i = 0; i < 200; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"k{i % 3},{i}.5,\"a, \"\"b\"\" {i}\"\r\n");
        File.WriteAllText(path, text.Append("\r\n").ToString());
        var plan = Chunked.Plan(
            ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupSum, "/the amount", "/name"), Chunked.Op(AggregateOp.Distinct, "/note"),
            Chunked.Op(AggregateOp.Count));
        for (var size = 1; size < 400; size += 13)
        {
            var total = new Partial(plan);
            foreach (var part in Parts(ItemFormat.FileCsv, Enumerable.Range(1, 20).Select(n => n * size)))
                total.Merge(Chunked.Run(plan, part));
            Assert.Equal(
                """{"GroupSum":[{"key":"k0","sum":6666.5},{"key":"k1","sum":6733.5},{"key":"k2","sum":6600}],"Distinct":200,"Count":200}""",
                Chunked.Outcome(total));
        }
    }

    [Theory]
    [InlineData("/a", "/c")]
    [InlineData("/c", "/a")]
    [InlineData("/a", "/a")]
    public void Csv_Columns_AreFoundInAnyOrder(string by, string value)
    {
        File.WriteAllText(path, "a,b,c\n1,x,3\n\"1\",\"x,y\",5\n1,,7\n2,\"\"\"\",9\n");
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, by: by), Chunked.Op(AggregateOp.TopK, value));
        string Groups(string column, string key) => column == "/a"
            ? $$"""[{"{{key}}":1,"count":2},{"{{key}}":2,"count":1},{"{{key}}":"1","count":1}]"""
            : $$"""[{"{{key}}":3,"count":1},{"{{key}}":5,"count":1},{"{{key}}":7,"count":1},{"{{key}}":9,"count":1}]""";
        Assert.Equal(
            $$"""{"GroupCount":{{Groups(by, "key")}},"TopK":{{Groups(value, "value")}}}""",
            Chunked.Outcome(Chunked.Run(plan, Assert.Single(Parts(ItemFormat.FileCsv, [])))));
    }

    [Fact]
    public void Csv_NumbersWithWhiteSpaceBehindThem_AreTexts()
    {
        File.WriteAllText(path, "a,b\n5 ,x\n5.0 ,y\n-7\t,z\n");
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, by: "/a"));
        Assert.Equal(
            """{"GroupCount":[{"key":"-7\t","count":1},{"key":"5 ","count":1},{"key":"5.0 ","count":1}]}""",
            Chunked.Outcome(Chunked.Run(plan, Assert.Single(Parts(ItemFormat.FileCsv, [])))));
    }

    [Fact]
    public void Csv_RowAsAWhole_IsAnObject()
    {
        File.WriteAllText(path, "a,b\n1,007\n\"2\",x\n-3e2,\n");
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount));
        Assert.Equal(
            """{"GroupCount":[{"key":{"a":"2","b":"x"},"count":1},{"key":{"a":-300,"b":""},"count":1},{"key":{"a":1,"b":"007"},"count":1}]}""",
            Chunked.Outcome(Chunked.Run(plan, Assert.Single(Parts(ItemFormat.FileCsv, [])))));
    }

    [Theory]
    [InlineData("2,3,4", "the row has 3 fields, but the first row has 2")]
    [InlineData("1", "the row has 1 fields, but the first row has 2")]
    [InlineData("\"x\"y,1", "the row is not CSV: it has an unclosed quote, or text after a closing quote")]
    [InlineData("x,1\r", "the row has a carriage return that is neither in quotes nor part of its end", "\r\n")]
    [InlineData("x\r2,1", "the row has a carriage return that is neither in quotes nor part of its end")]
    public void Csv_RowThatDoesNotFitTheHeader_IsItsOwnError(string row, string fault, string end = "\n")
    {
        File.WriteAllText(path, $"a,b\n1,2\n\n{row}{end}\"3, \"\"4\"\"\",5\n");
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum, "/b")) with { SkipErrors = true };
        var part = Assert.Single(Parts(ItemFormat.FileCsv, []));
        var partial = Chunked.Run(plan, part);
        Assert.Equal((2, 1, """{"Sum":7}"""), (partial.Items, partial.Skipped, Chunked.Outcome(partial)));
        Assert.Equal((2, fault), partial.Errors.Select(static error => (error.Item, error.Message)).Single());
        Assert.Throws<ItemErrorException>(() => Chunked.Run(plan with { SkipErrors = false }, part));
    }

    [Fact]
    public void Csv_HeaderThatIsNoUtf8_IsNoRow()
    {
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("straße,n\nä,1\nb,2\n"));
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount));
        Assert.Equal(
            """{"GroupCount":[{"key":{"stra\uFFFDe":"\uFFFD","n":1},"count":1},{"key":{"stra\uFFFDe":"b","n":2},"count":1}]}""",
            Chunked.Outcome(Chunked.Run(plan, Assert.Single(Parts(ItemFormat.FileCsv, [])))));
    }

    [Fact]
    public void Csv_HeaderThatNamesAColumnTwice_CannotBeRead()
    {
        File.WriteAllText(path, "a,b,a\n1,2,3\n");
        Assert.Contains("'a'", Assert.Throws<IOException>(() => Parts(ItemFormat.FileCsv, []).ToArray()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ItemFormat.FileNdjson, "{\"n\":1}\n\n nope\n{\"n\": 2}\n", "{\"n\":1}\n{\"n\":2}\n", 2)]
    [InlineData(ItemFormat.FileCsv, "n\n1\n\n3,4\n2\n", "{\"n\":1}\n{\"n\":2}\n", 2)]
    [InlineData(ItemFormat.FileCsv, "n,m\n1,\n\n  \n2,\n", "{\"n\":1,\"m\":\"\"}\n{\"n\":2,\"m\":\"\"}\n", 2)]
    public void Lines_ForAProgram_LeaveOutWhatIsBroken(ItemFormat format, string text, string input, int broken)
    {
        File.WriteAllText(path, text);
        var plan = Chunked.Plan(ProcessorKind.Command, Chunked.Op(AggregateOp.Count)) with { SkipErrors = true };
        var chunk = new LineChunk(plan, Assert.Single(Parts(format, [])));
        Assert.Equal((2, input), (chunk.Lines, Encoding.UTF8.GetString(chunk.Input.Span)));
        chunk.TakeAnswer("1"u8.ToArray());
        chunk.TakeAnswer("2"u8.ToArray());
        var partial = chunk.FinishAnswers();
        Assert.Equal((2, 1, broken), (partial.Items, partial.Skipped, Assert.Single(partial.Errors).Item));
        var whole = new LineChunk(plan with { Processor = ProcessorKind.ChunkCommand }, Assert.Single(Parts(format, [])));
        Assert.Equal(2, whole.FinishResults().Items);
    }

    [Fact]
    public void Ndjson_BadLine_IsItsOwnError()
    {
        File.WriteAllText(path, " { \"a\" : 1 } \n\nnope\n{\"a\":2}");
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.Sum, "/a"));
        var part = Assert.Single(Parts(ItemFormat.FileNdjson, []));
        Assert.Throws<ItemErrorException>(() => Chunked.Run(plan, part));
        var skipping = Chunked.Run(plan with { SkipErrors = true }, part);
        Assert.Equal((2, 1, """{"Sum":3}"""), (skipping.Items, skipping.Skipped, Chunked.Outcome(skipping)));
    }

    [Fact]
    public void File_ThatHasChanged_IsRefused()
    {
        File.WriteAllText(path, "1\n2\n");
        var file = new FilePart(path, 4, File.GetLastWriteTimeUtc(path).Ticks);
        File.AppendAllText(path, "3\n");
        Assert.Throws<FileChangedException>(() => FileChunk.Load(new ChunkInput(ItemFormat.FileLines, 0, 4, file.ToBytes()), Open, new FileQuotes(), default));
    }

    [Fact]
    public async Task File_RewrittenWhileItIsRead_IsReadAsItWasOrRefused()
    {
        const int Size = 16 << 20, Rounds = 20;
        var old = Enumerable.Repeat("old\n"u8.ToArray(), Size / 4).SelectMany(static line => line).ToArray();
        var part = new FilePart(path, Size, DateTime.UnixEpoch.Ticks);
        for (var round = 0; round < Rounds; round++)
        {
            File.WriteAllBytes(path, old);
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
            using var opened = new ManualResetEventSlim();
            var rewriting = Task.Run(() =>
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                opened.Wait();
                // Later by a little each time, so that some writes come between the first check and the last byte.
                Thread.SpinWait(20_000 * round);
                RandomAccess.Write(file, "new"u8, Size - 4);
                RandomAccess.Write(file, "new"u8, 0);
            });
            try
            {
                var lines = FileChunk.Load(
                    new ChunkInput(ItemFormat.FileLines, 0, Size, part.ToBytes()),
                    path =>
                    {
                        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                        opened.Set();
                        return handle;
                    },
                    new FileQuotes(), default);
                Assert.True(lines.Segment.Span.SequenceEqual(old), $"round {round}: a rewritten line was read");
            }
            catch (FileChangedException)
            {
                // Noticed before or after the reading.
            }

            await rewriting;
        }
    }

    [Fact]
    public void Line_OfManyMegabytes_IsReadWhole()
    {
        var line = new string('x', 15 << 20);
        File.WriteAllText(path, $"a\n{line}\nb");
        Assert.Equal([1, 1, 1], Parts(ItemFormat.FileLines, [1, (15 << 20) + 3]).Select(static part => part.Items));
        File.WriteAllText(path, $"a\n{line}{line}\nb");
        Assert.Throws<IOException>(() => Parts(ItemFormat.FileLines, [3]).ToArray());
    }

    private IEnumerable<ChunkInput> Parts(ItemFormat format, IEnumerable<int> cuts)
    {
        var size = new FileInfo(path).Length;
        var file = new FilePart(path, size, File.GetLastWriteTimeUtc(path).Ticks).ToBytes();
        var quotes = new FileQuotes();
        var from = 0L;
        foreach (var to in cuts.Select(cut => Math.Abs((long)cut) % (size + 1)).Append(size).Distinct().Order())
        {
            if (to > from)
                yield return FileChunk.Load(new ChunkInput(format, from, to - from, file), Open, quotes, default);
            from = Math.Max(from, to);
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Open(string path) => File.OpenHandle(path);
}
