using System.Text;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What failures share: equal causes meet, others do not.</summary>
public sealed class FailureTextTests
{
    [Fact]
    public void Of_TailsOfOneCause_Meet_AndOthersDoNot()
    {
        var texts = FailureTails.ByCause.Select(static cause => (cause.Cause, Texts: cause.Tails.Select(Of).Distinct().ToArray())).ToArray();
        foreach (var (cause, found) in texts)
            Assert.True(found.Length == 1, $"{cause}: {string.Join("\n--\n", found)}");
        foreach (var meeting in texts.GroupBy(static text => text.Texts[0]))
            Assert.True(meeting.Count() == 1, $"{string.Join(" and ", meeting.Select(static text => text.Cause))} meet: {meeting.Key}");
        Assert.True(FailureTails.ByCause.Sum(static cause => cause.Tails.Length) >= 60, "There are fewer than 60 tails.");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("6.18.44-fc\n", "6.18.44-fc")]
    [InlineData("from 1.2\nat host-7\n", "from 1.2\nat host-7")]
    [InlineData("one\ntwo\n\n\u001b[1mthree 3\u001b[0m\r\n", "two\nthree 3")]
    public void LastLines_AreAsTheyAre(string tail, string lines) =>
        Assert.Equal(lines, FailureText.LastLines(Encoding.UTF8.GetBytes(tail), null));

    [Fact]
    public void Of_AnyTail_HasNoNumberIdOrTime()
    {
        foreach (var (cause, tails) in FailureTails.ByCause)
        {
            Assert.All(tails, tail =>
            {
                var text = Of(tail);
                Assert.False(text.Any(char.IsDigit), $"{cause}: {text}");
                Assert.NotEmpty(text);
            });
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n \r\n", "")]
    [InlineData("one\ntwo\nthree\n", "two\nthree")]
    [InlineData("only", "only")]
    [InlineData("fine\nError: a\nmiddle error\nerror: z\nbye", "Error: a\nerror: z")]
    [InlineData("Error: a 17\nthen\n", "Error: a #")]
    [InlineData("\u001b[1;31merror:\u001b[0m at 10:11:12", "error: at <time>")]
    [InlineData("\u001b]0;title\u0007failed 3 times", "failed # times")]
    [InlineData("error   in\t/var/log/x.log", "error in <file>")]
    [InlineData("error at https://example.org:80/a?b=1 (x)", "error at <url> (x)")]
    [InlineData("error from ::1 to fe80::1", "error from <address> to <address>")]
    [InlineData("error in std::vector", "error in std::vector")]
    [InlineData("error: deadbeef is a word, deadbeef01 is not", "error: deadbeef is a word, <id> is not")]
    [InlineData("Mon, 02 Jan 2006 15:04:05 error", "<time> error")]
    [InlineData("error on Nov 22 10:00:01 host", "error on <time> host")]
    [InlineData("error -1.5e3 and 1,000,000", "error -#e# and #")]
    [InlineData("error 01HF3K9X2M4N5P6Q7R8S9T0V1W", "error <id>")]
    [InlineData("panicked at a.rs:1:2:\nthe message\nnote", "panicked at <file>:#:#:\nthe message")]
    public void Of_Forms_AreReplaced(string tail, string expected) => Assert.Equal(expected, Of(tail));

    /// <summary>What a worker keeps of a long log begins anywhere in a line.</summary>
    [Fact]
    public void Of_EndsOfOneLog_CutAnywhere_Meet()
    {
        var ends = Enumerable.Range(200, 200).Select(static count => Of(
            (string.Concat(Enumerable.Range(0, count).Select(static i => $"warning: failed to fetch item {i}\n"))
                + new string('x', count % 50) + " giving up\n")[^4_096..]));
        Assert.Single(ends.Distinct());
    }

    [Theory]
    [InlineData("starting\n", 1, "warning: failed to fetch item", 200)]
    [InlineData("", 0, "warning: failed to fetch item", 200)]
    [InlineData("row", 400, "warning: failed to fetch item", 200)]
    [InlineData("row", 400, "", 0)]
    [InlineData("row é failed é", 400, "warning: éééé failed to fetch item", 200)]
    [InlineData("row é failed é", 400, "the end\n", 1)]
    [InlineData("ééé\n", 1, "warning: éééé failed to fetch item", 200)]
    public void Of_BothStreamsCutAnywhere_Meet(string stdout, int lines, string stderr, int errorLines)
    {
        var texts = Enumerable.Range(0, 100).Select(more => OfStreams(
            Lines(stdout, lines, more), Lines(stderr, errorLines, more) + "no end of the line"));
        Assert.Single(texts.Distinct());

        static string Lines(string text, int count, int more) => count <= 1 ? text
            : string.Concat(Enumerable.Range(0, count + more).Select(i => $"{text} {i}\n")) + Number(more) + "\n";

        // One number, whatever its length, so that the cut is at every place of a line.
        static string Number(int more) => string.Concat(Enumerable.Repeat("1,", more / 2)) + (more % 2 == 0 ? "1" : "11");
    }

    [Theory]
    [InlineData("row abc", "error: x", "error: x")]
    [InlineData("row é", "error: x", "error: x")]
    [InlineData("fine\n", "error: x\n", "error: x")]
    [InlineData("row abc", "", "row abc")]
    [InlineData("", "error: x", "error: x")]
    public void Of_StreamsWithoutALineEnd_AreNotOneLine(string stdout, string stderr, string expected) =>
        Assert.Equal(expected, OfStreams(stdout, stderr));

    [Fact]
    public void Of_CutStdoutWithoutALineEnd_EndsWhereStderrBegins()
    {
        for (var length = 4_090; length < 4_110; length++)
        {
            Assert.Equal("error: x", OfStreams("first\n" + new string('x', length), "error: x"));
            Assert.Equal("error: x", OfStreams("first\n" + new string('é', length), "error: x"));
        }
    }

    [Fact]
    public void Of_OutputBeyondItsBound_IsTakenAsOnePart()
    {
        var sizes = new OutputSizes(10, 0, IsTruncated: true);
        Assert.Equal("error: the limit is # bytes", FailureText.Of("error: the limit is 10 bytes"u8, sizes));
    }

    [Theory]
    [InlineData(".-")]
    [InlineData("a.")]
    [InlineData("a/")]
    [InlineData("-1")]
    [InlineData(":a")]
    public void Of_LinesOfOnePattern_CostLittle(string pattern)
    {
        var line = "error " + string.Concat(Enumerable.Repeat(pattern, 500)) + "\n";
        var fastest = Enumerable.Range(0, 5).Min(_ =>
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < 20; i++)
                Of(line + line);
            return TimeProvider.System.GetElapsedTime(began);
        });
        // The fastest round, since another program may have taken the processor in any of them.
        Assert.True(fastest < TimeSpan.FromSeconds(0.8), $"{fastest} for 20 failures.");
    }

    [Fact]
    public void Of_AnyBytes_IsShortAndAlwaysTheSame()
    {
        var random = new Random(2);
        for (var run = 0; run < 300; run++)
        {
            var bytes = new byte[random.Next(40_000)];
            random.NextBytes(bytes);
            if (run % 3 == 0)
                bytes.AsSpan().Fill((byte)"0a:/.- \n\e"[random.Next(9)]);
            var sizes = new OutputSizes(random.Next(9_000), random.Next(9_000), random.Next(2) == 0);
            var text = FailureText.Of(bytes, sizes);
            Assert.True(text.Length <= 900, $"{text.Length} characters of text.");
            Assert.Equal(text, FailureText.Of(bytes, sizes));
        }
    }

    [Fact]
    public void Fingerprint_DependsOnReasonCodeSignalAndText()
    {
        long[] all =
        [
            FailureFingerprint.Of(EndReason.Exit, 1, null, "x"), FailureFingerprint.Of(EndReason.Exit, 2, null, "x"),
            FailureFingerprint.Of(EndReason.Exit, 1, null, "y"), FailureFingerprint.Of(EndReason.Timeout, 1, null, "x"),
            FailureFingerprint.Of(EndReason.Signal, null, "SIGKILL", "x"), FailureFingerprint.Of(EndReason.Signal, null, "SIGSEGV", "x"),
            FailureFingerprint.Of(EndReason.NodeLost), FailureFingerprint.Of(EndReason.Expired),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        // Stored: it must not change without a new version.
        Assert.Equal(0x628119765a5229f0, FailureFingerprint.Of(EndReason.Exit, 1, null, "x"));
    }

    private static string Of(string tail) => FailureText.Of(Encoding.UTF8.GetBytes(tail), sizes: null);

    /// <summary>The text of what a worker reports of two streams: the last 4 KiB of each, without the rest of a cut character.</summary>
    private static string OfStreams(string stdout, string stderr)
    {
        var (output, error) = (Encoding.UTF8.GetBytes(stdout), Encoding.UTF8.GetBytes(stderr));
        return FailureText.Of([.. EndOf(output), .. EndOf(error)], new OutputSizes(output.Length, error.Length, IsTruncated: false));

        static byte[] EndOf(byte[] bytes) => bytes.Length <= 4_096 ? bytes : [.. bytes[^4_096..].SkipWhile(static one => (one & 0xC0) == 0x80)];
    }
}
