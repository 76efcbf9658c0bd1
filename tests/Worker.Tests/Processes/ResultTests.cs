using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>What commands leave as their results, whatever they put in the result's place.</summary>
public sealed class ResultTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Theory]
    [InlineData("true", "")]
    [InlineData("printf '{\"a\": 1}\\n' > $TASK_RESULT", "{\"a\": 1}\n")]
    [InlineData("printf null > $TASK_RESULT", "null")]
    [InlineData("printf '\"%65534s\"' > $TASK_RESULT", null)]
    [InlineData("test ! -e $TASK_RESULT; cd ..; printf 1 > f; mv f $TASK_RESULT", "1")]
    public async Task Command_LeavesAResult_ItIsTakenAsItIs(string line, string? result)
    {
        var outcome = await RunAsync(line);

        Assert.Equal((ProcessEndReason.Exit, 0, null), (outcome.Reason, outcome.ExitCode, outcome.Message));
        Assert.Equal(result ?? '"' + new string(' ', 65_534) + '"', Encoding(outcome));
    }

    [Theory]
    [InlineData(": > $TASK_RESULT", "The result is not JSON: the file is empty.")]
    [InlineData("printf '{\\n \"a\" 1}' > $TASK_RESULT", "The result is not JSON: error at byte 6 of line 2.")]
    [InlineData("printf '1 2' > $TASK_RESULT", "The result is not JSON: error at byte 3 of line 1.")]
    [InlineData("printf '\"\\377\"' > $TASK_RESULT", "The result is not UTF-8.")]
    [InlineData("printf '\"%65535s\"' > $TASK_RESULT", "The result has more than 65536 bytes.")]
    [InlineData("ln -s /etc/hostname $TASK_RESULT", "The result is a symbolic link.")]
    [InlineData("mkfifo $TASK_RESULT", "The result is not a regular file.")]
    [InlineData("mkdir $TASK_RESULT; touch $TASK_RESULT/file", "The result is not a regular file.")]
    public async Task Command_LeavesNoResult_FailsAndSaysWhy(string line, string message)
    {
        var outcome = await RunAsync(line);

        Assert.Equal((ProcessEndReason.BadResult, 0, message), (outcome.Reason, outcome.ExitCode, outcome.Message));
        Assert.True(outcome.Result.IsEmpty);
    }

    [Theory]
    [InlineData("printf 1 > $TASK_RESULT; exit 3", ProcessEndReason.Exit)]
    [InlineData("printf x > $TASK_RESULT; kill -9 $$", ProcessEndReason.Signal)]
    public async Task Command_Fails_ItsResultDoesNotCount(string line, ProcessEndReason reason)
    {
        var outcome = await RunAsync(line);

        Assert.Equal((reason, true), (outcome.Reason, outcome.Result.IsEmpty));
    }

    [Fact]
    public async Task Command_HasItsResultApartFromItsFolder_AndNothingOfItStays()
    {
        var outcome = await RunAsync("printf 1 > $TASK_RESULT; ls -A; stat -c %a ${TASK_RESULT%/*}; echo $TASK_RESULT; pwd");

        var lines = HostFixture.Text(outcome.StandardOutput).Split('\n');
        Assert.Equal("700", lines[0]);
        Assert.False(Path.Exists(lines[1]));
        Assert.NotEqual(Path.GetDirectoryName(lines[1]), lines[2]);
        // The folder may be there again, for another attempt, under another name.
        Assert.False(Path.Exists(Path.GetDirectoryName(lines[1])));
    }

    [Fact]
    public async Task Command_MayLeaveNone_FindsNoPlaceForIt()
    {
        var outcome = await fixture.RunAsync("echo \"<$TASK_RESULT>\"");

        Assert.Equal("<>\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Command_RunsInAFolderOfItsOwnChoice_HasAResult()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("printf 1 > $TASK_RESULT; pwd") with
        {
            TakesResult = true, WorkingDirectory = "/tmp",
        });

        Assert.Equal(("/tmp\n", "1"), (HostFixture.Text(outcome.StandardOutput), Encoding(outcome)));
    }

    [Fact]
    public async Task Command_HasInputs_FindsThemInAFileOfItsOwn()
    {
        var inputs = System.Text.Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', 1 << 20) + "\"}");

        const string Line = "stat -c %a $TASK_INPUTS; sha256sum < $TASK_INPUTS; echo $TASK_INPUTS; echo \"<$TASK_RESULT>\"; ls -A";

        var outcome = await fixture.RunAsync(HostFixture.Shell(Line) with { Inputs = inputs });

        var lines = HostFixture.Text(outcome.StandardOutput).Split('\n');
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(inputs));
        Assert.Equal(("600", hash + "  -", "<>", ""), (lines[0], lines[1], lines[3], lines[4]));
        Assert.False(Path.Exists(Path.GetDirectoryName(lines[2])));
    }

    [Fact]
    public async Task Command_HasInputsAndResult_BothAreThere()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("cp $TASK_INPUTS $TASK_RESULT; rm $TASK_INPUTS") with
        {
            Inputs = "{}"u8.ToArray(), TakesResult = true, WorkingDirectory = "/tmp",
        });

        Assert.Equal("{}", Encoding(outcome));
    }

    private Task<ProcessOutcome> RunAsync(string line) =>
        fixture.RunAsync(HostFixture.Shell(line) with { TakesResult = true });

    private static string Encoding(ProcessOutcome outcome) => System.Text.Encoding.UTF8.GetString(outcome.Result.Span);
}
