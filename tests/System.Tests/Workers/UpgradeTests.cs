using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A worker continues as another program (SIGUSR2): what runs stays, and nothing that it wrote is lost or doubled.</summary>
public sealed class UpgradeTests(UpgradeTests.Scene scene) : SceneTests(scene), IClassFixture<UpgradeTests.Scene>
{
    private const string Upgraded = "worker node upgraded";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int nodes;

    // A worker that was killed may leave its node until the lease ends, so each test has a node of its own.
    private readonly string node = $"w{Interlocked.Increment(ref nodes)}";

    private string Program => In("program");

    private string Journal => In("journal");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TenInARowUnderLoad_EveryTaskRunsOnceAndItsOutputIsExact()
    {
        await using var worker = await StartWorker("--slots", "6");
        var (supervisor, agent) = (worker.Supervisor, worker.Agent);
        // The first two write small pieces to both streams, the third more than a pipe holds at a time.
        string[] writers = [
            await Service.Submit(Writer(0, "echo $i; echo e$i >&2; sleep 0.01")),
            await Service.Submit(Writer(1, "echo $i; echo e$i >&2; sleep 0.003")),
            // As much as the ten upgrades last: on a busy machine more than the default of 16 MiB.
            await Submit(Writer(2, "seq -f \"$i %g\" 20000; echo e$i >&2; sleep 0.2"), ("maxOutputBytes", 1 << 30)),
        ];
        for (var i = 0; i < writers.Length; i++)
            await Until.Holds($"writer {i} runs", Patience, () => Task.FromResult(File.Exists(In($"attempts{i}"))));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Load(stop.Token);
        for (var round = 1; round <= 10; round++)
            await Upgrade(worker);
        await stop.CancelAsync();
        var submitted = await load;
        await File.WriteAllTextAsync(In("go"), "", Cancellation);

        Assert.Equal((supervisor, agent), (worker.Supervisor, worker.Agent));
        for (var i = 0; i < writers.Length; i++)
        {
            await Succeeds(writers[i], worker);
            Assert.Equal(["1"], await File.ReadAllLinesAsync(In($"attempts{i}"), Cancellation));
            var rounds = int.Parse(await File.ReadAllTextAsync(In($"rounds{i}"), Cancellation), CultureInfo.InvariantCulture);
            var (output, errors) = (new StringBuilder(), new StringBuilder());
            for (var round = 1; round <= rounds; round++)
            {
                errors.Append(CultureInfo.InvariantCulture, $"e{round}\n");
                if (i < 2)
                    output.Append(CultureInfo.InvariantCulture, $"{round}\n");
                for (var line = 1; i == 2 && line <= 20000; line++)
                    output.Append(CultureInfo.InvariantCulture, $"{round} {line}\n");
            }

            Assert.Equal(errors.ToString(), await Output(writers[i], "stderr"));
            // Not Assert.Equal, which would describe megabytes.
            Assert.True(output.ToString() == await Output(writers[i], "stdout"), $"the output of writer {i} is not exact");
        }

        Assert.True(submitted.Count > 10, $"only {submitted.Count} tasks came in between");
        foreach (var (id, size) in submitted)
        {
            await Succeeds(id, worker);
            Assert.True(size == Encoding.UTF8.GetByteCount(await Output(id, "stdout")), $"the output of {id} is not exact");
        }

        Assert.Equal(submitted.Keys.Order(), (await File.ReadAllLinesAsync(Journal, Cancellation)).Order());
        Assert.DoesNotContain("was not upgraded", worker.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelTimeLimitAndResult_AfterAnUpgrade_AreAsBefore()
    {
        await using var worker = await StartWorker("--slots", "5");
        // A daemon that leaves the session and the group belongs to the task all the same.
        var cancelled = await Service.Submit($"setsid sleep 661 & trap 'echo told; exit 3' TERM; echo > {In("up0")}; while :; do sleep 0.1; done");
        var timedOut = await Submit($"echo > {In("up1")}; exec sleep 662", ("timeout", "4s"));
        var limited = await Submit(
            $"echo > {In("up2")}; while [ ! -e {In("spin")} ]; do sleep 0.1; done; while :; do :; done", ("limits", new JsonObject { ["cpuTime"] = "1s" }));
        var result = await Submit($"echo > {In("up3")}; while [ ! -e {In("go")} ]; do sleep 0.1; done; echo '[1,2]' > $TASK_RESULT", ("result", true));
        for (var i = 0; i < 4; i++)
            await Until.Holds($"task {i} runs", Patience, () => Task.FromResult(File.Exists(In($"up{i}"))));

        await Upgrade(worker);
        await File.WriteAllTextAsync(In("spin"), "", Cancellation);
        await File.WriteAllTextAsync(In("go"), "", Cancellation);
        using (var answer = await Service.Http.PostAsync($"/api/v1/tasks/{cancelled}/cancel", null, Cancellation))
            Assert.Equal(202, (int)answer.StatusCode);

        var ended = await Service.Ended(cancelled);
        Assert.Equal(("cancelled", 1, "told\n"), ((string?)ended["state"], (int)ended["attempt"]!, await Output(cancelled, "stdout")));
        Assert.False(IsRunning("sleep\0661"));
        Assert.Equal(("timeout", 1), ReasonOf(await Service.Ended(timedOut)));
        Assert.Equal(("cpu-time", 1), ReasonOf(await Service.Ended(limited)));
        await Succeeds(result, worker);
        Assert.Equal("[1,2]", (await Service.Http.GetStringAsync($"/api/v1/tasks/{result}/result", Cancellation)).Trim());
    }

    [Fact]
    public async Task TaskThatEndsBetweenTheTwoPrograms_IsReported()
    {
        await using var worker = await StartWorker("--slots", "2");
        var task = await Service.Submit($"echo > {In("up")}; while [ ! -e {In("go")} ]; do sleep 0.05; done; seq 10000; echo end >&2; exit 7");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("up"))));
        // The next program waits at its start, in place of the worker. Not a shell, which would reap the task.
        await Run("mkfifo", In("held"));
        Install($$"""
            if ($ENV{ORLEANSTASKS_HANDOVER}) { open(my $held, '<', '{{In("held")}}'); <$held>; }
            exec '{{BuiltPrograms.Worker}}', @ARGV;
            """, "/usr/bin/perl");

        worker.Send(Signals.User2);
        await Until.Holds("the next program waits", Patience, () => Task.FromResult(NameOf(worker.Agent) == "program"));
        var pid = int.Parse(await File.ReadAllTextAsync($"/proc/{worker.Agent}/task/{worker.Agent}/children", Cancellation), CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(In("go"), "", Cancellation);
        await Until.Holds("the task has ended", Patience, () => Task.FromResult(Signals.IsGone(pid)));
        await File.WriteAllTextAsync(In("held"), "\n", Cancellation);

        var ended = await Service.Ended(task);
        Assert.Equal(("failed", 1, 7), ((string?)ended["state"], (int)ended["attempt"]!, (int)ended["exitCode"]!));
        Assert.Equal(string.Concat(Enumerable.Range(1, 10000).Select(static i => $"{i}\n")), await Output(task, "stdout"));
        Assert.Equal("end\n", await Output(task, "stderr"));
    }

    /// <summary>A sandbox keeps its way out; chunks, which have the slots that it leaves, start again.</summary>
    [Fact]
    public async Task SandboxAndChunks_AfterThreeUpgrades_ListedHostsAreReachedAndJobsAreExact()
    {
        var gate = Directory.CreateDirectory(In("gate")).FullName;
        await using var worker = await StartWorker("--slots", "4", "--sandbox-allow", gate);
        var host = $"127.0.0.1:{Service.Http.BaseAddress!.Port}";
        var ask = $"curl -s -o /dev/null -w '%{{http_code}}\n' http://{host}/api/v1/nodes; "
            + "curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.2:1/";
        var sandbox = await Submit(
            $"{ask}; echo >{gate}/up; while [ ! -e {gate}/go ]; do sleep 0.05; done; {ask}",
            ("isolation", new JsonObject
            {
                ["kind"] = "sandbox", ["network"] = "allow", ["allow"] = new JsonArray(host), ["write"] = new JsonArray(gate),
            }));
        await Until.Holds("the sandbox runs", Patience, () => Task.FromResult(File.Exists($"{gate}/up")));
        string[] jobs = [
            await Job("""{"command":{"cmd":"while read x; do sleep 0.02; echo $x; done"}}"""),
            await Job("""{"chunkCommand":{"cmd":"sleep 0.5; cat"}}"""),
        ];

        for (var round = 0; round < 3; round++)
            await Upgrade(worker);
        await File.WriteAllTextAsync($"{gate}/go", "", Cancellation);

        await Succeeds(sandbox, worker);
        Assert.Equal("200\n403\n200\n403\n", await Output(sandbox, "stdout"));
        foreach (var id in jobs)
        {
            var ended = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=60s", Cancellation))!;
            Assert.True(
                (string?)ended["state"] == "succeeded" && ended["aggregate"]!["s"]!.ToJsonString() == "44850",
                $"{ended}\n{worker.Log}");
        }
    }

    [Fact]
    public async Task ProgramOrSettingsThatCannotStart_AreRefusedAndTheWorkGoesOn()
    {
        await File.WriteAllTextAsync(In("settings"), """{"slots":2}""", Cancellation);
        await using var worker = await StartWorker("--config", In("settings"));
        var task = await Service.Submit(Writer(0, "echo $i; sleep 0.01"));
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("attempts0"))));

        (string Script, string Told)[] programs = [
            ("echo broken >&2; exit 3", "broken"),
            ("kill -SEGV $$", "SIGSEGV"),
            ("exec /no/such/worker", "exit code 127"),
        ];
        foreach (var (script, told) in programs)
        {
            Install(script);
            await Refused(worker, told);
            Assert.Equal("more\n", await Output(await Succeeded("echo more", worker), "stdout"));
        }

        Install(null);
        await File.WriteAllTextAsync(In("settings"), """{"slots":"many"}""", Cancellation);
        await Refused(worker, "for --slots: expected");
        await File.WriteAllTextAsync(In("settings"), """{"run-as-range":"1000-900000"}""", Cancellation);
        await Refused(worker, "--run-as-range");
        await File.WriteAllTextAsync(In("settings"), """{"slots":3}""", Cancellation);
        await Upgrade(worker);

        Assert.Equal(3, (int)(await Node())["slots"]!);
        await Succeeded("true", worker);
        await File.WriteAllTextAsync(In("go"), "", Cancellation);
        await Succeeds(task, worker);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AgentOrSupervisorKilled_AfterAnUpgrade_LeavesNothing(bool isSupervisor)
    {
        await using var worker = await StartWorker("--slots", "2");
        var task = await Service.Submit($"echo > {In("up")}; if [ ! -e {In("second")} ]; then echo > {In("second")}; exec sleep 671; fi; echo again");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("second")) && IsRunning("sleep\0671")));
        await Upgrade(worker);
        await Upgrade(worker);
        var agent = worker.Agent;

        Signals.Send(isSupervisor ? worker.Supervisor : agent, Signals.Kill);

        await Until.Holds("nothing is left", Patience, () => Task.FromResult(Signals.IsGone(agent) && !IsRunning("sleep\0671")));
        await worker.End();
        await using var next = await StartWorker("--slots", "2");
        var ended = await Service.Ended(task);
        Assert.Equal(("succeeded", 2), ((string?)ended["state"], (int)ended["attempt"]!));
    }

    [Fact]
    public async Task Terminated_AfterAnUpgrade_DrainsAndEnds_AndNoThreadTakesASignal()
    {
        await using var worker = await StartWorker("--slots", "2");
        AssertNoThreadTakesASignal(worker, isUpgraded: false);
        var task = await Service.Submit(Writer(0, "echo $i; sleep 0.01"));
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("attempts0"))));
        await Upgrade(worker);
        AssertNoThreadTakesASignal(worker, isUpgraded: true);

        worker.Send(Signals.Terminate);
        await Until.Holds("the worker leaves", Patience, async () => (string?)(await Node())["state"] == "draining");
        await File.WriteAllTextAsync(In("go"), "", Cancellation);

        await Succeeds(task, worker);
        Assert.Equal(0, await worker.End());
    }

    /// <summary>The supervisor finds at once that it is to be replaced and that the worker is to end.</summary>
    [Fact]
    public async Task Terminated_AsTheSupervisorIsReplaced_Ends()
    {
        for (var round = 0; round < 8; round++)
        {
            await using var worker = await StartWorker("--slots", "2");
            worker.Send(Signals.Stop);
            Signals.Send(worker.Agent, Signals.User2);
            await Until.Holds("the agent is upgraded", Patience, () => Task.FromResult(worker.Log.Contains(Upgraded, StringComparison.Ordinal)));

            worker.Send(Signals.Terminate);
            worker.Send(Signals.Continue);

            Assert.Equal(0, await worker.End());
        }
    }

    /// <summary>
    /// A signal that a thread has taken, but has not passed on, is lost when the program is replaced.
    /// So no thread takes one, whichever program runs: the signals wait until they are read.
    /// </summary>
    private static void AssertNoThreadTakesASignal(WorkerProcess worker, bool isUpgraded)
    {
        foreach (var process in (int[])[worker.Supervisor, worker.Agent])
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
                foreach (var signal in (int[])[Signals.Interrupt, Signals.Terminate, Signals.User2])
                    Assert.True(
                        Signals.IsBlocked(thread, signal),
                        $"upgraded: {isUpgraded}, {process} of {worker.Supervisor}, {thread}, signal {signal}");
    }

    private async Task<WorkerProcess> StartWorker(params string[] options)
    {
        if (!File.Exists(Program))
            Install(null);
        var worker = WorkerProcess.Launch(
            Program, ["--master", Service.Grpc, "--name", node, "--data", In("w1"), .. options], node, In("w1"));
        await worker.Started();
        return worker;
    }

    private async Task<JsonNode> Node() =>
        JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/nodes/{node}", Cancellation))!;

    /// <summary>Installs a script in place of the worker's program, or the worker itself.</summary>
    private void Install(string? script, string interpreter = "/bin/sh")
    {
        var next = In("next");
        if (script is null)
            File.CreateSymbolicLink(next, BuiltPrograms.Worker);
        else
            File.WriteAllText(next, $"#!{interpreter}\n{script}\n");
        if (script is not null && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Move(next, Program, overwrite: true);
    }

    private static async Task Upgrade(WorkerProcess worker)
    {
        var (before, supervisor) = (Count(worker.Log, Upgraded), StackOf(worker.Supervisor));
        worker.Send(Signals.User2);
        await Until.Holds($"upgraded\n{worker.Log}", Patience, () => Task.FromResult(Count(worker.Log, Upgraded) > before));
        await Until.Holds("the supervisor is upgraded", Patience, () => Task.FromResult(StackOf(worker.Supervisor) != supervisor));
    }

    private static async Task Refused(WorkerProcess worker, string told)
    {
        // Another program may have been refused before.
        var before = worker.Log.Length;
        worker.Send(Signals.User2);
        await Until.Holds(
            $"refused: {told}", Patience, () => Task.FromResult(Count(worker.Log[before..], "was not upgraded") > 0));
        Assert.Contains(told, worker.Log[before..], StringComparison.Ordinal);
    }

    /// <summary>A command that notes its attempt, runs a line again and again until a file is there, and notes how often it did.</summary>
    private string Writer(int number, string line) =>
        $"echo $TASK_ATTEMPT >> {In($"attempts{number}")}; i=0; while [ ! -e {In("go")} ]; do i=$((i+1)); {line}; done; echo $i > {In($"rounds{number}")}";

    private async Task<IReadOnlyDictionary<string, int>> Load(CancellationToken stop)
    {
        var submitted = new ConcurrentDictionary<string, int>();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async number =>
        {
            // The short ones carry their output in the result, the others send it first.
            var lines = number == 0 ? 10 : 6000;
            var size = Enumerable.Range(1, lines).Sum(static line => line.ToString(CultureInfo.InvariantCulture).Length + 1);
            while (!stop.IsCancellationRequested)
            {
                var id = await Service.Submit($"echo $TASK_ID >> {Journal}; seq {lines}; sleep 0.0{number}2");
                submitted[id] = size;
                // The next one comes when this one has ended, so that few wait and many runs are in between.
                await Service.Ended(id);
            }
        }));
        return submitted;
    }

    private async Task<string> Succeeded(string command, WorkerProcess worker)
    {
        var id = await Service.Submit(command);
        await Succeeds(id, worker);
        return id;
    }

    private async Task Succeeds(string id, WorkerProcess worker)
    {
        var ended = await Service.Ended(id);
        Assert.True(((string?)ended["state"], (int)ended["attempt"]!) == ("succeeded", 1), $"{ended}\n{worker.Log}");
    }

    private static (string? Reason, int Attempt) ReasonOf(JsonNode task) => ((string?)task["reason"], (int)task["attempt"]!);

    private Task<string> Output(string id, string stream) =>
        Service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/{stream}", Cancellation);

    private async Task<string> Submit(string command, params (string Name, JsonNode Value)[] fields)
    {
        var spec = new JsonObject { ["cmd"] = command };
        foreach (var (name, value) in fields)
            spec[name] = value;
        using var answer = await Service.Post("/api/v1/tasks", spec);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    private async Task<string> Job(string process)
    {
        var spec = $$$"""
            {"source":{"range":{"from":0,"to":300}},"process":{{{process}}},"aggregate":[{"as":"s","op":"sum"}],"chunkSize":10}
            """;
        using var answer = await Service.Post("/api/v1/jobs", JsonNode.Parse(spec)!);
        Assert.Equal(202, (int)answer.StatusCode);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["id"]!;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Where a process's stack begins, which differs from program to program.</summary>
    private static string StackOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[25];
    }

    private static string NameOf(int process) => File.ReadAllText($"/proc/{process}/comm").Trim();

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    private static bool IsRunning(string commandLine)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (char.IsAsciiDigit(Path.GetFileName(folder)[0])
                    && File.ReadAllText(Path.Combine(folder, "cmdline")).StartsWith(commandLine, StringComparison.Ordinal))
                    return true;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }

        return false;
    }

    /// <summary>The lease is long, because an upgrade under load takes longer than the default.</summary>
    public sealed class Scene() : ServiceScene("--lease", "60s");
}
