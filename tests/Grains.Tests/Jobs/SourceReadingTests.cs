using System.Text;
using OrleansTasks.Jobs;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>A command's output as lines, in whatever pieces it comes, and again from its start in another attempt.</summary>
public sealed class SourceReadingTests
{
    [Theory]
    [InlineData("a\nbb\n\nccc\n")]
    [InlineData("a\nbb\n\nccc")]
    [InlineData("\n")]
    [InlineData("no line feed")]
    [InlineData("")]
    [InlineData("ä€😀\nä")]
    [InlineData("\uFEFFa\r\n\uFEFFb\r")]
    [InlineData("\uFEFF")]
    [InlineData("10%\r20%\r\r\n\r\n\r")]
    public void Lines_CutAtEveryByteBoundary_AreTheOutputsLines(string output)
    {
        var bytes = Encoding.UTF8.GetBytes(output);
        var text = output.StartsWith('\uFEFF') ? output[1..] : output;
        var expected = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').ToList();
        if (expected[^1].Length == 0)
            expected.RemoveAt(expected.Count - 1);
        for (var one = 0; one <= bytes.Length; one++)
        {
            for (var other = one; other <= bytes.Length; other++)
            {
                for (var skip = 0; skip <= expected.Count; skip++)
                {
                    var lines = Read(new SourceReading(), skip, bytes[..one], bytes[one..other], bytes[other..]);
                    Assert.Equal(expected[skip..], lines);
                }
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Line_LongerThanIsTaken_IsFound(int beyond, bool isTooLong)
    {
        var line = new byte[SourceReading.LongestLine + beyond];
        Array.Fill(line, (byte)'x');
        foreach (var end in (byte[][])[[], "\n"u8.ToArray(), "\nshort\n"u8.ToArray()])
        {
            var reading = new SourceReading();
            reading.Take("short\nalso "u8.ToArray());
            Assert.False(reading.IsLineTooLong);
            reading.Cut(reading.Count, reading.Lines.Length);
            reading.Take("short\n"u8.ToArray());
            reading.Cut(reading.Count, reading.Lines.Length);
            reading.Take((byte[])[.. line, .. end]);
            Assert.Equal(isTooLong, reading.IsLineTooLong);
        }
    }

    [Fact]
    public void Line_OfTheMaximumLength_MayHaveAMarkBeforeItAndAReturnBehindIt()
    {
        var line = new byte[SourceReading.LongestLine];
        Array.Fill(line, (byte)'x');
        var reading = new SourceReading();
        Assert.Equal([SourceReading.LongestLine, 1], Read(reading, 0, "\uFEFF"u8.ToArray(), [.. line, (byte)'\r'], "\ny"u8.ToArray())
            .Select(static read => read.Length));
        Assert.False(reading.IsLineTooLong);
    }

    [Fact]
    public void Output_OfUtf16_IsAFault()
    {
        var reading = new SourceReading();
        reading.Begin(1, 0);
        reading.Take(Encoding.Unicode.GetBytes("one\ntwo\n"));
        Assert.StartsWith("is UTF-16", reading.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_ThatIsTooLongOnceItsBytesAreText_IsFound()
    {
        var reading = new SourceReading();
        var line = new byte[SourceReading.LongestLine / 2];
        Array.Fill(line, (byte)0xff);
        reading.Take((byte[])[.. line, (byte)'\n']);
        Assert.True(reading.IsLineTooLong);
    }

    [Fact]
    public void Attempt_ThatIsAnother_GoesOnAfterTheLinesThatWereCut()
    {
        var reading = new SourceReading();
        Assert.Equal(["a"], Read(reading, 0, "a\nb"u8.ToArray(), end: false));
        Assert.Equal(["b", "c"], Read(reading, 1, "a\n"u8.ToArray(), "b\nc\n"u8.ToArray()));
        Assert.False(reading.IsShort);
    }

    [Fact]
    public void Attempt_ThatIsShorter_IsFoundOut()
    {
        var reading = new SourceReading();
        Assert.Empty(Read(reading, 3, "a\nb\n"u8.ToArray()));
        Assert.True(reading.IsShort);
    }

    private static List<string> Read(SourceReading reading, long skip, params byte[][] pieces) => Read(reading, skip, true, pieces);

    private static List<string> Read(SourceReading reading, long skip, byte[] piece, bool end) => Read(reading, skip, end, piece);

    private static List<string> Read(SourceReading reading, long skip, bool end, params byte[][] pieces)
    {
        reading.Begin(reading.Attempt + 1, skip);
        var lines = new List<string>();
        foreach (var piece in pieces)
        {
            if (piece.Length > 0)
                reading.Take(piece);
            lines.AddRange(CutAll(reading));
        }

        if (end)
            reading.End();
        lines.AddRange(CutAll(reading));
        return lines;
    }

    private static string[] CutAll(SourceReading reading)
    {
        var lines = Encoding.UTF8.GetString(reading.Lines.Span).Split('\n')[..^1];
        Assert.Equal(reading.Count, lines.Length);
        reading.Cut(lines.Length, reading.Lines.Length);
        return lines;
    }
}
