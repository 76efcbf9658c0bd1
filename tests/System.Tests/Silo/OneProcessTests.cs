using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

public sealed class OneProcessTests
{
    [Fact]
    public async Task Submit_Touch_FileIsThereOnceTheTaskHasSucceeded()
    {
        await using var process = await OneProcess.StartAsync();
        var file = Path.Combine(process.Folder, "hello");

        var ended = await process.Ended(await process.Submit($"touch {file}"));

        Assert.Equal((TaskState.Succeeded, EndReason.Exit, 0, "w1", 1),
            (ended.State, ended.Reason, ended.ExitCode, ended.Node, ended.Attempt));
        Assert.True(File.Exists(file));
    }
}
