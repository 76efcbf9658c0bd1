using OrleansTasks.Storage.Postgres;
using OrleansTasks.Tests.Postgres;
using static OrleansTasks.Storage.Tests.TestRows;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>What small writes and output say when the server, or its standby, does not have what was written.</summary>
[Trait("Needs", "postgres")]
public sealed class ServerCrashTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TaskId Id = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0001);

    private const int MostCrashes = 10;

    // What is not flushed stays so for long.
    private readonly PostgresServer server = new("wal_writer_delay=10s");
    private readonly TestClock clock = new();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task Sync_AfterACrashThatLostOutput_Fails()
    {
        await using var database = await Open();
        var store = new PostgresOutputStore(database);
        await Append(store, 0, "abc");
        var (appended, length) = (3L, 3L);
        // The server may have flushed by chance what it need not have.
        for (var crash = 0; crash < MostCrashes && length == appended; crash++)
        {
            await Append(store, length, "de");
            appended = length + 2;
            server.Kill();
            server.Start();
            length = await store.Length(Id, 1, TokenOf(1), OutputStream.Stdout);
        }

        Assert.InRange(length, 3, appended - 1);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Sync(Id, 1, TokenOf(1), stdout: length + 1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Sync(Id, 1, TokenOf(1), stderr: 1));
        await store.Sync(Id, 1, TokenOf(1), stdout: length);
    }

    [Fact]
    public async Task Publish_AfterACrashThatLostABlock_Fails()
    {
        await using var database = await Open();
        var store = new PostgresFileStore(database);
        var block = new byte[ServiceLimits.FileBlockBytes];
        // The server may have flushed by chance what it need not have.
        for (var crash = 0; crash < MostCrashes; crash++)
        {
            await using var upload = store.Begin();
            for (var written = 0; written < 3; written++)
                await upload.Write(block);
            server.Kill();
            server.Start();
            await upload.Write(new byte[] { (byte)crash });
            try
            {
                await store.Publish([upload]);
            }
            catch (StoreUnavailableException lost)
            {
                Assert.Contains("lost a part", lost.Message, StringComparison.Ordinal);
                return;
            }

            await using var content = await store.Open(upload.Seal().Name);
            await content!.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }

        Assert.Fail("No crash lost a block.");
    }

    [Fact]
    public async Task Write_ServerStopsWaitingForItsStandby_IsUnknown()
    {
        await using var database = await Open();
        server.Execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        server.Kill();
        server.Start();

        var append = Append(new PostgresOutputStore(database), 0, "abc");
        server.Execute("postgres", """
            DO $$
            BEGIN
                FOR i IN 1..1000 LOOP
                    PERFORM pg_stat_clear_snapshot();
                    IF (SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep') > 0 THEN
                        RETURN;
                    END IF;
                    PERFORM pg_sleep(0.01);
                END LOOP;
                RAISE 'No commit waits for the standby.';
            END $$
            """);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(() => append);
        Assert.Contains("standby", unknown.Message, StringComparison.Ordinal);
    }

    private static Task Append(PostgresOutputStore store, long offset, string text) =>
        store.Append(Id, 1, TokenOf(1), OutputStream.Stdout, offset, Bytes(text));

    private Task<PostgresDatabase> Open() =>
        PostgresDatabase.Open(new PostgresStorageOptions { ConnectionString = server.ConnectionString("postgres") }, clock, None);
}
