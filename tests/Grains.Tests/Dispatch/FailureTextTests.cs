using System.Text;
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
    [InlineData(".-")]
    [InlineData("a.")]
    [InlineData("a/")]
    [InlineData("-1")]
    [InlineData(":a")]
    public void Of_LinesOfOnePattern_CostLittle(string pattern)
    {
        var line = "error " + string.Concat(Enumerable.Repeat(pattern, 500)) + "\n";
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 100; i++)
            Of(line + line);
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.True(took < TimeSpan.FromSeconds(4), $"{took} for 100 failures.");
    }

    [Fact]
    public void Of_AnyBytes_EndsSoon()
    {
        var random = new Random(2);
        for (var run = 0; run < 300; run++)
        {
            var bytes = new byte[random.Next(40_000)];
            random.NextBytes(bytes);
            if (run % 3 == 0)
                bytes.AsSpan().Fill((byte)"0a:/.- \n\e"[random.Next(9)]);
            var text = FailureText.Of(bytes);
            Assert.True(text.Length <= 900, $"{text.Length} characters of text.");
            Assert.Equal(text, FailureText.Of(bytes));
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
        Assert.Equal(unchecked((long)0xf7ca81cb1e244367), FailureFingerprint.Of(EndReason.Exit, 1, null, "x"));
    }

    private static string Of(string tail) => FailureText.Of(Encoding.UTF8.GetBytes(tail));
}
