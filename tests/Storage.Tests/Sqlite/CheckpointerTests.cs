using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>The write-ahead log of a store, in which deleted secrets may not stay.</summary>
public sealed class CheckpointerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Erase_WhileAReadKeepsTheLog_IsTriedUntilTheLogIsEmpty()
    {
        var path = folder.File("tasks.db");
        using var writer = Connection.Open(path, create: true, Patience);
        writer.Execute("PRAGMA journal_mode = WAL; CREATE TABLE schema_version (version INTEGER); INSERT INTO schema_version VALUES (1)");
        using var reader = Connection.Open(path, create: false, Patience);
        reader.Execute("BEGIN");
        Assert.Equal(1, reader.Scalar("SELECT version FROM schema_version"));
        using var tried = new SemaphoreSlim(0);
        // It begins with an erasure: a process that was killed may have left secrets in the log.
        using var checkpointer = new Checkpointer(path, threshold: 1_000, pauseWriter: erase =>
        {
            erase();
            tried.Release();
        });

        Assert.True(tried.Wait(Patience));
        Assert.NotEqual(0, new FileInfo(path + "-wal").Length);
        reader.Execute("ROLLBACK");

        Assert.True(tried.Wait(Patience), "The erasure is not tried again.");
        Assert.True(SpinWait.SpinUntil(() => new FileInfo(path + "-wal").Length == 0, Patience));
    }
}
