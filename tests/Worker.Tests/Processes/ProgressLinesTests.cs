using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProgressLinesTests
{
    [Theory]
    [InlineData("::progress 42% reading users", 4_200, "reading users")]
    [InlineData("::progress 42.567 ", 4_256, "")]
    [InlineData("::progress 0%", 0, "")]
    [InlineData("::progress 100% done\r", 10_000, "done")]
    [InlineData("::progress   7%\t tab\tin it", 700, "tabin it")]
    [InlineData("::progress 5% a\u001b[31mb", 500, "a[31mb")]
    [InlineData("::progress 1% é", 100, "é")]
    [InlineData("::progress 101%", null, null)]
    [InlineData("::progress -1%", null, null)]
    [InlineData("::progress", null, null)]
    [InlineData("::progress ", null, null)]
    [InlineData("::progress NaN", null, null)]
    [InlineData("::progress 1e1", null, null)]
    [InlineData("::progress 4,2", null, null)]
    [InlineData("::progress 79228162514264337593543950336", null, null)]
    [InlineData(" ::progress 42%", null, null)]
    [InlineData("::Progress 42%", null, null)]
    public void Parse_OfALine_TakesProgressAlone(string line, int? hundredths, string? message)
    {
        var found = Parse(line);
        Assert.Equal((hundredths, message), (found?.Hundredths, found?.Message));
    }

    [Fact]
    public void Parse_OfALongMessage_CutsIt_InWholeCharacters()
    {
        var plain = Parse($"::progress 1 {new string('x', 500)}");
        var pairs = Parse($"::progress 1 x{string.Concat(Enumerable.Repeat("😀", 150))}");
        Assert.Equal(ProgressLines.LongestMessage, plain?.Message.Length);
        Assert.Equal("x" + string.Concat(Enumerable.Repeat("😀", 99)), pairs?.Message);
        Assert.Null(Parse($"::progress 1 {new string('x', ProgressLines.LongestLine)}"));
    }

    [Fact]
    public void Add_HoweverThePiecesAreCut_FindsTheLastProgressSoFar()
    {
        var random = new Random(7);
        string[] words =
        [
            "::progress 1% a\n", "::progress 2.5 b b\n", "::prog", "ress 3%", "\n", "\n\n", ":", "::progress 400%\n",
            "x::progress 4%\n", "plain text ", "::progress 5%", new string('y', 1_200),
            $"::progress 6% {new string('z', 1_020)}\n", "::progress 7%\n",
        ];
        for (var round = 0; round < 3_000; round++)
        {
            var count = random.Next(1, 12);
            var text = string.Concat(Enumerable.Range(0, count).Select(_ => words[random.Next(words.Length)]));
            // What a reader of whole lines would find.
            var expected = text.Split('\n')[..^1].Select(Parse).LastOrDefault(static found => found is not null);
            var lines = default(ProgressLines);
            ProgressLine? found = null;
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, random.Next(2, 900)), bytes.Length - at);
                found = lines.Add(bytes.AsSpan(at, length)) ?? found;
                at += length;
            }

            Assert.True(expected == found, $"{expected} is not {found}: {text}");
        }
    }

    private static ProgressLine? Parse(string line) => ProgressLines.Parse(Encoding.UTF8.GetBytes(line));
}
