using System.Net;
using System.Net.Sockets;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class RefusedStartTests : DataFolders
{
    [Theory]
    [InlineData("--slots", "many")]
    [InlineData("--http", "9092")]
    [InlineData("--lease", "1s")]
    [InlineData("--nope", "1")]
    public async Task BadOption_EndsWithTwoAndNamesIt(string option, string value)
    {
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, option, value);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(option, ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData("--http", "--grpc")]
    [InlineData("--grpc", "--http")]
    public async Task PortInUse_EndsWithOneAndNamesIt(string option, string other)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, option, $"127.0.0.1:{port}", other, "127.0.0.1:0");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"{option}: port {port}", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SamePortTwice_EndsWithTwoAndNamesBothOptions()
    {
        var ended = await Finished.Run(
            BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:9092", "--grpc", "[::1]:9092");
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--http and --grpc", ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task FolderInUse_EndsWithOneAndNamesTheOwner()
    {
        await using var owner = await Service.Start(Data);
        var second = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"in use by process {owner.Agent}", second.Errors, StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)(await owner.Ended(await owner.Submit("true")))["state"]);
    }

    [Fact]
    public async Task FolderOfAKilledOwner_IsTakenOver()
    {
        await using (var killed = await Service.Start(Data))
            await killed.KillAll();
        await using var next = await Service.Start(Data);
        Assert.Equal("succeeded", (string?)(await next.Ended(await next.Submit("true")))["state"]);
    }

    [Fact]
    public async Task DamagedDatabase_IsToldAndNotTouched()
    {
        Directory.CreateDirectory(Data);
        var database = Path.Combine(Data, "tasks.db");
        await File.WriteAllTextAsync(database, new string('x', 10_000));
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("--data:", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(new string('x', 10_000), await File.ReadAllTextAsync(database));
    }

    [Theory]
    [InlineData("worker/instance")]
    [InlineData("worker/results")]
    [InlineData("worker/dead.json")]
    public async Task WorkerFile_ThatCannotBeUsed_EndsWithOneAndIsNamed(string file)
    {
        // Where a file is meant, a folder is as little to be used by root as another user's file by others.
        var path = Directory.CreateDirectory(Path.Combine(Data, file)).FullName;
        await IsRefused(path);
    }

    [Fact]
    public async Task OutputFolder_ThatCannotBeWritten_EndsWithOneAndIsNamed()
    {
        var path = Path.Combine(Directory.CreateDirectory(Data).FullName, "output");
        await File.WriteAllTextAsync(path, "");
        await IsRefused(path);
    }

    [Theory]
    [InlineData("--http", 1)]
    [InlineData("--grpc", 2)]
    public async Task BeyondLoopbackWithoutAKey_IsRefused(string option, int code)
    {
        var other = option == "--http" ? "--grpc" : "--http";
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, option, "0.0.0.0:0", other, "127.0.0.1:0");
        Assert.Equal(code, ended.ExitCode);
        Assert.Contains($"{option} 0.0.0.0:0", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("otask key create", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_IsPrinted()
    {
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--help");
        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("--http", ended.Output, StringComparison.Ordinal);
    }

    private async Task IsRefused(string path)
    {
        var ended = await Finished.Run(BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(path, ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
    }
}
