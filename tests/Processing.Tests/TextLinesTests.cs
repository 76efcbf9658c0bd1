using System.Text;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>What a line is, whatever the source.</summary>
public sealed class TextLinesTests : IDisposable
{
    private readonly WrittenParts parts = new();

    public void Dispose() => parts.Dispose();

    [Theory]
    [InlineData("10%\r20%\r100%\ndone\n", "10%\r20%\r100%|done")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("a\r\r\nb", "a\r|b")]
    [InlineData("\r\n\n\r", "||\r")]
    [InlineData("a\r", "a\r")]
    [InlineData("a\r\nb\r", "a|b\r")]
    [InlineData("\uFEFFa\n\uFEFFb\n", "a|\uFEFFb")]
    [InlineData("\uFEFF\uFEFFa", "\uFEFFa")]
    [InlineData("a\u2028b\u0085c\vd\fe\0f\n", "a\u2028b\u0085c\vd\fe\0f")]
    [InlineData("one", "one")]
    [InlineData("\uFEFF\n", "")]
    public void File_OfLines_IsCutAtLineFeedsAlone(string text, string lines)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var cuts in (int[][])[[], [1], [2], [.. Enumerable.Range(1, bytes.Length - 1)]])
        {
            var read = parts.Cut(bytes, ItemFormat.FileLines, [.. cuts.Where(cut => cut < bytes.Length)])
                .SelectMany(static part => Encoding.UTF8.GetString(part.Segment.Span).Split('\n')[..(int)part.Items]);
            Assert.Equal(lines.Split('|'), read);
        }
    }

    [Fact]
    public void File_OfAMarkAlone_HasNoLine() =>
        Assert.Equal(0, Assert.Single(parts.Cut("\uFEFF"u8.ToArray(), ItemFormat.FileLines)).Items);

    [Fact]
    public void File_OfNdjsonWithAMark_IsReadWithoutIt()
    {
        var part = Assert.Single(parts.Cut("\uFEFF{\"a\":1}\r\n2\n"u8.ToArray(), ItemFormat.FileNdjson));
        var groups = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount));
        Assert.Equal("""{"GroupCount":[{"key":2,"count":1},{"key":{"a":1},"count":1}]}""", Chunked.Outcome(Chunked.Run(groups, part)));
    }

    [Theory]
    [InlineData("utf-16", "1\n2\n")]
    [InlineData("utf-16BE", "1\n2\n")]
    [InlineData("utf-16", "日本\n")]
    [InlineData("utf-16", "")]
    public void Start_OfUtf16WithAMark_IsRefusedByName(string encoding, string text)
    {
        var with = Encoding.GetEncoding(encoding);
        byte[] bytes = [.. with.GetPreamble(), .. with.GetBytes(text)];
        Assert.StartsWith("is UTF-16", TextLines.FaultOf(bytes), StringComparison.Ordinal);
        foreach (var format in (ItemFormat[])[ItemFormat.FileLines, ItemFormat.FileNdjson, ItemFormat.FileCsv])
        {
            var refusal = Assert.Throws<IOException>(() => parts.Cut(bytes, format, bytes.Length / 2));
            Assert.StartsWith("The file is UTF-16", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1\n2\n", true)]
    [InlineData("n,text\n1,größe\n", true)]
    [InlineData("{\"a\": 1}\n", true)]
    [InlineData("Ελληνικά and English, half of each\n", true)]
    [InlineData("x", false)]
    [InlineData("", false)]
    public void Start_OfUtf16WithoutAMark_IsKnownByItsNuls(string text, bool isKnown)
    {
        Assert.Equal(isKnown, TextLines.FaultOf(Encoding.Unicode.GetBytes(text)) is not null);
        Assert.Equal(isKnown, TextLines.FaultOf(Encoding.BigEndianUnicode.GetBytes(text)) is not null);
        Assert.Null(TextLines.FaultOf(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("a\0b\0\n")]
    [InlineData("a\0\0b\n")]
    [InlineData("one\0two\0three\0\n")]
    [InlineData("\0")]
    [InlineData("a\n\0\0\n")]
    public void Start_OfUtf8WithNuls_IsText(string text) => Assert.Null(TextLines.FaultOf(Encoding.UTF8.GetBytes(text)));
}
