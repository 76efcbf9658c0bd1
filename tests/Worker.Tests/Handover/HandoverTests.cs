using System.Text;
using Google.Protobuf;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Hosting;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;
using OrleansTasks.Worker.Supervision;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Handover;

/// <summary>What one program writes down, another one reads as it was.</summary>
public sealed class HandoverTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    [Fact]
    public void Document_InAFile_IsReadOnceAsItWasWritten()
    {
        var document = new HandoverDocument { WrittenAt = 3, Instance = "i", FolderLock = -1, Agent = new AgentRecord { Sessions = { 4, 5 } }, Host = new() };
        Environment.SetEnvironmentVariable(HandoverFile.Variable, HandoverFile.MarkOf(HandoverFile.Write(document)));

        Assert.True(HandoverFile.IsLeft);
        Assert.Equal(document, HandoverFile.TakeOwn());
        Assert.Null(HandoverFile.TakeOwn());
        Assert.False(HandoverFile.IsLeft);
    }

    [Fact]
    public void Document_OfAnotherProcess_IsNotTaken()
    {
        Environment.SetEnvironmentVariable(HandoverFile.Variable, "0/1");
        Assert.Null(HandoverFile.TakeOwn());
    }

    [Fact]
    public void Deadlines_AreKept()
    {
        var time = new ManualTime();
        var before = new LeaseClock(time, TimeSpan.FromSeconds(2));
        before.Renew([("a", before.Now())], before.Now(), Lease);
        time.Advance(TimeSpan.FromSeconds(3));
        before.Renew([("b", before.Now())], before.Now(), Lease);
        before.NoteFence(before.Now());

        var after = new LeaseClock(time, TimeSpan.FromSeconds(2));
        after.Restore(LeaseRecord.Parser.ParseFrom(before.ToRecord().ToByteArray()));

        Assert.Equal(TimeSpan.FromSeconds(5), after.Left("a", 0));
        Assert.Equal(TimeSpan.FromSeconds(8), after.Left("b", 0));
        Assert.Equal(TimeSpan.Zero, after.Left("c", 0));
        Assert.True(after.IsFenced);
        Assert.Equal(before.FenceOf(7), after.FenceOf(7));
    }

    [Fact]
    public void Deadlines_OfAWorkerThatHeardNothing_AreNone()
    {
        var time = new ManualTime();
        var after = new LeaseClock(time, TimeSpan.FromSeconds(2));
        after.Restore(new LeaseClock(time, TimeSpan.FromSeconds(2)).ToRecord());
        Assert.Null(after.DeadlineOf("a", 0));
        Assert.False(after.IsFenced);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(100, 100)]
    [InlineData(20_000, 5)]
    [InlineData(20_000, 9_000)]
    public void Capture_ContinuedByAnother_IsThatOfOne(int before, int after)
    {
        var (whole, first) = (new OutputCapture(StandardStream.Output, 21_000), new OutputCapture(StandardStream.Output, 21_000));
        Add(whole, 0, before);
        Add(first, 0, before);
        var second = OutputCapture.Of(StandardStream.Output, 21_000, CaptureRecord.Parser.ParseFrom(first.ToRecord().ToByteArray()));
        Add(whole, before, after);
        Add(second, before, after);

        var (expected, actual) = (whole.ToCapture(), second.ToCapture());
        Assert.Equal((expected.KeptBytes, expected.WrittenBytes), (actual.KeptBytes, actual.WrittenBytes));
        Assert.Equal(expected.Head.ToArray(), actual.Head.ToArray());
        Assert.Equal(expected.Tail.ToArray(), actual.Tail.ToArray());
    }

    [Fact]
    public void Buffer_AtAPlace_ContinuesFromThere()
    {
        var before = StreamBuffer.At(0);
        before.Add(new byte[70_000]);
        before.Take(new Lease(), 1, 65_536, new OutputChunks(), []);
        before.Add("end"u8);
        var rest = new MemoryStream();
        before.CopyTo(rest);

        var after = StreamBuffer.At(before.Offset);
        after.Add(rest.ToArray());
        var message = new OutputChunks();
        after.Take(new Lease(), 1, int.MaxValue, message, []);

        Assert.Equal(70_000, message.Chunks[0].Offset);
        Assert.Equal(before.Length, after.Length + message.Chunks.Sum(static chunk => chunk.Data.Length));
        Assert.EndsWith("end", Encoding.UTF8.GetString([.. message.Chunks.SelectMany(static chunk => chunk.Data)]), StringComparison.Ordinal);
    }

    [Fact]
    public void HeldAttempts_AreReportedAgain()
    {
        var held = new HeldAttempts(slots: 1, startedDelay: 10, waitLimit: 100, new GpuIndexes([]), new CoreSet([]));
        var runs = held.AdoptRunning(StartOf(1), cancelWanted: true, StopCause.None, gpuIndexes: [], ownCores: [], now: 5)!;
        held.AdoptEnded(new Result { Lease = LeaseOf(2), ExitCode = 3 }, isSpooled: true, isPlain: false, now: 5);
        held.AdoptRefused(LeaseOf(3), isUnable: true, hadBegun: true);
        held.Gone.Add(4, refuse: false);

        Assert.Equal((1, AttemptPhase.Running, true), (held.Living, runs.Phase, runs.CancelWanted));
        Assert.Equal(3, held.Leases.Count());
        // A command that comes again does not run, and what is in the spool is not reported twice.
        Assert.Equal(StartDecision.Ignore, held.Receive(StartOf(1), 5, true, out _));
        Assert.Equal(StartDecision.Ignore, held.Receive(StartOf(4), 5, true, out _));
        held.Recover(new Result { Lease = LeaseOf(2) }, 5);
        var report = held.TakeReport(5)!.Message;
        Assert.Equal([LeaseOf(3), LeaseOf(1)], report.Started);
        Assert.Equal(3, Assert.Single(report.Results).ExitCode);
        Assert.Equal(LeaseOf(3), Assert.Single(report.Unable));
    }

    [Fact]
    public void Tokens_AreListedFromTheOldest()
    {
        var tokens = new RecentTokens(2);
        tokens.Add(1, refuse: true);
        tokens.Add(2, refuse: false);
        tokens.Add(3, refuse: true);
        Assert.Equal([((UInt128)2, false), (3, true)], tokens.All);
    }

    [Fact]
    public void Users_OfAdoptedCommands_AreGivenToNoOther()
    {
        var users = new TaskUsers(UserRange.Parse("300000-300002", "setpriv")!, static _ => false);
        Assert.Equal(300001u, users.TryAdopt(300001)!.Uid);
        Assert.Null(users.TryAdopt(400000));
        Assert.Equal(300002u, users.TryTake()!.Uid);
        Assert.Null(users.TryTake());
        Assert.Null(users.GiveBack(300001, null));
        Assert.Equal(300001u, users.TryTake()!.Uid);
    }

    [Theory]
    [InlineData("w1", "/d", "1", null)]
    [InlineData("w2", "/d", "1", "--name is now 'w1', and the running worker has 'w2'. Restart the worker instead.")]
    [InlineData("w1", "/e", "1", "--data is now '/d', and the running worker has '/e'. Restart the worker instead.")]
    [InlineData("w1", "/d", "0", "this program takes over from programs with handover version 1 only. Restart the worker instead.")]
    public void Terms_ThatDiffer_AreRefused(string name, string data, string version, string? fault)
    {
        var options = new WorkerOptions { Masters = [], Name = "w1", Slots = 1, Data = "/d" };
        var terms = HandoverTerms.Of(options with { Name = name, Data = data });
        Assert.Equal(fault, HandoverTerms.FaultOf(options, version + terms[1..]));
    }

    [Fact]
    public void Terms_OfAnotherUserOfTasks_AreRefused()
    {
        var options = new WorkerOptions { Masters = [], Name = "w1", Slots = 1, Data = "/d" };
        RunAsUser?[] users =
        [
            null, User(1000), User(1001), UserRange.Parse("300000-300009", "setpriv")!.AsReader(),
            UserRange.Parse("300000-300010", "setpriv")!.AsReader(),
        ];
        foreach (var before in users)
        {
            foreach (var now in users)
            {
                var fault = HandoverTerms.FaultOf(options with { RunAs = now }, HandoverTerms.Of(options with { RunAs = before }));
                if (before == now)
                    Assert.Null(fault);
                else
                    Assert.StartsWith("the user of tasks is now '", fault, StringComparison.Ordinal);
            }
        }

        static RunAsUser User(uint id) => new() { Name = "name", Uid = id, Gid = 1, Groups = [], Home = "/" };
    }

    [Fact]
    public unsafe void Document_IsTaken_ItsDescriptorsAreInheritedByNobody()
    {
        var ends = stackalloc int[4];
        Assert.Equal(0, Libc.pipe2(ends, 0));
        Assert.Equal(0, Libc.pipe2(ends + 2, 0));
        try
        {
            var attempt = new HeldRecord { Process = new ProcessRecord { OutputDescriptor = ends[1], ErrorDescriptor = ends[2] } };
            var document = new HandoverDocument { FolderLock = ends[0], Agent = new AgentRecord { Attempts = { attempt } }, Host = new() };
            Environment.SetEnvironmentVariable(HandoverFile.Variable, HandoverFile.MarkOf(HandoverFile.Write(document)));

            Assert.Equal(document, HandoverFile.TakeOwn());

            Assert.Equal(
                [true, true, true, false],
                new[] { ends[0], ends[1], ends[2], ends[3] }.Select(static end => (FlagsOf(end) & Libc.O_CLOEXEC) != 0));
        }
        finally
        {
            for (var i = 0; i < 4; i++)
                _ = Libc.close(ends[i]);
        }

        // The kernel shows the flags of a descriptor in octal, with its own among those of the file.
        static int FlagsOf(int descriptor) => Convert.ToInt32(
            File.ReadLines($"/proc/self/fdinfo/{descriptor}").First(static line => line.StartsWith("flags:", StringComparison.Ordinal))[6..].Trim(), 8);
    }

    [Fact]
    public unsafe void SupervisorsMark_IsReadAsItWas()
    {
        var ends = stackalloc int[2];
        Assert.Equal(0, Libc.pipe2(ends, Libc.O_CLOEXEC));
        try
        {
            foreach (var mark in (SupervisorMark[])[new(7, ends[0], 9, ("/a/b c", "i")), new(7, ends[0], null, null)])
            {
                Environment.SetEnvironmentVariable(SupervisorMark.Variable, mark.ToText());
                Assert.Equal(mark, SupervisorMark.TakeOwn());
            }

            Assert.Null(SupervisorMark.TakeOwn());
            Environment.SetEnvironmentVariable(SupervisorMark.Variable, new SupervisorMark(7, ends[0], 9, null).ToText().Replace($"/{ends[0]}/", "/0/", StringComparison.Ordinal));
            Assert.Null(SupervisorMark.TakeOwn());
        }
        finally
        {
            _ = Libc.close(ends[0]);
            _ = Libc.close(ends[1]);
        }
    }

    [Fact]
    public async Task FrozenHost_StartsReadsAndReapsNothing_AndContinues()
    {
        await using var fixture = new HostFixture();
        await fixture.InitializeAsync();
        var ready = Path.Combine(Path.GetTempPath(), $"otask-frozen-{Environment.ProcessId}");
        var running = fixture.Host.Start(HostFixture.Task($"echo 1; echo > {ready}; while [ -e {ready} ]; do sleep 0.01; done; echo 2"));
        await Files.WrittenFile.IsThere(ready);

        // Holds must be ended on the thread that took them.
        ProcessRecord? record = null;
        IRunningProcess? late = null;
        var thread = new Thread(() =>
        {
            using var freeze = fixture.Host.TryFreeze(TimeSpan.FromSeconds(30));
            record = freeze?.ToRecord(Assert.Single(freeze.Started));
            late = fixture.Host.Start(HostFixture.Shell("echo late"));
            File.Delete(ready);
        });
        thread.Start();
        thread.Join();

        Assert.True(record is
        {
            HasOutputDescriptor: true, HasErrorDescriptor: true, HasTimeoutIn: true, RunTime: > 0,
            HasStopReason: false, IsReaped: false,
        });
        Assert.Equal(running.ProcessId, record.Pid);
        Assert.Equal("1\n2\n", HostFixture.Text((await running.Completion).StandardOutput));
        Assert.Equal("late\n", HostFixture.Text((await late!.Completion).StandardOutput));
    }

    [Theory]
    [InlineData(true)]
    // Earlier versions wrote only the time of day of the start.
    [InlineData(false)]
    public async Task AdoptedCommand_Ends_HasRunSinceItsStart(bool hasRunTime)
    {
        var folder = Directory.CreateTempSubdirectory("otask-adopted-").FullName;
        var time = new ManualTime();
        var record = new ProcessRecord { StartedAt = (time.GetUtcNow() - TimeSpan.FromSeconds(9)).UtcTicks };
        if (hasRunTime)
        {
            record.RunTime = 7_000_000_000;
            time.StepWall(TimeSpan.FromHours(1));
        }

        TimeSpan took;
        await using (var host = new ProcessHost(new() { WorkFolderRoot = folder, SpawnThreads = 1 }, time))
        {
            var process = (RunningProcess)host.Adopt(HostFixture.Shell("true"), record, age: TimeSpan.FromSeconds(2));
            time.Advance(TimeSpan.FromSeconds(3));
            process.FailToStart(null);
            var outcome = await process.Completion;
            took = outcome.EndedAt - outcome.StartedAt;
        }

        Directory.Delete(folder, recursive: true);
        Assert.Equal(TimeSpan.FromSeconds(12), took);
    }

    private static void Add(OutputCapture capture, int from, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)((from + i) % 251);
        if (count > 0)
            capture.Add(bytes, count, null);
    }

    private static Lease LeaseOf(int number) => new()
    {
        TaskId = $"t{number}", Queue = "q", Attempt = 1, Token = ByteString.CopyFrom([.. new byte[15], (byte)number]),
    };

    private static Start StartOf(int number) => new() { Lease = LeaseOf(number) };
}
