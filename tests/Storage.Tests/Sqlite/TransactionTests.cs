using System.Diagnostics;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Connections on a database that cannot be used.</summary>
public sealed class TransactionTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string File => folder.File("tasks.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Run_AnotherProcessHoldsTheDatabase_WaitsOnceForAllJobs()
    {
        var busyTimeout = TimeSpan.FromSeconds(1);
        using var other = Connection.Open(File, create: true, busyTimeout);
        other.Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (v); BEGIN IMMEDIATE");
        using var transaction = new Transaction(File, busyTimeout, static () => false);
        ValueJob<int>[] jobs = [.. Enumerable.Range(0, 12).Select(static _ => new ValueJob<int>(static _ => 1))];

        var began = Stopwatch.GetTimestamp();
        transaction.Run(jobs);
        var waited = Stopwatch.GetElapsedTime(began);

        foreach (var job in jobs)
            Assert.Contains("locked", (await Assert.ThrowsAsync<StoreUnavailableException>(() => job.Completion)).Message, StringComparison.Ordinal);
        Assert.True(waited < 6 * busyTimeout, $"It waited {waited}.");
    }

    [Fact]
    public async Task Run_OneJobsCannotBeWritten_WritesTheOthers()
    {
        using (var made = Connection.Open(File, create: true, TimeSpan.Zero))
            made.Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (v)");
        using var transaction = new Transaction(File, TimeSpan.Zero, static () => false);
        var culprit = new ValueJob<int>(static _ => throw new InvalidOperationException("culprit"));
        ValueJob<int>[] others = [.. Enumerable.Range(0, 2).Select(static _ => new ValueJob<int>(static connection =>
        {
            connection.Execute("INSERT INTO t VALUES (1)");
            return 1;
        }))];

        transaction.Run([others[0], culprit, others[1]]);

        Assert.Contains("culprit", (await Assert.ThrowsAsync<StoreRefusedException>(() => culprit.Completion)).Message, StringComparison.Ordinal);
        foreach (var other in others)
            Assert.Equal(1, await other.Completion);
        using var connection = Connection.Open(File, create: false, TimeSpan.Zero);
        Assert.Equal(2, connection.Scalar("SELECT count(*) FROM t"));
    }

    [Fact, System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Open_FileCannotBeRead_LeavesNoConnection()
    {
        global::System.IO.File.WriteAllBytes(File, [.. Enumerable.Repeat((byte)7, 8192)]);

        Assert.Throws<SqliteFault>(() => new ReadSession(File, TimeSpan.Zero));

        Assert.Equal(0, Descriptors());
    }

    [Fact, System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Run_LogCannotBeCopiedAfterAFailure_LeavesNoConnection()
    {
        using var transaction = new Transaction(File, TimeSpan.Zero, static () => false);
        transaction.Run([new ValueJob<int>(static _ => 1)]);
        Assert.True(transaction.Failing);
        // It opens, but has not the table that is read before the log is copied.
        using (var made = Connection.Open(File, create: true, TimeSpan.Zero))
            made.Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (v)");

        transaction.Run([new ValueJob<int>(static _ => 1)]);

        Assert.True(transaction.Failing);
        Assert.Equal(0, Descriptors());
    }

    private int Descriptors() => Directory.EnumerateFiles("/proc/self/fd")
        .Count(link => TargetOf(link)?.StartsWith(File, StringComparison.Ordinal) == true);

    /// <summary>Where a descriptor leads; null when a test beside this one has closed it meanwhile.</summary>
    private static string? TargetOf(string link)
    {
        try
        {
            return global::System.IO.File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
