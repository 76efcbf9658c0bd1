using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>What a remote worker's own options do: <c>--run-as</c>, <c>--run-as-range</c>, which take root, <c>--plugins</c>.</summary>
[SupportedOSPlatform("linux")]
public sealed class WorkerOptionTests(WorkerOptionTests.Scene scene)
    : SceneTests(scene), IClassFixture<WorkerOptionTests.Scene>
{
    private static readonly bool IsRoot = Environment.UserName == "root";

    // Of this process alone, as others may run the same tests.
    private static readonly int FirstNumber = 1_200_000_000 + (Environment.ProcessId * 100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("--run-as", "no-such-user", "--run-as")]
    [InlineData("--run-as-range", "300000", "--run-as-range")]
    [InlineData("--plugins", "/no/such/folder", "Invalid value '/no/such/folder' for --plugins: expected an existing folder")]
    public async Task Option_CannotBe_EndsWithTwoAndNamesIt(string option, string value, string words)
    {
        var ended = await Finished.Run(BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), option, value);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(words, ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("w1")));
    }

    [Theory]
    [InlineData("instance")]
    [InlineData("runs")]
    [InlineData("results")]
    [InlineData("sessions")]
    [InlineData("dead.json")]
    public async Task Data_FileThatCannotBeUsed_EndsWithOneAndNamesIt(string file)
    {
        // Where a file is meant, a folder is as little to be used by root as another user's file by others.
        var path = Directory.CreateDirectory(In($"w1/{file}")).FullName;

        var ended = await Finished.Run(BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), "--master", "127.0.0.1:1");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(path, ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_AUser_TasksAreThatUsersAndTheWorkerIsOutOfTheirReach()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var worker = await WorkerProcess.Start(
            Service, "user", In("user"), "--run-as", "nobody", "--token", await Service.JoinToken());

        var task = await Service.Ended(await Service.Submit(
            $"id -un; echo $HOME; umask; stat -c %U .; for p in $PPID {worker.Supervisor} {worker.Agent}; do kill -9 $p 2>&1; done; "
            + $"cat {In("user")}/instance /proc/{worker.Agent}/environ 2>&1; ls {In("user")} 2>&1; true"));

        var lines = ((string)task["output"]!["tail"]!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["nobody", "/nonexistent", "0027", "nobody"], lines[..4]);
        Assert.Equal(6, lines[4..].Length);
        Assert.All(lines[4..7], static line => Assert.Contains("not permitted", line, StringComparison.Ordinal));
        Assert.All(lines[7..], static line => Assert.Contains("Permission denied", line, StringComparison.Ordinal));

        var left = await LeaveBehind();
        Signals.Send(worker.Agent, Signals.Kill);
        Assert.Equal(128 + Signals.Kill, await worker.End());
        Assert.All(left, static process => Assert.False(Signals.Send(process, 0), $"{process} has outlived its worker."));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAs_ServiceOnLoopbackIsOpen_EndsWithTwoAndSaysHowToCloseIt()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();

        var ended = await Finished.Run(
            BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), "--master", "127.0.0.1:1", "--run-as", "nobody");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--run-as: tasks could connect to 127.0.0.1:1", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("--require-keys", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsRange_WithRunAs_EndsWithTwoAndNamesBoth()
    {
        var ended = await Finished.Run(
            BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), "--run-as", "nobody", "--run-as-range", "300000-300999");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--run-as and --run-as-range exclude each other", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_ServiceOnLoopbackIsOpen_EndsWithTwoAndSaysHowToCloseIt()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();

        var ended = await Finished.Run(BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), "--master", "127.0.0.1:1", "--slots", "1",
            "--run-as-range", Range(5));

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--run-as-range: tasks could connect to 127.0.0.1:1", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_TooFewNumbersForTheSlots_EndsWithTwoAndSaysHowMany()
    {
        Assert.SkipUnless(IsRoot, "needs root");

        var ended = await Finished.Run(BuiltPrograms.Worker, "--name", "w1", "--data", In("w1"), "--slots", "2", "--run-as-range", Range(8));

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("Give at least 9 numbers", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_TwoTasksAtOnce_SeeNothingOfEachOtherOrOfTheWorker()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        var meet = Directory.CreateDirectory(In("meet")).FullName;
        File.SetUnixFileMode(meet, (UnixFileMode)0x1FF);
        await using var worker = await WorkerProcess.Start(
            Service, "two", In("two"), "--slots", "2", "--run-as-range", Range(9),
            "--token", await Service.JoinToken());

        using var posted = await Service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"umask 0; echo $$ $PWD >{meet}/new; mv {meet}/new {meet}/victim; until [ -e {meet}/over ]; do sleep 0.01; done; "
                + "[ \"$HOME\" = \"$PWD\" ] && echo $SECRET",
            ["secretEnv"] = new JsonObject { ["SECRET"] = "of the victim" },
        });
        var victim = (string)JsonNode.Parse(await posted.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!;
        var attacker = await Service.Ended(await Service.Submit($"until [ -e {meet}/victim ]; do sleep 0.01; done; "
            + $"read pid folder <{meet}/victim; exec 2>&1; cat /proc/$pid/environ; ls $folder; "
            + $"for p in $pid $PPID {worker.Supervisor} {worker.Agent}; do kill -9 $p; done; "
            + $"cat {In("two")}/instance /proc/{worker.Agent}/environ; ls {In("two")}; : >{meet}/over"));

        var lines = ((string)attacker["output"]!["tail"]!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(9, lines.Length);
        Assert.All(lines, static line => Assert.Matches("Permission denied|not permitted", line));
        Assert.Equal("of the victim\n", (string?)(await Service.Ended(victim))["output"]!["tail"]);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_TheWorkerIsKilled_ItsTasksAreKilledAndTheirFoldersRemovedAtItsNextStart()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        string[] options = ["--slots", "1", "--run-as-range", Range(5)];
        await using (var worker = await WorkerProcess.Start(
            Service, "killed", In("killed"), [.. options, "--token", await Service.JoinToken()]))
        {
            var left = await LeaveBehind();
            Signals.Send(worker.Agent, Signals.Kill);
            Assert.Equal(128 + Signals.Kill, await worker.End());
            Assert.All(left, static process => Assert.False(Signals.Send(process, 0), $"{process} has outlived its worker."));
        }

        var folders = Directory.GetDirectories(In("killed/work"));
        Assert.NotEmpty(folders);
        await using var again = await WorkerProcess.Start(Service, "killed", In("killed"), options);
        Assert.All(folders, static folder => Assert.False(Directory.Exists(folder), $"{folder} is left."));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_NoNumberIsFree_ATaskIsPutBackUntilOneIs()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var worker = await WorkerProcess.Start(
            Service, "task", In("task"), "--slots", "1", "--run-as-range", Range(5),
            "--token", await Service.JoinToken());
        string id;
        using (await TakenNumbers.Take(5))
        {
            id = await Service.Submit("echo $TASK_ATTEMPT; id -u");
            await Until.Holds("the worker says so", Patience, () =>
                Task.FromResult(worker.Log.Contains("no number of --run-as-range is free", StringComparison.Ordinal)));
        }

        var task = await Service.Ended(id);

        Assert.Equal("succeeded", (string?)task["state"]);
        Assert.InRange(int.Parse(((string)task["output"]!["tail"]!).Split('\n')[1], CultureInfo.InvariantCulture), FirstNumber + 1, FirstNumber + 4);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task RunAsRange_NoNumberIsFree_AChunkIsPutBackUntilOneIs()
    {
        Assert.SkipUnless(IsRoot, "needs root");
        OpenWay();
        await using var worker = await WorkerProcess.Start(
            Service, "chunk", In("chunk"), "--slots", "1", "--run-as-range", Range(5),
            "--token", await Service.JoinToken());
        Uri job;
        using (await TakenNumbers.Take(5))
        {
            using var posted = await Service.Post("/api/v1/jobs", JsonNode.Parse(
                """{"source":{"range":{"from":0,"to":3}},"process":{"command":{"cmd":"cat"}},"aggregate":[{"op":"count"}]}""")!);
            job = new Uri($"{posted.EnsureSuccessStatusCode().Headers.Location}?wait=60s", UriKind.Relative);
            await Until.Holds("the worker says that it lacks numbers", TimeSpan.FromSeconds(60),
                () => Task.FromResult(worker.Log.Contains("no number of --run-as-range is free", StringComparison.Ordinal)));
        }

        var ended = JsonNode.Parse(await Service.Http.GetStringAsync(job, TestContext.Current.CancellationToken))!;

        Assert.Equal(("succeeded", 3), ((string?)ended["state"], (int)ended["aggregate"]!["count"]!));
    }

    [Fact]
    public async Task Plugins_OfAFolder_AreThatWorkersAlone()
    {
        await using var has = await WorkerProcess.Start(
            Service, "has", In("has"), "--label", "collatz=1", "--plugins", BuiltPrograms.SamplePlugins,
            "--token", await Service.JoinToken());
        await using var lacks = await WorkerProcess.Start(
            Service, "lacks", In("lacks"), "--label", "collatz=0", "--token", await Service.JoinToken());

        var done = await Job("1");
        var failed = await Job("0");

        Assert.Equal(("succeeded", 10_000, Enumerable.Range(0, 10_000).Sum(Collatz)),
            ((string?)done["state"], (int)done["itemsDone"]!, (int)done["aggregate"]!["sum"]!));
        Assert.Equal(("failed", "plugin-missing"), ((string?)failed["state"], (string?)failed["reason"]));
    }

    private static string Range(int numbers) => $"{FirstNumber}-{FirstNumber + numbers - 1}";

    /// <summary>Has the task leave its session and its parent, and tells the processes once they run.</summary>
    private async Task<int[]> LeaveBehind()
    {
        var id = await Service.Submit("setsid sleep 1000 & echo $!; echo $$; exec sleep 1000");
        string[] lines = [];
        await Until.Holds("the task's processes run", Patience, async () =>
        {
            using var output = await Service.Http.GetAsync($"/api/v1/tasks/{id}/output/stdout");
            lines = output.IsSuccessStatusCode ? (await output.Content.ReadAsStringAsync()).Split('\n')[..^1] : [];
            return lines.Length == 2;
        });
        return [.. lines.Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    private async Task<JsonNode> Job(string label)
    {
        using var response = await Service.Post("/api/v1/jobs", JsonNode.Parse($$$"""
            {"source":{"range":{"from":0,"to":10000}},"process":{"plugin":{"name":"collatz"}},"aggregate":[{"op":"sum"}],
             "requires":{"collatz":"{{{label}}}"}}
            """)!);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 202, text);
        return JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/jobs/{JsonNode.Parse(text)!["id"]}?wait=60s"))!;
    }

    private static int Collatz(int number)
    {
        var steps = 0;
        for (var n = (long)number; n > 1; steps++)
            n = n % 2 == 0 ? n / 2 : (3 * n) + 1;
        return steps;
    }

    /// <summary>Processes of somebody else that have the numbers of a range.</summary>
    private sealed class TakenNumbers : IDisposable
    {
        private readonly List<Process> processes = [];

        public static async Task<TakenNumbers> Take(int numbers)
        {
            var taken = new TakenNumbers();
            for (var number = FirstNumber + 1; number < FirstNumber + numbers; number++)
            {
                var process = Process.Start(new ProcessStartInfo(
                    "setpriv", [$"--reuid={number}", $"--regid={number}", "--clear-groups", "sh", "-c", "echo up; exec sleep 600"])
                {
                    RedirectStandardOutput = true,
                })!;
                taken.processes.Add(process);
                Assert.Equal("up", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            }

            return taken;
        }

        public void Dispose()
        {
            foreach (var process in processes)
            {
                process.Kill();
                process.Dispose();
            }
        }
    }

    /// <summary>A service that asks everybody for a key, as workers with users of their own require.</summary>
    public sealed class Scene() : ServiceScene("--require-keys"), IAsyncLifetime
    {
        // As Service.StartGuarded does it: the key is there before the service starts.
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            var made = await Otask.Run("key", "create", "--data", Data, "--scope", "read,submit,operate,admin");
            Assert.Equal(0, made.ExitCode);
            await InitializeAsync();
            Service.Http.DefaultRequestHeaders.Authorization = new("Bearer", made.Output.Trim());
        }
    }
}
