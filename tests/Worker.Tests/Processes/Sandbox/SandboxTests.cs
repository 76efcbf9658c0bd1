using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Tests.Processes.Sandbox;

/// <summary>Commands in a sandbox: what they have, how they end, and what is left of them.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SandboxTests(SandboxFixture fixture) : IClassFixture<SandboxFixture>
{
    [Fact]
    public async Task Start_InASandbox_RunsInItsOwnFolder()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync("pwd; echo written >file; cat file; exit 7");

        Assert.Equal((ProcessEndReason.Exit, 7), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
        Assert.Matches("^/.*/attempt-.*\nwritten\n$", HostFixture.Text(outcome.StandardOutput));
    }

    [Theory]
    [InlineData("kill -TERM $$", "SIGTERM")]
    [InlineData("kill -KILL $$", "SIGKILL")]
    [InlineData("kill -SEGV $$", "SIGSEGV")]
    [InlineData("kill -USR1 $$", "SIGUSR1")]
    public async Task Start_CommandDiesOfASignal_EndsByTheSameSignal(string line, string signal)
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(line);

        Assert.Equal((ProcessEndReason.Signal, signal), (outcome.Reason, outcome.Signal));
    }

    [Fact]
    public async Task Start_WithCoresOfItsOwn_RunsOnlyThere()
    {
        fixture.SkipUnlessProven();
        var last = CoreAffinity.Own()[^1];

        var outcome = await fixture.RunAsync(fixture.Sandboxed("nproc; grep Cpus_allowed_list /proc/self/status") with
        {
            Limits = new() { Cores = [last] },
        });

        Assert.Equal($"1\nCpus_allowed_list:\t{last}\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Start_WithDevices_HasThoseOfTheMachine_AndWithoutNone()
    {
        fixture.SkipUnlessProven();
        Assert.SkipUnless(File.Exists("/dev/fuse"), "this machine has no /dev/fuse");
        var request = fixture.Sandboxed("ls -l /dev/fuse /dev/no-such 2>/dev/null | cut -c1; ls /dev | wc -l");

        var with = await fixture.RunAsync(request with { Sandbox = new() { Devices = ["fuse", "no-such"] } });
        var without = await fixture.RunAsync(request);

        var lines = HostFixture.Text(with.StandardOutput).Split('\n');
        Assert.Equal("c", lines[0]);
        Assert.Equal($"{int.Parse(lines[1], CultureInfo.InvariantCulture) - 1}\n", HostFixture.Text(without.StandardOutput));
    }

    [Fact]
    public async Task Start_ProgramIsMissing_SaysSo()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(fixture.Sandboxed("") with { Arguments = ["no-such-program"] });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start 'no-such-program' in its sandbox: No such file or directory", outcome.Message);
    }

    [Fact]
    public async Task Cancel_CommandHandlesSigterm_EndsInItsOwnWay()
    {
        fixture.SkipUnlessProven();
        var sink = new CollectingSink();
        var process = fixture.Host.Start(fixture.Sandboxed("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done") with { Output = sink });
        await sink.SeesAsync("ready");

        process.Cancel(TimeSpan.FromMinutes(1));
        var outcome = await process.Completion.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal((ProcessEndReason.Cancelled, 3), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
        Assert.Contains("bye", sink.OutputText);
    }

    [Fact]
    public async Task End_CommandLeavesProcesses_NoneOutlivesIt()
    {
        fixture.SkipUnlessProven();
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";

        var outcome = await fixture.RunAsync($"setsid -f sleep {mark}; (trap '' TERM HUP; sleep {mark} &) ; setsid -f sh -c 'setsid -f sleep {mark}'; exit 0");

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        Assert.Empty(SandboxFixture.ProcessesWith(mark));
    }

    [Fact]
    public async Task Kill_AnyProcessOfTheSandbox_LeavesNothing()
    {
        fixture.SkipUnlessProven();
        // The monitor itself, or all of its group.
        foreach (var whole in (bool[])[false, true])
        {
            var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";
            var sink = new CollectingSink();
            var process = fixture.Host.Start(fixture.Sandboxed($"setsid -f sleep {mark}; echo ready; sleep {mark}") with { Output = sink });
            await sink.SeesAsync("ready");

            _ = SandboxFixture.Kill(whole ? -process.ProcessId : process.ProcessId, 9);
            var outcome = await process.Completion.WaitAsync(TimeSpan.FromMinutes(2));

            Assert.Equal("SIGKILL", outcome.Signal);
            Assert.Empty(SandboxFixture.ProcessesWith(mark));
        }
    }

    [Fact]
    public async Task Limits_OfASandbox_HoldItsCommand()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(fixture.Sandboxed("ulimit -n; exec 9</dev/null; echo $?") with { Limits = new() { OpenFiles = 10 } });

        Assert.Equal("10\n0\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Input_AndResult_PassTheWalls()
    {
        fixture.SkipUnlessProven();
        var request = fixture.Sandboxed("cat; cat \"$TASK_INPUTS\"; printf '{\"a\":1}' >\"$TASK_RESULT\"") with
        {
            Input = "in "u8.ToArray(), Inputs = "{}"u8.ToArray(), TakesResult = true,
        };

        var outcome = await fixture.RunAsync(request);

        Assert.Equal("in {}", HostFixture.Text(outcome.StandardOutput));
        Assert.Equal("{\"a\":1}", System.Text.Encoding.UTF8.GetString(outcome.Result.Span));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InputWait_TheCommandReadsItsInput_IsSeen(bool isInSandbox)
    {
        fixture.SkipUnlessProven();
        Assert.SkipUnless(File.Exists("/proc/self/syscall"), "this kernel does not show system calls");
        var sink = new CollectingSink();
        var request = fixture.Sandboxed("echo ready; read line; echo $line; sleep 600") with
        {
            KeepsInputOpen = true, Output = sink,
        };
        var process = fixture.Host.Start(isInSandbox ? request : request with { Sandbox = null });
        await sink.SeesAsync("ready\n");

        Assert.True(SpinWait.SpinUntil(() => InputWait.IsStalled(process.ProcessId), TimeSpan.FromSeconds(30)));

        Assert.True(await process.WriteInputAsync("written\n"u8.ToArray()));
        await sink.SeesAsync("written\n");
        Assert.False(InputWait.IsStalled(process.ProcessId));
        process.KillNow();
        await process.Completion;
    }

    [Fact]
    public async Task Paths_ThatAreAllowed_CanBeReadOrWritten()
    {
        fixture.SkipUnlessProven();
        var request = fixture.Sandboxed($"cat {fixture.Allowed}/r/file; echo new >{fixture.Allowed}/w/made; echo bad >{fixture.Allowed}/r/file || echo refused") with
        {
            Sandbox = new() { Read = [$"{fixture.Allowed}/r"], Write = [$"{fixture.Allowed}/w"] },
        };

        var outcome = await fixture.RunAsync(request);

        Assert.Equal("content\nrefused\n", HostFixture.Text(outcome.StandardOutput));
        Assert.Equal("new\n", await File.ReadAllTextAsync($"{fixture.Allowed}/w/made", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/root")]
    [InlineData("/no-such-folder")]
    [InlineData("/")]
    public async Task Paths_ThatAreNotAllowed_FailTheStart(string path)
    {
        fixture.SkipUnlessProven();
        StartRequest[] requests =
        [
            fixture.Sandboxed("true") with { Sandbox = new() { Read = [path] } },
            fixture.Sandboxed("true") with { Sandbox = new() { Write = [path] } },
            fixture.Sandboxed("true") with { WorkingDirectory = path },
        ];

        foreach (var request in requests)
        {
            var outcome = await fixture.RunAsync(request);

            Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
            Assert.Equal($"cannot start '/bin/sh': the worker does not allow '{path}' in a sandbox (--sandbox-allow)", outcome.Message);
        }
    }

    [Fact]
    public async Task Paths_LinkOutOfWhatIsAllowed_FailsTheStart()
    {
        fixture.SkipUnlessProven();
        var link = $"{fixture.Allowed}/w/link";
        File.Delete(link);
        File.CreateSymbolicLink(link, "/root");

        var outcome = await fixture.RunAsync(fixture.Sandboxed("ls") with { Sandbox = new() { Read = [link] } });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
    }

    [Fact]
    public async Task Network_None_HasOnlyALoopbackOfItsOwn()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '");

        Assert.Equal("lo\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Proof_CommandNeverEnds_CanBeStopped_AndLeavesNothing()
    {
        fixture.SkipUnlessProven();
        using var sandboxes = new SandboxHost([], Path.Combine(fixture.Root, "stopped", "work"), user: null);
        Assert.Null(sandboxes.Refusal);
        var id = Libc.geteuid();
        var plan = new SandboxPlan
        {
            Programs = ["/bin/sh"], Folder = "/tmp", Mounts = [],
            User = id == 0
                ? new(SandboxHost.NobodyElse, SandboxHost.NobodyElse, [], 0, 0, IsMapped: false)
                : new(id, Libc.getegid(), [], id, Libc.getegid(), IsMapped: false),
        };
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";
        string[] command = ["/bin/sh", "-c", $"sleep {mark}; exit"];
        var process = new ProofProcess();
        var running = Task.Run(() => SandboxStart.Run(sandboxes, plan, command, process, out _));
        Assert.True(
            SpinWait.SpinUntil(() => running.IsCompleted || SandboxFixture.ProcessesWith(mark).Count() > 2, TimeSpan.FromMinutes(1)),
            "the command did not start");

        process.Stop();

        Assert.Null(await running.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.Empty(SandboxFixture.ProcessesWith(mark));
        Assert.Equal(ProofProcess.Stopped, SandboxStart.Run(sandboxes, plan, command, process, out _));
    }

    [Fact]
    public void Launcher_Code_IsWhatTheAssemblerMakes()
    {
        foreach (var (name, architecture, prefix) in (ReadOnlySpan<(string, Architecture, string)>)
            [("x64", Architecture.X64, ""), ("arm64", Architecture.Arm64, "aarch64-linux-gnu-")])
        {
            var source = Path.Combine(SandboxFixture.SourceFolder, $"launcher-{name}.s");
            if (!File.Exists($"/usr/bin/{prefix}as") || !File.Exists($"/usr/bin/{prefix}objcopy")) continue;
            var made = Path.Combine(fixture.Root, name);
            SandboxFixture.RunProgram($"/usr/bin/{prefix}as", source, "-o", made + ".o");
            SandboxFixture.RunProgram($"/usr/bin/{prefix}objcopy", "-O", "binary", "-j", ".text", made + ".o", made);

            Assert.Equal(File.ReadAllBytes(made), Launcher.Code(architecture));
        }
    }
}
