using System.Diagnostics;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Backups and restores that are killed in their middle: what is there afterwards is whole or not there.</summary>
[Trait("Needs", "postgres")]
public sealed class DbCommandTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private string Copy => In("copy");

    [Fact]
    public async Task Sqlite_BackupAndRestoreAreKilled_LeaveNothingHalf()
    {
        await using (var service = await Service.Start(Data, "--slots", "0"))
        {
            await service.Submit("true");
            // A pipe that nobody fills keeps the copy of the output from its end.
            var pipe = await Pipe(Path.Combine(Data, "output", "pipe"));
            await KillAtPipe(pipe, "db", "backup", Copy, "--data", Data);
            Assert.False(Directory.Exists(Copy));
            File.Delete(pipe);
            // Beside the running service.
            await Run("db", "backup", Copy, "--data", Data);
        }

        var target = In("restored");
        var database = Path.Combine(Copy, "tasks.db");
        File.Move(database, database + ".kept");
        await KillAtPipe(await Pipe(database), "db", "restore", Copy, "--data", target);
        Assert.False(File.Exists(Path.Combine(target, "tasks.db")));
        File.Move(database + ".kept", database, overwrite: true);
        await Run("db", "restore", Copy, "--data", target);

        Assert.Contains("tasks       1", await Run("db", "status", "--data", target), StringComparison.Ordinal);
        await using var restored = await Service.Start(target);
        await Until.Holds("the restored task has ended", Limit, async () =>
            (await restored.Http.GetStringAsync("/api/v1/tasks/summary")).Contains("\"succeeded\":1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Postgres_BackupAndRestoreAreKilled_LeaveNothingHalf()
    {
        var (from, to) = (Database("from_here"), Database("to_there"));
        Assert.Contains("schema 1", await Run("db", "init", "--db", from), StringComparison.Ordinal);
        await using (var service = await Service.Start(Data, "--slots", "0", "--db", from))
        {
            await service.Submit("true");
            await KillBackup(from);
            Assert.False(Directory.Exists(Copy));
            await Run("db", "backup", Copy, "--db", from);
        }

        // The last table but one: most of the data is in the database's hands by then.
        var table = Path.Combine(Copy, "webhook_owner.copy");
        File.Move(table, table + ".kept");
        await KillAtPipe(await Pipe(table), "db", "restore", Copy, "--db", to);
        File.Move(table + ".kept", table, overwrite: true);
        // The lock of the killed one goes when the server notices.
        await Until.Holds("the server has seen the end of the killed restore", Limit, async () =>
            (await Otask.Run("db", "restore", Copy, "--db", to)).ExitCode == 0);

        Assert.Contains("tasks       1", await Run("db", "status", "--db", to), StringComparison.Ordinal);
        await using var restored = await Service.Start(Data, "--db", to);
        await Until.Holds("the restored task has ended", Limit, async () =>
            (await restored.Http.GetStringAsync("/api/v1/tasks/summary")).Contains("\"succeeded\":1", StringComparison.Ordinal));
    }

    private static string Database(string name)
    {
        PostgresServer.Shared.CreateDatabase(name);
        return PostgresServer.Shared.ConnectionString(name);
    }

    private static async Task<string> Run(params string[] arguments)
    {
        var ended = await Otask.Run(arguments);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return ended.Output;
    }

    private static async Task<string> Pipe(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Assert.Equal(0, (await Finished.Run("mkfifo", path)).ExitCode);
        return path;
    }

    /// <summary>Kills otask once it reads from a pipe.</summary>
    private static async Task KillAtPipe(string pipe, params string[] arguments)
    {
        using var otask = Process.Start(new ProcessStartInfo(BuiltPrograms.Otask, arguments) { WorkingDirectory = BuiltPrograms.Repository })!;
        // Opening a pipe to write waits for its reader.
        await using var writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write)).WaitAsync(Limit, TimeProvider.System);
        otask.Kill();
        await otask.WaitForExitAsync();
        Assert.NotEqual(0, otask.ExitCode);
    }

    /// <summary>Kills a backup that waits for a table.</summary>
    private async Task KillBackup(string database)
    {
        await using var other = new Npgsql.NpgsqlConnection(database + ";Pooling=false");
        await other.OpenAsync();
        await using var holds = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE ot.webhooks IN ACCESS EXCLUSIVE MODE", other);
        await holds.ExecuteNonQueryAsync();
        using var otask = Process.Start(new ProcessStartInfo(BuiltPrograms.Otask, ["db", "backup", Copy, "--db", database])
        {
            WorkingDirectory = BuiltPrograms.Repository,
        })!;
        await Until.Holds("the backup has begun", Limit, () => Task.FromResult(File.Exists(Path.Combine(Copy + ".partial", "tasks.copy"))));
        otask.Kill();
        await otask.WaitForExitAsync();
    }
}
