using OrleansTasks.Tests;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProcessHostOutcomeTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    public async Task Completion_CommandExits_CarriesItsCode(string line, int code)
    {
        var outcome = await fixture.RunAsync(line);

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        Assert.Equal(code, outcome.ExitCode);
        Assert.Null(outcome.Signal);
        Assert.True(outcome.EndedAt >= outcome.StartedAt);
    }

    [Theory]
    [InlineData("KILL", "SIGKILL")]
    [InlineData("SEGV", "SIGSEGV")]
    [InlineData("PIPE", "SIGPIPE")]
    [InlineData("RTMIN", "SIGRTMIN")]
    [InlineData("RTMIN+1", "SIGRTMIN+1")]
    public async Task Completion_CommandDiesOfASignal_NamesIt(string signal, string name)
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("kill -$0 $$") with
        {
            Arguments = ["/bin/bash", "-c", $"kill -{signal} $$; sleep 60"],
        });

        Assert.Equal(ProcessEndReason.Signal, outcome.Reason);
        Assert.Equal(name, outcome.Signal);
        Assert.Null(outcome.ExitCode);
    }

    [Theory]
    [InlineData(-3_600)]
    [InlineData(3_600)]
    public async Task Completion_TheClockWasSetMeanwhile_TimesAreAsFarApartAsTheCommandTook(int seconds)
    {
        var time = new ManualTime();
        await using var host = new ProcessHost(new() { WorkFolderRoot = fixture.Root, SpawnThreads = 1 }, time);
        var sink = new CollectingSink();
        var running = host.Start(HostFixture.Shell("echo ready; read line") with
        {
            KeepsInputOpen = true, Output = sink,
        });
        await sink.SeesAsync("ready\n");

        time.StepWall(TimeSpan.FromSeconds(seconds));
        time.Advance(TimeSpan.FromSeconds(5));
        await running.WriteInputAsync("go\n"u8.ToArray());

        var outcome = await running.Completion.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(5), outcome.EndedAt - outcome.StartedAt);
    }

    [Fact]
    public async Task Completion_ProgramIsMissing_SaysSoInTheSystemsWords()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("") with { Arguments = ["no-such-program", "x"] });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start 'no-such-program': No such file or directory", outcome.Message);
        Assert.Null(outcome.ExitCode);
    }

    [Fact]
    public async Task Completion_ProgramMayNotBeRun_SaysSoInTheSystemsWords()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("") with { Arguments = ["/etc/passwd"] });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start '/etc/passwd': Permission denied", outcome.Message);
    }

    [Theory]
    [InlineData("/no/such/folder", "No such file or directory")]
    [InlineData("/etc/passwd", "Not a directory")]
    public async Task Completion_FolderIsBad_NamesTheFolder(string folder, string words)
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("pwd") with { WorkingDirectory = folder });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal($"cannot start in the folder '{folder}': {words}", outcome.Message);
    }

    [Fact]
    public async Task Completion_ArgumentsTooLong_SaysSoInTheSystemsWords()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell(new string('x', 200_000)));

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start '/bin/sh': Argument list too long", outcome.Message);
    }

    [Fact]
    public async Task Completion_CommandBurnsTime_CountsIt()
    {
        var outcome = await fixture.RunAsync("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");

        Assert.True(outcome.CpuTime > TimeSpan.FromMilliseconds(20), $"counted {outcome.CpuTime}");
    }

    [Fact]
    public void Start_NoProgram_Throws() => Assert.Throws<ArgumentException>(() =>
        fixture.Host.Start(new() { Arguments = [] }));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(50)]
    public void Start_TimeoutOutOfRange_Throws(int days) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        fixture.Host.Start(HostFixture.Shell("true") with { Timeout = TimeSpan.FromDays(days) }));

    [Fact]
    public async Task Cancel_GraceOfYears_IsNoError()
    {
        var running = fixture.Host.Start(HostFixture.Shell("exec sleep 600"));

        running.Cancel(TimeSpan.FromDays(10_000));

        Assert.Equal(ProcessEndReason.Cancelled, (await running.Completion).Reason);
    }

    [Fact]
    public void Start_NulInAnArgument_Throws() => Assert.Throws<ArgumentException>(() =>
        fixture.Host.Start(new() { Arguments = ["/bin/echo", "a\0b"] }));
}
