using Grpc.Core;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Commands with input files and artifacts, by a worker that runs them for real.</summary>
public sealed class AgentFileTests
{
    private readonly ScriptedFiles files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Register_SaysWhetherFilesAreTaken(bool takes)
    {
        await using var fixture = await new AgentFixture(o => o.TakesFiles = takes).Started();

        Assert.Equal(takes, (await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.Files);
    }

    [Fact]
    public async Task Start_WithInputsAndArtifacts_BothTravel()
    {
        await using var fixture = await Started();
        var start = WithFiles(
            fixture.Shell("./lib/twice.sh data/a.txt > out.txt && printf '' > empty && test ! -x data/a.txt"),
            [files.Add("data/a.txt", "seven\n"u8.ToArray()), files.Add("lib/twice.sh", "#!/bin/sh\ncat $1 $1\n"u8.ToArray(), isExecutable: true)],
            [Pattern("*"), Pattern("none/*", isOptional: true)]);
        fixture.Master.Send(start);

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.Exit, 0, 2, 12L), (result.Reason, result.ExitCode, result.ArtifactCount, result.ArtifactBytes));
        Assert.Equal(["empty", "out.txt"], files.Named.Select(static artifact => artifact.Path));
        Assert.Equal("seven\nseven\n"u8.ToArray(), files.Find(files.Named[1].Name));
        Assert.Equal([start.Lease], files.Leases.Keys);
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Start_InputIsTheProgram_CanBeStartedWhileOthersStart()
    {
        await using var fixture = await Started(static o => (o.Slots, o.SlotWait) = (4, TimeSpan.FromMinutes(1)));
        var program = files.Add("bin/program", await File.ReadAllBytesAsync("/bin/true", Cancellation), isExecutable: true);
        var starts = Enumerable.Range(0, 600).Select(i => i % 3 > 0 ? fixture.Argv("/bin/true") : WithFiles(fixture.Argv("bin/program"), [program], []));
        foreach (var some in starts.Chunk(30))
        {
            fixture.Master.Send(some);
            foreach (var _ in some)
            {
                var result = await fixture.Master.NextResult();
                Assert.True(result.Reason == Result.Types.Reason.Exit && result.ExitCode == 0, result.Tail.ToStringUtf8());
            }
        }
    }

    [Fact]
    public async Task Start_TheSameInputsAgain_AreNotFetchedAgain()
    {
        await using var fixture = await Started();
        var input = files.Add("a", FakePlane.Bytes(1, 100_000));
        for (var i = 0; i < 3; i++)
        {
            fixture.Master.Send(WithFiles(fixture.Shell("test $(wc -c < a) = 100000"), [input], []));
            Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
        }

        Assert.Equal(1, files.Fetches);
    }

    [Fact]
    public async Task Start_ArtifactThatTheServiceHas_IsNamedAndNotSent()
    {
        await using var fixture = await Started();
        fixture.Master.Send(WithFiles(fixture.Shell("cat a > b"), [files.Add("a", FakePlane.Bytes(1, 100))], [Pattern("b")]));

        Assert.Equal(1, (await fixture.Master.NextResult()).ArtifactCount);

        Assert.Equal(0, files.Stores);
        Assert.Equal("b", Assert.Single(files.Named).Path);
    }

    [Theory]
    [InlineData("true", Result.Types.Reason.ArtifactMissing, "No file matches the artifact pattern 'out/*'.")]
    [InlineData("mkdir out; head -c 2000 /dev/zero > out/x", Result.Types.Reason.ArtifactTooLarge, "more than 1000 bytes, at 'out/x'.")]
    [InlineData("mkdir out; ln -s /etc/passwd out/x", Result.Types.Reason.ArtifactMissing, "'out/x' is a symbolic link.")]
    public async Task Start_ArtifactsThatCannotBeKept_FailTheAttempt(string line, Result.Types.Reason reason, string tail)
    {
        await using var fixture = await Started();
        var start = WithFiles(fixture.Shell(line), [], [Pattern("out/*")]);
        start.Files.MaxArtifactBytes = 1_000;
        fixture.Master.Send(start);

        var result = await fixture.Master.NextResult();

        Assert.Equal((reason, 0, 0), (result.Reason, result.ExitCode, result.ArtifactCount));
        Assert.EndsWith(tail, result.Tail.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Empty(files.Named);
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Start_CommandFails_KeepsOnlyWhatIsWantedThen()
    {
        await using var fixture = await Started();
        fixture.Master.Send(WithFiles(
            fixture.Shell("echo 1 > out; echo 2 > log; exit 3"), [], [Pattern("out"), Pattern("log", onEnded: true), Pattern("lost", onEnded: true)]));

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.Exit, 3, 1), (result.Reason, result.ExitCode, result.ArtifactCount));
        Assert.Equal("log", Assert.Single(files.Named).Path);
    }

    [Fact]
    public async Task Start_TimeoutWhileRunning_KeepsWhatIsWantedThen()
    {
        await using var fixture = await Started();
        var start = WithFiles(fixture.Shell("echo 2 > log; exec sleep 100"), [], [Pattern("log", onEnded: true)]);
        start.TimeoutMs = 200;
        fixture.Master.Send(start);

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.Timeout, 1), (result.Reason, result.ArtifactCount));
    }

    [Theory]
    [InlineData(FileOutcome.FileUnknown, "does not have sha256:")]
    [InlineData(FileOutcome.FileInvalid, "refuses sha256:")]
    public async Task Fetch_IsRefused_FailsTheAttemptBeforeItsCommand(FileOutcome outcome, string tail)
    {
        await using var fixture = await Started();
        var ran = Path.Combine(fixture.Folder, "ran");
        files.Outcome = call => call == "fetch" ? outcome : FileOutcome.FileOk;
        fixture.Master.Send(WithFiles(fixture.Shell($"touch {ran}"), [files.Add("a", [1])], []));

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.FileUnavailable, false), (result.Reason, result.HasExitCode));
        Assert.Contains(tail, result.Tail.ToStringUtf8(), StringComparison.Ordinal);
        Assert.False(File.Exists(ran));
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Fetch_ServiceHasNoSuchCall_FailsTheAttempt()
    {
        await using var fixture = await Started();
        fixture.Master.Files = null;
        fixture.Master.Send(WithFiles(fixture.Shell("true"), [files.Add("a", [1])], []));

        var result = await fixture.Master.NextResult();

        Assert.Equal(
            (Result.Types.Reason.FileUnavailable,
                "The inputs cannot be fetched: the service has no files for workers."),
            (result.Reason, result.Tail.ToStringUtf8()));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/tmp/a")]
    [InlineData("a/../../b")]
    public async Task Start_InputOutsideTheFolder_FailsTheAttempt(string path)
    {
        await using var fixture = await Started();
        fixture.Master.Send(WithFiles(fixture.Shell("true"), [files.Add(path, [1])], []));

        var result = await fixture.Master.NextResult();

        Assert.Equal(Result.Types.Reason.FileUnavailable, result.Reason);
        Assert.Contains("its path", result.Tail.ToStringUtf8(), StringComparison.Ordinal);
        AssertNothingIsLeft(fixture);
    }

    [Theory]
    [InlineData(31, 1)]
    [InlineData(32, -1)]
    [InlineData(32, long.MaxValue)]
    [InlineData(32, 2)]
    public async Task Start_InputIsNotWhatItIsSaidToBe_FailsTheAttempt(int nameLength, long size)
    {
        await using var fixture = await Started();
        var input = files.Add("a", [1]);
        (input.Name, input.Size) = (Google.Protobuf.ByteString.CopyFrom(input.Name.Span[..nameLength]), size);
        fixture.Master.Send(WithFiles(fixture.Shell("true"), [input], []));

        Assert.Equal(Result.Types.Reason.FileUnavailable, (await fixture.Master.NextResult()).Reason);
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Start_FilesForAWorkerThatTakesNone_Fails()
    {
        await using var fixture = await new AgentFixture().Started();
        fixture.Master.Send(WithFiles(fixture.Shell("true"), [files.Add("a", [1])], []));

        Assert.Equal(Result.Types.Reason.SpawnFailed, (await fixture.Master.NextResult()).Reason);
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("missing")]
    [InlineData("store")]
    [InlineData("name")]
    public async Task Call_BreaksAFewTimes_IsRepeated(string call)
    {
        await using var fixture = await Started();
        var left = 3;
        files.Before = (now, _) => now == call && Interlocked.Decrement(ref left) >= 0
            ? throw CallError.Of(StatusCode.Unavailable, "the connection broke") : Task.CompletedTask;
        files.Outcome = now => now == call && Interlocked.Decrement(ref left) == -2 ? FileOutcome.FileSessionOver : FileOutcome.FileOk;
        fixture.Master.Send(WithFiles(
            fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]));

        Assert.Equal((0, 1), (await fixture.Master.NextResult()) is var result ? (result.ExitCode, result.ArtifactCount) : default);
        Assert.True(left < 0);
    }

    [Fact]
    public async Task Store_ServiceIsFull_FailsTheAttempt()
    {
        await using var fixture = await Started();
        files.Outcome = static call => call == "store" ? FileOutcome.FileStoreFull : FileOutcome.FileOk;
        fixture.Master.Send(WithFiles(fixture.Shell("echo 1 > a"), [], [Pattern("a")]));

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.FileUnavailable, 0, 0), (result.Reason, result.ExitCode, result.ArtifactCount));
        Assert.Contains("no room", result.Tail.ToStringUtf8(), StringComparison.Ordinal);
        AssertNothingIsLeft(fixture);
    }

    [Theory]
    [InlineData("fetch", false)]
    [InlineData("missing", false)]
    [InlineData("store", false)]
    [InlineData("name", false)]
    [InlineData("fetch", true)]
    [InlineData("missing", true)]
    [InlineData("store", true)]
    [InlineData("name", true)]
    public async Task Stop_DuringEachCall_EndsItAndGivesTheSpaceBack(string call, bool isKill)
    {
        await using var fixture = await Started();
        var reached = Blocked(call);
        var start = WithFiles(fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]);
        fixture.Master.Send(start);
        await reached;

        fixture.Master.Send(isKill ? new Commands { Kill = { start.Lease } } : new Commands { Cancel = { start.Lease } });

        var result = await fixture.Master.NextResult();
        Assert.Equal(
            (isKill ? Result.Types.Reason.NodeLost : Result.Types.Reason.Cancelled, 0), (result.Reason, result.ArtifactCount));
        // The worker does not wait for a call that it has cancelled, and one that it has not cancelled never ends.
        await Until(() => files.InProgress == 0);
        AssertNothingIsLeft(fixture);
        // The slot is free again.
        files.Before = static (_, _) => Task.CompletedTask;
        fixture.Master.Send(WithFiles(fixture.Shell("cat a"), [files.Add("a", [7])], []), fixture.Shell("true"));
        Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
        Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_WhileInputsArePutIntoTheFolder_EndsThat(bool isKill)
    {
        await using var fixture = await Started();
        var input = files.Add("0", FakePlane.Bytes(1, 50_000));
        var inputs = Enumerable.Range(0, 10_000).Select(i => new TaskInput(input) { Path = $"{i}" }).ToArray();
        var ran = Path.Combine(fixture.Folder, "ran");
        var start = WithFiles(fixture.Shell($"touch {ran}"), inputs, []);
        fixture.Master.Send(start);
        await Until(() => FilesInWork(fixture).Any());

        fixture.Master.Send(isKill ? new Commands { Kill = { start.Lease } } : new Commands { Cancel = { start.Lease } });

        var result = await fixture.Master.NextResult();
        Assert.Equal(isKill ? Result.Types.Reason.NodeLost : Result.Types.Reason.Cancelled, result.Reason);
        Assert.False(File.Exists(ran));
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Timeout_CountsFromTheCommandsStart()
    {
        await using var fixture = await Started();
        var input = files.Add("0", FakePlane.Bytes(1, 50_000));
        var inputs = Enumerable.Range(0, 10_000).Select(i => new TaskInput(input) { Path = $"{i}" }).ToArray();
        var start = WithFiles(fixture.Shell("exec sleep 100"), inputs, []);
        // Putting them takes longer.
        start.TimeoutMs = 50;
        fixture.Master.Send(start);

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.Timeout, "SIGTERM"), (result.Reason, result.Signal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_WhileArtifactsAreCollected_EndsThat(bool isKill)
    {
        await using var fixture = await Started();
        // A file that nobody reads to its end.
        var start = WithFiles(fixture.Shell("truncate -s 1T holes"), [], [Pattern("*")]);
        start.Files.MaxArtifactBytes = 1L << 41;
        fixture.Master.Send(start);
        await Until(() => CopiesOf(fixture).Any());
        Assert.Null(fixture.Host.TryFreeze(TimeSpan.FromMilliseconds(50)));

        fixture.Master.Send(isKill ? new Commands { Kill = { start.Lease } } : new Commands { Cancel = { start.Lease } });

        var result = await fixture.Master.NextResult();
        Assert.Equal(
            (isKill ? Result.Types.Reason.NodeLost : Result.Types.Reason.Cancelled, 0), (result.Reason, result.ArtifactCount));
        AssertNothingIsLeft(fixture);
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("store")]
    public async Task Transfer_HoldsTheSlotOfItsAttempt(string call)
    {
        await using var fixture = await Started(static o => (o.Slots, o.SlotWait) = (1, TimeSpan.FromMinutes(1)));
        var go = new TaskCompletionSource();
        var reached = Blocked(call, go.Task);
        fixture.Master.Send(WithFiles(fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]));
        await reached;
        var ran = Path.Combine(fixture.Folder, "ran");
        fixture.Master.Send(fixture.Shell($"touch {ran}"));
        await HeldByNextHeartbeat(fixture, 2);
        Assert.False(File.Exists(ran));
        go.SetResult();

        Assert.Equal(1, (await fixture.Master.NextResult()).ArtifactCount);
        Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Theory]
    [InlineData("fetch", false)]
    [InlineData("store", true)]
    public async Task Shutdown_DuringATransfer_PutsTheAttemptBackOrReportsItAsLost(string call, bool hadBegun)
    {
        // An attempt whose command has not begun has no use for the time that commands have to end.
        await using var fixture = await Started(o => o.Drain = hadBegun ? TimeSpan.Zero : TimeSpan.FromHours(1));
        var reached = Blocked(call);
        var start = WithFiles(fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]);
        fixture.Master.Send(start);
        await reached;
        await fixture.Agent.StopAsync(Cancellation);

        var (refused, started) = (false, false);
        while (!refused)
        {
            var told = await fixture.Master.Told.ReadAsync(Cancellation);
            Assert.Empty(told.Results);
            started |= told.Started.Contains(start.Lease);
            refused = told.Refused.Contains(start.Lease);
        }

        Assert.True(started || !hadBegun);
        Assert.Empty(files.Named);
        AssertNothingIsLeft(fixture);
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("store")]
    public async Task Lease_LapsesDuringATransfer_EndsIt(string call)
    {
        await using var fixture = await Started(static o => o.KillMargin = TimeSpan.FromMilliseconds(100), leaseMs: 1_500);
        var reached = Blocked(call);
        var start = WithFiles(fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]);
        fixture.Master.Send(start);
        await reached;
        fixture.Master.OnStatus = static _ => throw CallError.Of(StatusCode.Unavailable, "gone");

        var result = await fixture.Master.NextResult();

        Assert.Equal((Result.Types.Reason.NodeLost, 0), (result.Reason, result.ArtifactCount));
        AssertNothingIsLeft(fixture);
    }

    [Fact]
    public async Task Handover_WhileInputsAreFetched_HandsTheCommandOnAndItRunsIfNoProgramTakesOver()
    {
        await using var fixture = await Started();
        var go = new TaskCompletionSource();
        var reached = Blocked("fetch", go.Task);
        var start = WithFiles(fixture.Shell("cat a a > b"), [files.Add("a", FakePlane.Bytes(1, 50_000))], [Pattern("b")]);
        fixture.Master.Send(start);
        await reached;

        var record = Assert.Single(Hold(fixture, go)!.Attempts);

        Assert.Equal(start, record.Start);
        Assert.True(record.Process is null && record.Result is null && !record.IsRefused);
        Assert.Equal(1, (await fixture.Master.NextResult()).ArtifactCount);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("store")]
    [InlineData("name")]
    public async Task Handover_WhileArtifactsAreStored_IsRefusedAndTheyAreStored(string call)
    {
        await using var fixture = await Started();
        var go = new TaskCompletionSource();
        var reached = Blocked(call, go.Task);
        fixture.Master.Send(WithFiles(fixture.Shell("echo 1 > b"), [], [Pattern("b")]));
        await reached;

        Assert.Null(Hold(fixture, go));

        Assert.Equal(1, (await fixture.Master.NextResult()).ArtifactCount);
        Assert.NotNull(Hold(fixture, go));
    }

    /// <summary>Returns what another program would take over, and lets the agent continue; what waits for the signal continues too.</summary>
    private static AgentRecord? Hold(AgentFixture fixture, TaskCompletionSource go)
    {
        var limit = TimeSpan.FromSeconds(10);
        using var freeze = fixture.Host.TryFreeze(limit);
        Assert.NotNull(freeze);
        var record = fixture.Agent.TryHold(freeze, new HashSet<RunningProcess>(), limit);
        go.TrySetResult();
        if (record is not null)
            fixture.Agent.Resume();
        return record;
    }

    private static ArtifactPattern Pattern(string pattern, bool isOptional = false, bool onEnded = false) =>
        new() { Pattern = pattern, Optional = isOptional, OnEnded = onEnded };

    private static Start WithFiles(Start start, TaskInput[] inputs, ArtifactPattern[] patterns)
    {
        start.Files = new TaskFiles { Inputs = { inputs }, Artifacts = { patterns }, MaxArtifactBytes = 1_000_000 };
        return start;
    }

    /// <summary>Neither in a working folder nor among what is being fetched or copied.</summary>
    private static void AssertNothingIsLeft(AgentFixture fixture)
    {
        Assert.Empty(FilesInWork(fixture));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(fixture.Folder, "agent", "cache", "new")));
        Assert.Empty(CopiesOf(fixture));
    }

    private static IEnumerable<string> FilesInWork(AgentFixture fixture) =>
        Directory.EnumerateDirectories(Path.Combine(fixture.Folder, "work")).SelectMany(Directory.EnumerateFileSystemEntries);

    /// <summary>The open files of the cache's folder.</summary>
    private static IEnumerable<string> CopiesOf(AgentFixture fixture) => Directory.GetFiles("/proc/self/fd")
        .Select(static path => new FileInfo(path).LinkTarget ?? "")
        .Where(target => target.StartsWith(Path.Combine(fixture.Folder, "agent", "cache"), StringComparison.Ordinal));

    private static async Task Until(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), "Not within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
        }
    }

    private static async Task HeldByNextHeartbeat(AgentFixture fixture, int attempts)
    {
        while ((await fixture.Master.Reports.ReadAsync(Cancellation)).Held.Count < attempts)
        {
        }
    }

    /// <summary>Completes when a call is reached, which then waits until it is cancelled, or for a signal.</summary>
    private Task Blocked(string call, Task? go = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        files.Before = async (now, cancellation) =>
        {
            if (now != call)
                return;
            reached.TrySetResult();
            await (go ?? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation));
        };
        return reached.Task;
    }

    private async Task<AgentFixture> Started(Action<Worker.Agent.AgentOptions>? configure = null, long leaseMs = 10_000)
    {
        var fixture = new AgentFixture(o =>
        {
            o.TakesFiles = true;
            configure?.Invoke(o);
        });
        fixture.Master.Files = files;
        (fixture.Master.LeaseMs, fixture.Master.HeartbeatMs) = (leaseMs, 200);
        return await fixture.Started();
    }
}
