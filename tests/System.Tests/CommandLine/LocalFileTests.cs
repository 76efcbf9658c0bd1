using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A fault of a local file has codes of its own, and is never reported as one of the gateway.</summary>
public sealed class LocalFileTests : DataFolders
{
    private const int BadUsage = 2, OutOfReach = 3, Lost = 74;

    [Theory]
    [InlineData("submit --spec FILE")]
    [InlineData("submit --batch FILE")]
    [InlineData("submit --file FILE")]
    [InlineData("submit --stdin FILE cat")]
    [InlineData("run --spec FILE")]
    [InlineData("job run --spec FILE")]
    [InlineData("job run --from FILE")]
    [InlineData("job feed 0199aa00-0000-7000-8000-000000000001 --from FILE")]
    [InlineData("workflow submit FILE")]
    [InlineData("schedule set s --file FILE")]
    [InlineData("schedule set s --cron @daily --job FILE")]
    [InlineData("schedule set s --cron @daily --workflow FILE")]
    [InlineData("rollout start --spec FILE")]
    [InlineData("apply --file FILE")]
    [InlineData("api POST /x --data @FILE")]
    public async Task FileOfAnOption_ThatCannotBeRead_IsAMistakeAndNothingIsSent(string line)
    {
        await using var gateway = await StubGateway.Start();
        Directory.CreateDirectory(Data);

        foreach (var path in (string[])[Data, Path.Combine(Data, "missing"), Path.Combine(Data, "missing", "file"), "/proc/self/mem"])
        {
            // A file of items can be opened long before it fails to be read.
            if (path == "/proc/self/mem" && line.Contains("--from", StringComparison.Ordinal))
                continue;
            var ended = await gateway.Otask(
                [.. line.Split(' ').Select(word => word.Replace("FILE", path, StringComparison.Ordinal))]);
            Assert.Equal((BadUsage, ""), (ended.ExitCode, ended.Output));
            var fault = path == Data && line.StartsWith("apply", StringComparison.Ordinal) ? $"the folder '{path}' has no" : $"cannot read '{path}'";
            Assert.Contains(fault, ended.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Bodies);
    }

    [Fact]
    public async Task Certificate_ThatCannotBeWritten_LeavesNothing()
    {
        Assert.Equal(0, (await Otask.Run("db", "init", "--data", Data)).ExitCode);
        var folder = Path.Combine(Data, "folder");
        Directory.CreateDirectory(folder);

        // Into a folder that does not exist, and in place of a folder.
        foreach (var target in (string[])[Path.Combine(Data, "missing", "x.pem"), folder])
        {
            var ended = await Otask.Run("cluster", "certificate", target, "--data", Data);
            Assert.Equal((Lost, ""), (ended.ExitCode, ended.Output));
            Assert.Matches("^otask: [^\n]+\n$", ended.Errors);
            Assert.DoesNotContain("connection", ended.Errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(
            Directory.EnumerateFiles(Data),
            static file => Path.GetFileName(file).StartsWith("folder.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Profile_ThatCannotBeWritten_IsNoMistakeOfTheCommandLine()
    {
        // The folder of the settings lies in /proc, where nobody can create one.
        var ended = await Finished.Run(
            "/usr/bin/env", "XDG_CONFIG_HOME=/proc/1/none", BuiltPrograms.Otask, "config", "set", "a", "--url", "http://x");

        Assert.Equal((Lost, ""), (ended.ExitCode, ended.Output));
        Assert.Contains("config.json cannot be written: ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ThatBreaks_IsStillTheConnection()
    {
        await using var gateway = await CuttingGateway.Start(written: "abcdef");

        var ended = await Otask.Run("--url", gateway.Url, "logs", "--stream", "stdout", CuttingGateway.Id);

        Assert.Equal(OutOfReach, ended.ExitCode);
    }
}
