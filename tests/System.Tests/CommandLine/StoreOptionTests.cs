using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>The options <c>--data</c> and <c>--db</c> of the commands that open the service's store.</summary>
public sealed class StoreOptionTests : DataFolders
{
    [Theory]
    [InlineData("db", "init")]
    [InlineData("key", "list")]
    [InlineData("node", "token")]
    public async Task DataWithDb_IsRefused_AndCreatesNoStore(params string[] command)
    {
        var ended = await Otask.Run([.. command, "--data", Data, "--db", "Host=127.0.0.1;Port=1;Database=d"]);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("otask: --data and --db exclude each other: give one of them.\n", ended.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "tasks.db")));
    }

    [Fact]
    public async Task Backup_OfAFolderWithoutAStore_AsksForTheServicesFolder()
    {
        var ended = await Otask.Run("db", "backup", In("copy"), "--data", In("elsewhere"));

        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(
            "has no store. Name the service's folder with --data DIR, or create a store: otask db init", ended.Errors,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("copy")));
    }

    [Theory]
    [InlineData("If the backed-up service still runs, everything runs twice")]
    [InlineData("all queues, schedules, webhooks and notifications are paused", "--pause")]
    public async Task Restore_SaysWhatAServiceOnTheCopyDoes(string said, params string[] options)
    {
        Assert.Equal(0, (await Otask.Run("db", "init", "--data", Data)).ExitCode);
        Assert.Equal(0, (await Otask.Run("db", "backup", In("copy"), "--data", Data)).ExitCode);

        var restored = await Otask.Run(["db", "restore", In("copy"), "--data", In("restored"), .. options]);

        Assert.Equal((0, ""), (restored.ExitCode, restored.Errors));
        Assert.StartsWith("restored", restored.Output, StringComparison.Ordinal);
        Assert.Contains(said, restored.Output, StringComparison.Ordinal);
    }
}
