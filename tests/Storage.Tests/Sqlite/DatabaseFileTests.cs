using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Tests.Sqlite;

public sealed class DatabaseFileTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact, System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Open_NewFolder_MakesItForTheOwnerAlone()
    {
        Assert.Equal(StoreHealth.Healthy, data.Store.Health);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(data.Options.Directory));
    }

    [Fact]
    public async Task Open_FileWithoutASchema_IsMadeReady()
    {
        // As a start leaves it that was killed between the journal's mode and the schema.
        Directory.CreateDirectory(data.Options.Directory);
        using (var connection = Connection.Open(data.File, create: true, TimeSpan.Zero))
            connection.Execute("PRAGMA journal_mode = WAL");
        Assert.Equal(4096, new FileInfo(data.File).Length);

        await data.Fill();
    }

    /// <summary>Kills the very first start at each call of some kinds by which it changes a file.</summary>
    [Theory]
    [Trait("Needs", "tracing")]
    [InlineData(9, "pwrite64")]
    // The bundled SQLite syncs with fsync, a system's usually with fdatasync.
    [InlineData(3, "fdatasync", "fsync")]
    [InlineData(1, "ftruncate")]
    [InlineData(1, "unlink")]
    public async Task Open_FirstStartKilledAtAnyCall_StartsAgain(int least, params string[] kinds)
    {
        await ProbeProcess.NeedStrace();
        // Each start takes a process of its own: from the 20th call on every third is tried, unless all are asked for.
        var isAll = Environment.GetEnvironmentVariable("OTASK_EVERY_CALL") is not null;
        var kills = 0;
        foreach (var kind in kinds)
        {
            for (var call = 1; await IsKilledAt(kind, call); call += isAll || call < 20 ? 1 : 3)
            {
                kills++;
                var left = string.Join(' ', Directory.EnumerateFiles(data.Options.Directory)
                    .Select(static path => $"{Path.GetFileName(path)}:{new FileInfo(path).Length}"));
                var fault = Record.Exception(() => data.Database);
                Assert.True(fault is null, $"After {kind} {call} ({left}): {fault?.Message}");
                data.Close();
                Directory.Delete(data.Options.Directory, recursive: true);
            }

            if (Directory.Exists(data.Options.Directory))
                Directory.Delete(data.Options.Directory, recursive: true);
        }

        Assert.True(kills >= least, $"{kills} starts were killed at calls of {string.Join(" and ", kinds)}.");
    }

    private async Task<bool> IsKilledAt(string kind, int call)
    {
        Directory.CreateDirectory(data.Options.Directory);
        var (_, output) = await ProbeProcess.Run(
            "strace", "-f", "-q", "-P", data.Options.Directory, "-P", data.File, "-P", data.File + "-journal", "-P", data.File + "-wal",
            "-P", data.File + "-shm", "-e", $"trace={kind}", "-e", $"inject={kind}:signal=KILL:when={call}",
            ProbeProcess.Program, "open", data.Options.Directory);
        return !output.Contains("opened", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileOfGarbage_IsRefused()
    {
        Directory.CreateDirectory(data.Options.Directory);
        await File.WriteAllBytesAsync(data.File, new byte[8192]);
        Assert.Contains("damaged", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ShortFile_IsRefused()
    {
        Directory.CreateDirectory(data.Options.Directory);
        await File.WriteAllTextAsync(data.File, "SQLite format 3\0");
        Assert.Contains("too short", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileWithoutItsEnd_IsRefused()
    {
        await data.Fill();
        using (var file = File.OpenWrite(data.File))
            file.SetLength(file.Length - 4096);
        Assert.Contains("its end is missing", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileWithADamagedSchema_IsRefused()
    {
        await data.Fill();
        using (var file = File.OpenWrite(data.File))
        {
            file.Position = 100;
            file.Write(new byte[3000]);
        }

        Assert.Contains("damaged", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_MissingFileWithALog_IsRefused()
    {
        Directory.CreateDirectory(data.Options.Directory);
        await File.WriteAllTextAsync(data.File + "-wal", "log");
        Assert.Contains("tasks.db-wal", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
        Assert.True(File.Exists(data.File + "-wal"));
    }

    [Fact]
    public void Open_DatabaseOfAnotherProgram_IsRefused()
    {
        Directory.CreateDirectory(data.Options.Directory);
        using (var foreign = Connection.Open(data.File, create: true, TimeSpan.FromSeconds(30)))
            foreign.Execute("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
        Assert.Contains("another program", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_DamagedPages_SaysThatTheFileIsDamaged()
    {
        // The pages of an empty database hold the schema and the tables' roots, which stay as they are.
        _ = data.Database;
        long spared;
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            spared = connection.Scalar("PRAGMA page_count") * 4096;
        await data.Fill();
        // The start finds damage in the first row of a table.
        _ = data.Store;
        using (var file = new FileStream(data.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = spared;
            file.Write(Enumerable.Repeat((byte)0x5a, (int)(file.Length - spared)).ToArray());
        }

        var e = await Assert.ThrowsAsync<StoreUnavailableException>(() => data.Store.List(TaskFilter.All, null, 10));
        Assert.Contains("damaged", e.Message, StringComparison.Ordinal);
        Assert.Equal(StoreHealth.Damaged, data.Store.Health);
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var result = await queue.TryCommit(queue.Plan([queue.New()]));
        Assert.Equal(CommitOutcome.Failed, result.Outcome);
        Assert.Contains("damaged", result.Detail, StringComparison.Ordinal);
        Assert.Equal(StoreHealth.Damaged, data.Store.Health);
    }

    [Fact]
    public async Task Write_DamagedPages_MarksTheStore()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        foreach (var page in Roots("tasks"))
            Overwrite(page);

        var result = await queue.TryCommit(queue.Plan([queue.New()]));

        Assert.NotEqual(CommitOutcome.Committed, result.Outcome);
        Assert.Equal(StoreHealth.Damaged, data.Store.Health);
    }

    [Fact]
    public async Task Open_DamagedRootOfAnyTable_RefusesAndChangesNothing()
    {
        await data.Fill();
        var roots = Roots();
        data.Close();
        Assert.NotEmpty(roots);
        var intact = await File.ReadAllBytesAsync(data.File);
        foreach (var page in roots)
        {
            Overwrite(page);

            Assert.Contains("damaged", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
            await File.WriteAllBytesAsync(data.File, intact);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_NoDatabaseInAFolderThatHadOne_Refuses(bool isEmpty)
    {
        await data.Fill();
        data.Close();
        File.Delete(data.File);
        if (isEmpty)
            await File.WriteAllBytesAsync(data.File, []);

        var fault = Assert.Throws<UnusableDatabaseException>(() => data.Database);

        Assert.Contains("has been in use", fault.Message, StringComparison.Ordinal);
        Assert.Equal(isEmpty, File.Exists(data.File));
    }

    [Fact]
    public async Task Open_LogThatIsNone_RefusesAndChangesNothing()
    {
        await data.Fill();
        data.Close();
        await File.WriteAllBytesAsync(data.File + "-wal", Enumerable.Repeat((byte)0x5a, 4096).ToArray());

        Assert.Contains("tasks.db-wal", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
        Assert.Equal(4096, new FileInfo(data.File + "-wal").Length);
    }

    [Fact]
    public void Health_FileIsRemoved_IsDamaged()
    {
        _ = data.Database;
        File.Delete(data.File);
        Assert.Equal(StoreHealth.Damaged, data.Store.Health);
    }

    [Fact]
    public async Task Read_RowThatNoProgramWrote_IsRefusedAndMarksTheStore()
    {
        await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("UPDATE events SET entries = x'ffff'");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => data.Store.ReadEvents("default", 0, 10));
        Assert.Equal(StoreHealth.Damaged, data.Store.Health);
    }

    // The root pages of a table with its indexes, or of all tables.
    private List<long> Roots(string? table = null)
    {
        using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
        var roots = new List<long>();
        var rows = connection.Get("SELECT rootpage, tbl_name, type FROM sqlite_master WHERE rootpage > 0");
        while (rows.Step())
        {
            if (table is null ? rows.Text(2) == "table" : rows.Text(1) == table)
                roots.Add(rows.Int64(0));
        }

        return roots;
    }

    private void Overwrite(long page)
    {
        using var file = File.OpenWrite(data.File);
        file.Position = (page - 1) * 4096;
        file.Write(Enumerable.Repeat((byte)0x5a, 4096).ToArray());
    }

    [Fact]
    public void WriteConnection_IsDurableAtEachCommitAndDoesNotCheckpoint()
    {
        _ = data.Database;
        // The database's own threads copy the log, too, when they see fit.
        data.Close();
        using var connection = WriteConnection.Open(data.File, TimeSpan.FromSeconds(30));
        Assert.Equal("2", connection.ScalarText("PRAGMA synchronous"));
        Assert.Equal("wal", connection.ScalarText("PRAGMA journal_mode"));
        // By itself SQLite would copy the log at 1,000 frames and begin it anew.
        for (var i = 1; i <= 1100; i++)
            connection.Execute($"UPDATE schema_version SET version = {i}");
        Assert.True(connection.WalFrames > 1000, $"The log has {connection.WalFrames} frames.");
    }

    [Fact]
    public void Options_ThatMakeNoSense_AreRefusedByName()
    {
        var options = new SqliteStorageOptions { Directory = " ", CheckpointBytes = 5, LowSpaceBytes = -1 };
        var e = Assert.Throws<ArgumentException>(() => new SqliteDatabase(options, data.Clock));
        foreach (var name in new[] { "Directory", "CheckpointBytes", "LowSpaceBytes" })
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }
}
