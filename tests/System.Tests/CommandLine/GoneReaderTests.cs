using System.Diagnostics;
using OrleansTasks.Cli.Output;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A command whose output nobody reads any more ends, as <c>tail -f</c> does, even while it writes nothing.</summary>
public sealed class GoneReaderTests : DataFolders
{
    private const int Gone = 141;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Commands => OtaskTree.Names();

    [Theory]
    [InlineData("logs -f ID")]
    [InlineData("logs -f -t ID")]
    [InlineData("event follow")]
    [InlineData("event follow -o json")]
    [InlineData("watch ID")]
    [InlineData("list --watch")]
    [InlineData("list --watch -o ndjson")]
    [InlineData("api GET /api/v1/events")]
    public async Task Following_ItsReaderGoes_EndsSilently(string command)
    {
        await using var gateway = await SilentGateway.Start();
        using var otask = Begin(gateway, command);
        Assert.NotNull(await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit));

        otask.StandardOutput.Close();

        Assert.Equal((Gone, ""), await EndOf(otask));
        Assert.Empty(gateway.Changes);
    }

    [Theory]
    [InlineData("wait ID", "")]
    [InlineData("get --wait 60s ID", "")]
    [InlineData("job get --wait ID", "")]
    [InlineData("workflow get --wait ID", "")]
    [InlineData("rollout get --wait ID", "")]
    [InlineData("mcp", "")]
    [InlineData("submit --wait true", $"otask: task {SilentGateway.Id}\n")]
    [InlineData("job run --range 0:9", $"otask: job {SilentGateway.Id}\n")]
    public async Task Waiting_ItsReaderGoesBeforeAnythingIsWritten_EndsSilently(string command, string said)
    {
        await using var gateway = await SilentGateway.Start();
        using var otask = Begin(gateway, command);
        if (said.Length > 0)
            Assert.Equal(said.TrimEnd(), await otask.StandardError.ReadLineAsync().WaitAsync(Limit));

        otask.StandardOutput.Close();

        Assert.Equal((Gone, ""), await EndOf(otask));
        // It goes on, as after Ctrl-C.
        Assert.DoesNotContain(gateway.Changes, static path => path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ItsReaderGoes_CancelsTheTask(bool isTalkative)
    {
        await using var gateway = await SilentGateway.Start(isTalkative);
        using var otask = Begin(gateway, "run true");
        Assert.Equal("line", await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit));

        otask.StandardOutput.Close();

        Assert.Equal((Gone, $"otask: task {SilentGateway.Id}\n"), await EndOf(otask));
        Assert.Equal(["/api/v1/tasks", $"/api/v1/tasks/{SilentGateway.Id}/cancel"], gateway.Changes);
    }

    [Fact]
    public async Task Run_TheTaskEndsByItselfWhenItsReaderHasGone_EndsAsTheTask()
    {
        await using var gateway = await SilentGateway.Start();
        using var otask = Begin(gateway, "run --quiet true");
        Assert.Equal("line", await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit));

        otask.StandardOutput.Close();
        await gateway.Fail(3);

        Assert.Equal(3, (await EndOf(otask)).Code);
    }

    [Fact]
    public async Task Run_InAPipeWithHead_LeavesNoTaskRunning()
    {
        await using var service = await Service.Start(Data, "--slots", "1");

        // A shell's word for a program that SIGPIPE has ended is 141 as well.
        var piped = await Finished.Run("bash", "-c",
            "\"$0\" --url \"$1\" run 'echo first; sleep 600' | head -1; echo ${PIPESTATUS[0]}", BuiltPrograms.Otask, service.Url.ToString());

        Assert.Equal("first\n141\n", piped.Output);
        var list = await Otask.Run(service, "list", "-o", "template={{state}}");
        Assert.Equal("cancelled\n", list.Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task EveryCommand_NobodyReadsAndTheGatewayIsSilent_Ends(string command)
    {
        await using var gateway = await SilentGateway.Start(holdsReads: true);
        using var unread = new CancellationTokenSource();
        await using var output = new StringWriter();
        var words = command.Split(' ');
        var file = In("file.json");
        await File.WriteAllTextAsync(file, """{"queues":[{"name":"x"}],"cmd":"x"}""");
        string[] arguments = words switch
        {
            ["mcp"] => ["logs", "x"], // It reads this process's own standard input; it is tried above.
            ["db", ..] or ["key", ..] or ["cluster", "certificate"] or ["node", "token"] => [.. words, "--help"],
            ["api"] => [.. words, "GET", "/x"],
            ["apply"] => [.. words, "-f", file],
            ["workflow", "submit"] => [.. words, "--wait", file],
            ["job", "run"] => [.. words, "--range", "0:1"],
            ["schedule", "set"] => [.. words, "x", "--every", "1h", "true"],
            ["rollout", "start"] => [.. words, "--wait", "true"],
            ["submit"] => [.. words, "--wait", "true"],
            _ => [.. words, .. OtaskTree.Of(command).Arguments.Select(static _ => "x")],
        };

        var running = new global::OrleansTasks.Cli.CommandLine(
            output, output, new TaskOutput(Stream.Null, Stream.Null, unread.Token), static () => throw new InvalidOperationException("a store"))
            .Run(["--url", gateway.Url, .. arguments]);
        await unread.CancelAsync();

        await running.WaitAsync(Limit);
    }

    private static Process Begin(SilentGateway gateway, string command) => Process.Start(new ProcessStartInfo(
        BuiltPrograms.Otask,
        ["--url", gateway.Url, .. command.Split(' ').Select(static word => word == "ID" ? SilentGateway.Id : word)])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<(int Code, string Errors)> EndOf(Process otask)
    {
        var errors = await otask.StandardError.ReadToEndAsync().WaitAsync(Limit);
        await otask.WaitForExitAsync().WaitAsync(Limit);
        return (otask.ExitCode, errors);
    }
}
