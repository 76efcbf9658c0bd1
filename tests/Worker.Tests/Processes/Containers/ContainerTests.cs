using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Tests.Processes.Sandbox;

namespace OrleansTasks.Worker.Tests.Processes.Containers;

/// <summary>
/// Commands in containers of the real podman or docker: what they have, how they end, and what is left of them.
/// </summary>
[Trait("Needs", "containers")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ContainerTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    private const int SIGKILL = 9, SIGSTOP = 19;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_InAContainer_RunsInItsOwnFolder_AndExitsWithItsCode()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync("pwd; echo written >file; cat file; echo fault >&2; ls /; exit 7");

        Assert.Equal((ProcessEndReason.Exit, 7), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
        // The first line is the folder, not what the entry point prints.
        Assert.Matches("\\A/.*/attempt-.*\nwritten\nbin\n", HostFixture.Text(outcome.StandardOutput));
        Assert.Equal("fault\n", HostFixture.Text(outcome.StandardError));
        Assert.Empty(ContainerFixture.Containers());
        Assert.DoesNotContain(
            Directory.EnumerateDirectories(fixture.Work, "attempt-*"),
            static folder => Directory.EnumerateFileSystemEntries(folder).Any());
    }

    [Fact]
    public async Task Start_InAContainer_HasItsEnvironmentAndTheImages()
    {
        fixture.SkipUnlessProven();

        const string Line = "echo $FROM_IMAGE; echo \"$VALUE\"; echo $TASK_ATTEMPT; echo ${CONTAINERS_CONF-none}";
        var outcome = await fixture.RunAsync(ContainerFixture.Contained(Line) with
        {
            Environment = [new("VALUE", "a \"b\" '$c' # =d "), new("TASK_ATTEMPT", "3")],
        });

        Assert.Equal("yes\na \"b\" '$c' # =d \n3\nnone\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Start_EnvironmentWithALineBreak_IsRefused()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(
            ContainerFixture.Contained("true") with { Environment = [new("KEY", "a\nPATH=/evil")] });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Contains("'KEY' has a line break", outcome.Message);
    }

    [Fact]
    public async Task Start_WithCoresOfItsOwn_RunsOnlyThere()
    {
        fixture.SkipUnlessProven();
        var last = CoreAffinity.Own()[^1];

        var outcome = await fixture.RunAsync(
            ContainerFixture.Contained("while read name value; do case $name in Cpus_allowed_list:) echo $value;; esac; done </proc/self/status")
                with { Limits = new() { Cores = [last] } });

        Assert.Equal($"{last}\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Start_WithInput_ReadsItToItsEnd()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(ContainerFixture.Contained("wc -c") with { Input = new byte[300_000] });

        Assert.Equal("300000", HostFixture.Text(outcome.StandardOutput).Trim());
    }

    [Fact]
    public async Task Start_LeavesAResult_ItIsTaken()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(
            ContainerFixture.Contained("echo '{\"a\":1}' >$TASK_RESULT") with { TakesResult = true });

        Assert.Equal("{\"a\":1}", global::System.Text.Encoding.UTF8.GetString(outcome.Result.Span).Trim());
    }

    [Fact]
    public async Task Start_KeepsTheEntryPoint_OnlyIfAskedTo()
    {
        fixture.SkipUnlessProven();
        var request = ContainerFixture.Contained("") with { Arguments = ["echo", "hello"] };

        var with = await fixture.RunAsync(
            request with { Container = request.Container! with { KeepsEntrypoint = true } });
        var without = await fixture.RunAsync(request);

        Assert.Equal("entry\nhello\n", HostFixture.Text(with.StandardOutput));
        Assert.Equal("hello\n", HostFixture.Text(without.StandardOutput));
    }

    [Theory]
    [InlineData(null, "0 0")]
    [InlineData("1000", "1000 1000")]
    [InlineData("worker", "1000 1000")]
    [InlineData("7:8", "7 8")]
    public async Task Start_AsAUserOfTheImage_OwnsItsFolder(string? user, string ids)
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("a task cannot choose its user");
        var request = ContainerFixture.Contained(
            "echo $(id -u) $(id -g); echo x >made && cat made; cat /proc/self/uid_map");

        var outcome = await fixture.RunAsync(request with { Container = request.Container! with { User = user } });

        var lines = HostFixture.Text(outcome.StandardOutput).Split('\n');
        Assert.Equal([ids, "x"], lines[..2]);
        if (Environment.UserName == "root") Assert.Contains($"{ContainerEngine.FirstUser}", lines[2]);
    }

    [Fact]
    public async Task Start_WorkerHasUsersForTasks_ContainersHaveOthers_AndTheirFilesAreTaken()
    {
        fixture.SkipUnlessProven();
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        var users = RunAsUser.FindRange("2130000000-2130000099");
        var work = Path.Combine(fixture.Root, "range", "work");
        Directory.CreateDirectory(work);
        users.OpenWay(work, fixture.Root, Path.Combine(fixture.Root, "range"));
        await using var host = fixture.NewHost(work, users);
        Assert.Null(await host.ProveContainersAsync());

        var request = ContainerFixture.Contained($"touch {fixture.Allowed}/w/of-container && echo 7 >$TASK_RESULT");
        var container = request.Container! with
        {
            Mounts = [new(fixture.Allowed, fixture.Allowed, IsReadOnly: false)],
        };
        var outcome = await host.Start(request with { TakesResult = true, Container = container })
            .Completion.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(
            (ProcessEndReason.Exit, 0, 2),
            (outcome.Reason, outcome.ExitCode.GetValueOrDefault(1), outcome.Result.Length));
        var owner = ContainerFixture.RunProgram("stat", "-c", "%u", $"{fixture.Allowed}/w/of-container").Trim();
        if (ContainerFixture.IsDocker)
            Assert.InRange(uint.Parse(owner, CultureInfo.InvariantCulture), 2_130_000_000u, 2_130_000_099u);
        else
            Assert.Equal($"{ContainerEngine.FirstUser}", owner);
    }

    [Fact]
    public async Task Start_Mounts_OnlyWhatIsAllowed()
    {
        fixture.SkipUnlessProven();
        var request = ContainerFixture.Contained(
            "cat /in/file; echo x 2>/dev/null >/in/file || echo no; echo y >/out/made");
        StartRequest With(params ContainerPath[] mounts) =>
            request with { Container = request.Container! with { Mounts = mounts } };

        var allowed = await fixture.RunAsync(
            With(new(fixture.Allowed + "/r", "/in", true), new(fixture.Allowed + "/w", "/out", false)));
        var refused = await fixture.RunAsync(With(new ContainerPath("/root", "/in", true)));

        Assert.Equal("content\nno\n", HostFixture.Text(allowed.StandardOutput));
        Assert.Equal("y\n", await File.ReadAllTextAsync(fixture.Allowed + "/w/made", Cancellation));
        Assert.Equal(ProcessEndReason.SpawnFailed, refused.Reason);
        Assert.Contains("'/root'", refused.Message);
    }

    [Fact]
    public async Task Start_Network_IsNoneUnlessItIsTheMachines()
    {
        fixture.SkipUnlessProven();
        var request = ContainerFixture.Contained("ls /sys/class/net | wc -l");

        var none = await fixture.RunAsync(request);
        var host = await fixture.RunAsync(
            request with { Container = request.Container! with { UsesHostNetwork = true } });

        Assert.Equal("1", HostFixture.Text(none.StandardOutput).Trim());
        Assert.Equal(
            Directory.EnumerateFileSystemEntries("/sys/class/net").Count(),
            int.Parse(HostFixture.Text(host.StandardOutput), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Start_ProgramIsMissing_SaysSo()
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(
            ContainerFixture.Contained("") with { Arguments = ["no-such-program", "x"] });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start 'no-such-program' in its container: No such file or directory", outcome.Message);
    }

    [Theory]
    [InlineData("exit 125", 125)]
    [InlineData("exit 126", 126)]
    [InlineData("no-such-program", 127)]
    public async Task Start_CommandExitsAsAnEngineWould_ItIsTheCommands(string line, int code)
    {
        fixture.SkipUnlessProven();

        var outcome = await fixture.RunAsync(line);

        Assert.Equal((ProcessEndReason.Exit, code), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
    }

    [Fact]
    public async Task Start_ImageIsGone_IsUnavailable_AndIsPreparedAnew()
    {
        fixture.SkipUnlessProven();
        const string Gone = "localhost/otask-gone:1", Other = "localhost/otask-other:1";
        const string Unreachable = "localhost:1/otask-other:1";
        var request = ContainerFixture.Contained("true") with { Container = new() { Image = Gone } };
        ContainerFixture.Engine("import", Path.Combine(fixture.Root, "image.tar"), Gone);
        Assert.Null(await fixture.Host.PrepareImageAsync(Gone, PullPolicy.Missing, Cancellation));
        Assert.True(fixture.Host.HasImage(Gone, PullPolicy.Missing));

        var missing = await fixture.RunAsync(request with { Container = new() { Image = Other } });
        var never = await fixture.Host.PrepareImageAsync(Other, PullPolicy.Never, Cancellation);
        var pulled = await fixture.Host.PrepareImageAsync(Unreachable, PullPolicy.Missing, Cancellation);

        Assert.Equal(ProcessEndReason.ImageUnavailable, missing.Reason);
        Assert.Contains("never to pull it", never);
        Assert.Contains($"cannot pull the image '{Unreachable}'", pulled);
        ContainerFixture.Engine("rmi", Gone);
        Assert.Equal(ProcessEndReason.ImageUnavailable, (await fixture.RunAsync(request)).Reason);
        Assert.False(fixture.Host.HasImage(Gone, PullPolicy.Missing));
    }

    [Fact]
    public async Task Start_TheNameMeansAnotherImageByNow_RunsThatOne()
    {
        fixture.SkipUnlessProven();
        const string Name = "localhost/otask-moved:1";
        ContainerFixture.Engine("tag", ContainerFixture.Image, Name);
        Assert.Null(await fixture.Host.PrepareImageAsync(Name, PullPolicy.Missing, Cancellation));
        var request = ContainerFixture.Contained("echo ${WHICH-first}") with { Container = new() { Image = Name } };

        var first = await fixture.RunAsync(request);
        ContainerFixture.Engine("import", "--change=ENV WHICH=second", Path.Combine(fixture.Root, "image.tar"), Name);
        var second = await fixture.RunAsync(request);

        ContainerFixture.Engine("rmi", Name);
        Assert.Equal("first\n", HostFixture.Text(first.StandardOutput));
        Assert.Equal("second\n", HostFixture.Text(second.StandardOutput));
    }

    [Fact]
    public async Task Prove_AnEngineOfAnEarlierRunHasMadeNoContainerYet_IsKilled_AndThatOfAnotherWorkerIsNot()
    {
        fixture.SkipUnlessProven();
        var work = Path.Combine(fixture.Root, "earlier", "work");
        using var own = Left(work);
        using var other = Left(work + "-of-another");
        await using var host = fixture.NewHost(work);

        Assert.Null(await host.ProveContainersAsync());

        await own.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        Assert.False(other.HasExited);
        other.Kill();

        // It waits for its input.
        static Process Left(string work) => Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "read line", "podman", ContainerEngine.LabelOf(work)])
            {
                RedirectStandardInput = true,
            })!;
    }

    [Fact]
    public async Task PrepareImage_EngineIsNotProvenYet_WaitsForTheProof()
    {
        fixture.SkipUnlessProven();
        await using var host = fixture.NewHost(Path.Combine(fixture.Root, "unproven", "work"));

        // As when a program takes over an attempt whose image its predecessor was fetching.
        Assert.Null(await host.PrepareImageAsync(ContainerFixture.Image, PullPolicy.Never, Cancellation));
        var outcome = await host.Start(ContainerFixture.Contained("exit 7")).Completion;

        Assert.Equal((ProcessEndReason.Exit, 7), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
    }

    [Fact]
    public async Task Dispose_EngineIsLookingForAnImage_PullsNothing()
    {
        fixture.SkipUnlessProven();
        var image = $"localhost:1/otask-{Guid.NewGuid():N}:1";
        var host = fixture.NewHost(Path.Combine(fixture.Root, "closing", "work"));
        Assert.Null(await host.ProveContainersAsync());
        var preparing = host.PrepareImageAsync(image, PullPolicy.Missing, Cancellation);
        // The engine is held until the host kills it.
        Assert.True(SpinWait.SpinUntil(() => Signal(SIGSTOP, ContainerFixture.Program, image), TimeSpan.FromMinutes(1)));

        await host.DisposeAsync();

        Assert.Equal("the worker is ending", await preparing);
    }

    [Theory]
    [InlineData("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done", 3)]
    [InlineData("echo ready; exec sleep 1000", 143)]
    public async Task Cancel_ReachesTheCommandOnce(string line, int code)
    {
        fixture.SkipUnlessProven();
        var sink = new CollectingSink();
        var process = fixture.Host.Start(ContainerFixture.Contained(line) with { Output = sink });
        await sink.SeesAsync("ready");

        process.Cancel(TimeSpan.FromMinutes(1));
        var outcome = await process.Completion.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal((ProcessEndReason.Cancelled, code), (outcome.Reason, outcome.ExitCode.GetValueOrDefault()));
        Assert.Equal(code == 3 ? 1 : 0, sink.OutputText.Split("bye").Length - 1);
        Assert.Empty(ContainerFixture.Containers());
    }

    [Fact]
    public async Task Timeout_CommandIgnoresSigterm_IsKilledWithItsTree()
    {
        fixture.SkipUnlessProven();
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";

        var request = ContainerFixture.Contained($"trap '' TERM; setsid sleep {mark} & sleep {mark}");
        var outcome = await fixture.RunAsync(request with
        {
            Timeout = TimeSpan.FromSeconds(2),
            KillGrace = TimeSpan.FromMilliseconds(200),
        });

        Assert.Equal(ProcessEndReason.Timeout, outcome.Reason);
        Assert.Empty(SandboxFixture.ProcessesWith(mark));
        Assert.Empty(ContainerFixture.Containers());
    }

    [Fact]
    public async Task End_CommandLeavesProcesses_NoneOutlivesIt()
    {
        fixture.SkipUnlessProven();
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";

        var outcome = await fixture.RunAsync($"setsid sleep {mark} & (trap '' TERM HUP; sleep {mark} &) ; exit 0");

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        Assert.Empty(SandboxFixture.ProcessesWith(mark));
    }

    [Fact]
    public async Task End_SeveralUsersOfTheContainerHaveFiles_ItsFolderIsRemoved()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("a container has one user");

        var outcome = await fixture.RunAsync("pwd; mkdir -p a/b && touch a/b/file && chown -R 1000 a/b");

        Assert.Equal((ProcessEndReason.Exit, 0), (outcome.Reason, outcome.ExitCode.GetValueOrDefault(1)));
        Assert.False(Directory.Exists(HostFixture.Text(outcome.StandardOutput).Trim()));
    }

    public static TheoryData<string> Programs =>
        ContainerFixture.IsDocker ? ["docker", "sleep"] : ["podman", "conmon", "sleep"];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Kill_AnyOfTheEnginesProcesses_LeavesNothing(string program)
    {
        fixture.SkipUnlessProven();
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.5";
        var sink = new CollectingSink();
        // Ready once the child has become the program.
        var line = $"sleep {mark} & until grep -q sleep /proc/$!/comm; do :; done; echo ready; wait $! || exit 9";
        var process = fixture.Host.Start(ContainerFixture.Contained(line) with { Output = sink });
        await sink.SeesAsync("ready");
        var container = Assert.Single(ContainerFixture.Containers());

        Assert.True(Signal(SIGKILL, program, container, mark), $"no process '{program}' belongs to the container");

        var outcome = await process.Completion.WaitAsync(TimeSpan.FromMinutes(2));

        Assert.NotEqual(0, outcome.ExitCode ?? 1);
        Assert.Empty(SandboxFixture.ProcessesWith(mark));
        Assert.Empty(ContainerFixture.Containers());
    }

    // podman does so if it cannot stop a container because its conmon was killed.
    [Fact]
    public async Task Remove_EngineFailsOnce_IsAskedAgain()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("the program in its place would need the daemon's paths");
        var folder = Path.Combine(fixture.Root, "failing");
        var (work, armed) = (Path.Combine(folder, "work"), Path.Combine(folder, "armed"));
        await using var host = HostOf(work, $$"""
            if [ "$1" = rm ] && rm {{armed}} 2>/dev/null; then echo 'Error: cannot stop it' >&2; exit 125; fi
            """);
        Assert.Null(await host.ProveContainersAsync());
        File.WriteAllText(armed, "");
        // With a memory limit, the engine leaves it to the worker to remove the container.
        var request = ContainerFixture.Contained("exit 3") with { Limits = new() { MemoryBytes = 256 << 20 } };

        var outcome = await host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);

        Assert.Equal((3, false), (outcome.ExitCode.GetValueOrDefault(), File.Exists(armed)));
        Assert.Empty(ContainerFixture.Containers());
    }

    // When its supervisor is killed, a worker kills all that it runs before it ends, including a runtime that is
    // removing a container.
    [Fact]
    public async Task Remove_RuntimeFails_TheNextStartAsksItAgain()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("only the daemon calls the runtime");
        var folder = Path.Combine(fixture.Root, "stuck");
        var work = Path.Combine(folder, "work");
        var (armed, deleted) = (Path.Combine(folder, "armed"), Path.Combine(folder, "deleted"));
        // podman itself calls the runtime that its settings name.
        var runtime = Program(Path.Combine(folder, "bin", "runtime"), $"""
            [ ! -e {armed} ] || kill -9 $$
            echo "$3" >> {deleted}
            """);
        var script = $"""if [ "$1" = info ]; then echo {runtime}; exit; fi""";
        // With a memory limit, the engine leaves it to the worker to remove the container.
        var request = ContainerFixture.Contained("exit 3") with { Limits = new() { MemoryBytes = 256 << 20 } };
        await using (var host = HostOf(work, script))
        {
            Assert.Null(await host.ProveContainersAsync());
            File.WriteAllText(armed, "");
            var outcome = await host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
            Assert.Equal(3, outcome.ExitCode);
        }

        var kept = Assert.Single(Directory.GetFiles(Path.Combine(folder, "containers")));
        var id = File.ReadAllText(kept);
        File.Delete(armed);

        await using (var host = HostOf(work, script)) Assert.Null(await host.ProveContainersAsync());

        Assert.Contains(id, File.ReadAllLines(deleted));
        Assert.False(File.Exists(kept));
    }

    [Fact]
    public async Task Prove_ContainersOfAnEarlierRunAreLeft_TheyAreRemoved_AndNoOthers()
    {
        fixture.SkipUnlessProven();
        var work = Path.Combine(fixture.Root, "second", "work");
        string[] sleep =
        [
            "--network=none", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--entrypoint=sleep",
            ContainerFixture.Image, "1000",
        ];
        const string Label = "--label=" + ContainerEngine.WorkerLabel;
        ContainerFixture.Engine(["create", "--name=left", $"{Label}={work}", .. sleep]);
        ContainerFixture.Engine(["create", "--name=others", $"{Label}={work}2", .. sleep]);
        Assert.Contains("left", ContainerFixture.Containers());

        await using (var host = fixture.NewHost(work)) Assert.Null(await host.ProveContainersAsync());

        var after = ContainerFixture.Containers();
        ContainerFixture.Engine("rm", "--force", "others");
        Assert.DoesNotContain("left", after);
        Assert.Contains("others", after);
    }

    // podman leaves them if it was killed before it recorded that it had mounted something.
    [Fact]
    public async Task Prove_MountsOfARemovedContainerAreLeft_AreDetached_AndNoOthers()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("the daemon mounts");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        var work = Path.Combine(fixture.Root, "mounted", "work");
        string[] ids = [RandomNumberGenerator.GetHexString(64, lowercase: true), RandomNumberGenerator.GetHexString(64, lowercase: true)];
        string[] mounts = [.. ids.Select(id => Path.Combine(fixture.Root, "graph with space", id, "userdata", "shm"))];
        foreach (var mount in mounts)
        {
            Directory.CreateDirectory(mount);
            ContainerFixture.RunProgram("mount", "-t", "tmpfs", "tmpfs", mount);
        }

        Directory.CreateDirectory(Path.Combine(fixture.Root, "mounted", "containers"));
        File.WriteAllText(Path.Combine(fixture.Root, "mounted", "containers", ContainerEngine.PrefixOf(work) + "0"), ids[0]);

        await using (var host = fixture.NewHost(work)) Assert.Null(await host.ProveContainersAsync());

        var after = File.ReadAllText("/proc/self/mountinfo");
        ContainerFixture.RunProgram("umount", mounts[1]);
        Assert.Equal((false, true), (after.Contains(ids[0], StringComparison.Ordinal), after.Contains(ids[1], StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(fixture.Root, "graph with space", ids[0])));
    }

    [Fact]
    public async Task Limits_AreTheContainers()
    {
        fixture.SkipUnlessProven();

        const string Groups = "/sys/fs/cgroup";
        var show = ContainerFixture.Contained(
            $"ulimit -n; cat {Groups}/memory/memory.limit_in_bytes {Groups}/memory.max 2>/dev/null; exit 0");
        var limited = await fixture.RunAsync(show with
        {
            Limits = new() { MemoryBytes = 64 << 20, OpenFiles = 99, Processes = 20 },
        });
        var fork = ContainerFixture.Contained("for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; wait");
        var processes = await fixture.RunAsync(fork with { Limits = new() { Processes = 4 } });
        if (!ContainerFixture.HasControlGroups())
        {
            // An ordinary user's podman would ignore the limit.
            Assert.Equal(ProcessEndReason.SpawnFailed, processes.Reason);
            Assert.Contains("leave out limits.processes", processes.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal($"99\n{64 << 20}\n", HostFixture.Text(limited.StandardOutput));
        Assert.Contains("fork", HostFixture.Text(processes.StandardError));
        Assert.Empty(ContainerFixture.Containers());
    }

    [Fact]
    public async Task Memory_Exceeded_IsTheReason()
    {
        fixture.SkipUnlessProven();

        var request = ContainerFixture.Contained("x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done");
        var outcome = await fixture.RunAsync(request with { Limits = new() { MemoryBytes = 24 << 20 } });

        Assert.Equal(ProcessEndReason.OutOfMemory, outcome.Reason);
        Assert.Empty(ContainerFixture.Containers());
    }

    [Fact]
    public async Task CpuTime_OfTheContainer_IsCounted()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("the daemon has the processes");

        var outcome = await fixture.RunAsync("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; times >&2");

        // The shell prints its user time first.
        var told = HostFixture.Text(outcome.StandardError).Split('m', 's')[1];
        Assert.InRange(outcome.CpuTime.TotalSeconds, double.Parse(told, CultureInfo.InvariantCulture), 60);
    }

    [Fact]
    public async Task CpuTime_Exceeded_IsTheReason()
    {
        fixture.SkipUnlessProven();
        ContainerFixture.SkipWithDocker("the daemon has the processes");

        var request = ContainerFixture.Contained("while :; do :; done");
        var outcome = await fixture.RunAsync(request with { Limits = new() { CpuTime = TimeSpan.FromSeconds(1) } });

        Assert.Equal(ProcessEndReason.CpuTime, outcome.Reason);
        Assert.Empty(ContainerFixture.Containers());
    }

    [Fact]
    [Trait("Needs", "docker")]
    public async Task Start_WithDocker_RefusesWhatItCannotKeep()
    {
        await using var host = fixture.NewHost(
            Path.Combine(fixture.Root, "docker", "work"), engine: EngineChoice.Docker);
        Assert.Null(await host.ProveContainersAsync());
        var request = ContainerFixture.Contained("true");

        var user = await host.Start(request with { Container = request.Container! with { User = "1000" } }).Completion;
        var time = await host.Start(request with { Limits = new() { CpuTime = TimeSpan.FromMinutes(1) } }).Completion;

        Assert.Equal((ProcessEndReason.SpawnFailed, ProcessEndReason.SpawnFailed), (user.Reason, time.Reason));
        Assert.Contains("isolation.user", user.Message);
        Assert.Contains("limits.cpuTime", time.Message);
    }

    /// <summary>
    /// Signals the processes of a program that have one of the marks among their arguments. Returns whether there were
    /// any.
    /// </summary>
    /// <summary>A host with a podman that begins with a script, and then is the machine's.</summary>
    private ProcessHost HostOf(string work, string script)
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        var program = Program(
            Path.Combine(Path.GetDirectoryName(work)!, "bin", "podman"), $"{script}\nPATH='{path}' exec podman \"$@\"");
        Environment.SetEnvironmentVariable("PATH", $"{Path.GetDirectoryName(program)}:{path}");
        try
        {
            return fixture.NewHost(work);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private static string Program(string path, string script)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return path;
    }

    private static bool Signal(int signal, string program, params string[] marks)
    {
        var signalled = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                || !Reads(folder + "/comm", out var name) || name.Trim() != program
                || !Reads(folder + "/cmdline", out var line) || !marks.Any(line.Contains)) continue;
            signalled += 1 + SandboxFixture.Kill(pid, signal);
        }

        return signalled > 0;
    }

    private static bool Reads(string path, out string text)
    {
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            text = "";
            return false;
        }
    }
}
