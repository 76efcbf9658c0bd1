using OrleansTasks.Storage.Maintenance;

namespace OrleansTasks.Storage.Tests.Files;

/// <summary>A backup beside a running service, whose tasks end meanwhile.</summary>
public sealed class BackupFolderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Copy_WhileFoldersComeAndGo_HasWhatStays()
    {
        var from = folder.File("output");
        Directory.CreateDirectory(Path.Combine(from, "00", "stays"));
        await File.WriteAllTextAsync(
            Path.Combine(from, "00", "stays", "1"), "x", TestContext.Current.CancellationToken);
        var tasks = Task.Run(
            () =>
            {
                for (var round = 0; round < 10; round++)
                {
                    // Many folders, so that some are deleted after a copy has listed them and before it opens them.
                    for (var task = 0; task < 100; task++)
                    {
                        var output = Directory.CreateDirectory(Path.Combine(from, "00", $"{task}"));
                        File.WriteAllText(Path.Combine(output.FullName, "1"), "y");
                    }

                    for (var task = 0; task < 100; task++)
                        Directory.Delete(Path.Combine(from, "00", $"{task}"), recursive: true);
                }
            }, TestContext.Current.CancellationToken);
        for (var copy = 0; copy == 0 || !tasks.IsCompleted; copy++)
        {
            BackupFolder.Copy(from, folder.File($"copy{copy}"));
            Assert.True(File.Exists(folder.File($"copy{copy}/00/stays/1")));
        }

        await tasks;
    }

    [Fact]
    public void Copy_OfAFolderThatIsNotThere_Fails() =>
        Assert.Throws<DirectoryNotFoundException>(() => BackupFolder.Copy(folder.File("nothing"), folder.File("copy")));
}
