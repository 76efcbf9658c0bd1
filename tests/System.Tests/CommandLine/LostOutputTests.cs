using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Closed descriptors and full disks: one line where it can be written, an exit code of its own, and no task that runs twice.</summary>
public sealed class LostOutputTests
{
    private const int Lost = 74;
    private const string Full = "otask: standard output cannot be written: No space left on device";

    [Theory]
    [InlineData("list")]
    [InlineData("get ID")]
    [InlineData("logs ID")]
    [InlineData("submit true")]
    [InlineData("run true")]
    [InlineData("job run --detach --range 0:9")]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("manual")]
    public async Task WithoutStandardOutput_DoesNothingAndSaysSo(string command)
    {
        await using var gateway = await SilentGateway.Start();
        foreach (var closed in (string[])[">&-", ">&- <&-"])
        {
            var ended = await Run(gateway, command, closed);
            Assert.Equal(Lost, ended.ExitCode);
            Assert.StartsWith("otask: standard output is closed, so nothing was done", Assert.Single(LinesOf(ended.Errors)), StringComparison.Ordinal);
        }

        Assert.Equal(Lost, (await Run(gateway, command, ">&- 2>&- <&-")).ExitCode);
        Assert.Equal(Lost, (await Run(gateway, command, "2>&- >&-")).ExitCode);
        Assert.Empty(gateway.Changes);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("get ID")]
    [InlineData("--version")]
    public async Task WithoutStandardErrorOrInput_WorksAsUsual(string command)
    {
        await using var gateway = await SilentGateway.Start();
        var usual = await Run(gateway, command, "");
        Assert.Equal(0, usual.ExitCode);

        foreach (var closed in (string[])["2>&-", "<&-", "2>&- <&-", "2>/dev/full"])
            Assert.Equal(usual with { Errors = "" }, await Run(gateway, command, closed));
    }

    [Fact]
    public async Task WithoutStandardError_AMistakeHasItsUsualCode()
    {
        await using var gateway = await SilentGateway.Start();

        Assert.Equal(new Finished(2, "", ""), await Run(gateway, "lst", "2>&-"));
        Assert.Equal(new Finished(2, "", ""), await Run(gateway, "lst", "2>&- <&-"));
    }

    [Fact]
    public async Task Run_WithoutStandardError_EndsAsTheTask()
    {
        await using var gateway = await CuttingGateway.Start(written: "abc");

        var ended = await Finished.Run("sh", "-c", "exec \"$0\" --url \"$1\" submit --wait true 2>&-", BuiltPrograms.Otask, gateway.Url);

        Assert.Equal(new Finished(0, "abc", ""), ended);
        Assert.Equal(1, gateway.Submissions);
    }

    [Theory]
    [InlineData("list", "")]
    [InlineData("get ID", "")]
    [InlineData("--help", "")]
    [InlineData("--version", "")]
    [InlineData("logs -f ID", "")]
    [InlineData("event follow", "")]
    [InlineData("list --watch", "")]
    [InlineData("api GET /x", "")]
    [InlineData("submit true", $"; the task {SilentGateway.Id} was submitted and cancelled again")]
    [InlineData("submit --idempotency-key k true", $"; the task {SilentGateway.Id} was submitted")]
    [InlineData("job run --detach --range 0:9", $"; the job {SilentGateway.Id} was submitted and cancelled again")]
    [InlineData("rollout start true", $"; the rollout {SilentGateway.Id} was submitted and cancelled again")]
    [InlineData("run --quiet true", $"; the task {SilentGateway.Id} was cancelled")]
    public async Task OnAFullDisk_SaysSo(string command, string more)
    {
        await using var gateway = await SilentGateway.Start();

        var ended = await Run(gateway, command, ">/dev/full");

        Assert.Equal((Lost, Full + more), (ended.ExitCode, Assert.Single(LinesOf(ended.Errors))));
        Assert.Equal(
            more.EndsWith("cancelled again", StringComparison.Ordinal) || more.EndsWith("was cancelled", StringComparison.Ordinal),
            gateway.Changes.Any(static path => path.EndsWith("/cancel", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("run --stdin - cat", "--stdin: cannot read '-'")]
    [InlineData("submit --spec -", "--spec: cannot read '-'")]
    [InlineData("submit --batch -", "--batch: cannot read '-'")]
    [InlineData("api POST /x --data -", "--data: cannot read '-'")]
    [InlineData("job run --from -", "--from: cannot read '-'")]
    [InlineData("mcp", "Standard input is closed")]
    public async Task WithoutStandardInput_ReadingItIsAMistake(string command, string said)
    {
        await using var gateway = await SilentGateway.Start();

        var ended = await Run(gateway, command, "<&-");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(said, ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Changes);
    }

    [Fact]
    public void Sources_WriteThroughTheOwnStreamsOnly()
    {
        // .NET's console swallows a broken pipe and fails for a closed descriptor. A progress bar is shown on a terminal only.
        var found = new[] { "Cli", "Cli.Store" }
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(BuiltPrograms.Repository, folder), "*.cs", SearchOption.AllDirectories))
            .Where(static file => Path.GetFileName(file) != "JobFollower.cs")
            .Where(static file => Regex.IsMatch(File.ReadAllText(file), @"Console\.(Out|Error|Write|WriteLine|In|OpenStandard\w+)\b"))
            .Select(Path.GetFileName);

        Assert.Equal(["StandardInput.cs"], found);
    }

    private static string[] LinesOf(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Task<Finished> Run(SilentGateway gateway, string command, string redirections) => Finished.Run(
        "sh",
        ["-c", $"export OTASK_URL=\"$1\"; shift; exec \"$0\" \"$@\" {redirections}", BuiltPrograms.Otask, gateway.Url,
            .. command.Split(' ').Select(static word => word == "ID" ? SilentGateway.Id : word)]);
}
