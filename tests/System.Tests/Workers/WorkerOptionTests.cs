using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>What a remote worker's own options do: <c>--run-as</c>, which takes root, and <c>--plugins</c>.</summary>
[SupportedOSPlatform("linux")]
public sealed class WorkerOptionTests : DataFolders
{
    private static readonly bool IsRoot = Environment.UserName == "root";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("--run-as", "no-such-user", "--run-as takes")]
    [InlineData("--plugins", "/no/such/folder", "--plugins takes an existing folder")]
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
        await using var service = await Service.StartGuarded(Data, "--slots", "0", "--require-keys");
        await using var worker = await WorkerProcess.Start(
            service, "w1", In("w1"), "--run-as", "nobody", "--token", await service.JoinToken());

        var task = await service.Ended(await service.Submit(
            $"id -un; echo $HOME; umask; stat -c %U .; for p in $PPID {worker.Supervisor} {worker.Agent}; do kill -9 $p 2>&1; done; "
            + $"cat {In("w1")}/instance /proc/{worker.Agent}/environ 2>&1; ls {In("w1")} 2>&1; true"));

        var lines = ((string)task["output"]!["tail"]!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["nobody", "/nonexistent", "0027", "nobody"], lines[..4]);
        Assert.Equal(6, lines[4..].Length);
        Assert.All(lines[4..7], static line => Assert.Contains("not permitted", line, StringComparison.Ordinal));
        Assert.All(lines[7..], static line => Assert.Contains("Permission denied", line, StringComparison.Ordinal));

        var left = await LeaveBehind(service);
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
    public async Task Plugins_OfAFolder_AreThatWorkersAlone()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var has = await WorkerProcess.Start(
            service, "has", In("has"), "--label", "collatz=1", "--plugins", BuiltPrograms.SamplePlugins);
        await using var lacks = await WorkerProcess.Start(service, "lacks", In("lacks"), "--label", "collatz=0");

        var done = await Job(service, "1");
        var failed = await Job(service, "0");

        Assert.Equal(("succeeded", 10_000, Enumerable.Range(0, 10_000).Sum(Collatz)),
            ((string?)done["state"], (int)done["itemsDone"]!, (int)done["aggregate"]!["sum"]!));
        Assert.Equal(("failed", "plugin-missing"), ((string?)failed["state"], (string?)failed["reason"]));
    }

    /// <summary>Has the task leave its session and its parent, and tells the processes once they run.</summary>
    private static async Task<int[]> LeaveBehind(Service service)
    {
        var id = await service.Submit("setsid sleep 1000 & echo $!; echo $$; exec sleep 1000");
        string[] lines = [];
        await Until.Holds("the task's processes run", Patience, async () =>
        {
            using var output = await service.Http.GetAsync($"/api/v1/tasks/{id}/output/stdout");
            lines = output.IsSuccessStatusCode ? (await output.Content.ReadAsStringAsync()).Split('\n')[..^1] : [];
            return lines.Length == 2;
        });
        return [.. lines.Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    private static async Task<JsonNode> Job(Service service, string label)
    {
        using var response = await service.Post("/api/v1/jobs", JsonNode.Parse($$$"""
            {"source":{"range":{"from":0,"to":10000}},"process":{"plugin":{"name":"collatz"}},"aggregate":[{"op":"sum"}],
             "requires":{"collatz":"{{{label}}}"}}
            """)!);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 202, text);
        return JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{JsonNode.Parse(text)!["id"]}?wait=60s"))!;
    }

    private static int Collatz(int number)
    {
        var steps = 0;
        for (var n = (long)number; n > 1; steps++)
            n = n % 2 == 0 ? n / 2 : (3 * n) + 1;
        return steps;
    }
}
