using System.Collections.Concurrent;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Takes partitions over. A commit that the server is working on holds its partition's row, so the server makes a taker wait for it;
/// a commit that has not reached the server yet finds another epoch there.
/// </summary>
internal sealed class EpochTaker(PostgresDatabase database)
{
    private const string Columns = "no, epoch, seq, last_no, starts_from, retired";

    private const string Raise = $"""
        UPDATE ot.partitions SET epoch = epoch + 1
        WHERE queue = $1 AND number = $2 AND ($3::bigint IS NULL OR epoch = $3) RETURNING {Columns}
        """;

    private const string Find = $"SELECT {Columns} FROM ot.partitions WHERE queue = $1 AND number = $2";

    private const string CountInUse = "SELECT count(*) FROM ot.partitions WHERE NOT retired";

    // Held until the transaction ends, so that two new queues are counted one after the other.
    private const string OneAfterTheOther = "SELECT pg_advisory_xact_lock(x'4f547175'::bigint)";

    private const string Add = $"""
        INSERT INTO ot.partitions AS p (queue, number, epoch, seq, last_no, transitions) VALUES ($1, $2, 1, 0, 0, 0)
        ON CONFLICT (queue, number) DO UPDATE SET epoch = p.epoch + 1 RETURNING {Columns}
        """;

    // It changes nothing, but it is a write: a primary that was replaced by its synchronous standby cannot commit it.
    private const string Same = "UPDATE ot.partitions SET epoch = epoch WHERE no = $1 AND epoch = $2";

    private readonly ConcurrentDictionary<PartitionKey, int> numbers = new();

    /// <summary>See <see cref="ITaskStore.TakeEpoch"/>.</summary>
    internal async Task<PartitionOwnership> Take(PartitionKey partition, long? expected, CancellationToken cancellation)
    {
        // The caller's own commits that are still in line go first.
        if (numbers.TryGetValue(partition, out var number))
            await database.Commits.Decided(number).WaitAsync(cancellation).ConfigureAwait(false);
        var most = database.Options.MaxQueues;
        var taken = await database.Write(session => Take(session, partition, expected, most), cancellation).ConfigureAwait(false);
        if (taken is { Partition: 0, IsFull: true })
            throw new TooManyQueuesException();
        if (taken.Partition > 0)
            numbers[partition] = taken.Partition;
        return taken;
    }

    /// <summary>See <see cref="ITaskStore.Prove"/>.</summary>
    internal Task<bool> Prove(int partition, long epoch) => database.Write(
        async session => await session.Run(new Query(Same).Bind(partition).Bind(epoch)).ConfigureAwait(false) == 1);

    private static async Task<PartitionOwnership> Take(Session session, PartitionKey partition, long? expected, int most)
    {
        var raised = await session.First(
            new Query(Raise).Bind(partition.Queue).Bind(partition.Number).Bind(expected), Read).ConfigureAwait(false);
        if (raised is not null)
            return raised with { IsFull = raised is { Taken: true, IsRetired: true } && await IsFull(session, most).ConfigureAwait(false) };
        if (expected is null && await IsFull(session, most).ConfigureAwait(false))
            return new PartitionOwnership(false, 0, 0, 0, 0, IsFull: true);
        if (expected is null)
            return (await session.First(new Query(Add).Bind(partition.Queue).Bind(partition.Number), Read).ConfigureAwait(false))!;
        var found = await session.First(
            new Query(Find).Bind(partition.Queue).Bind(partition.Number), Read).ConfigureAwait(false);
        return found is null ? new PartitionOwnership(false, 0, 0, 0, 0) : found with { Taken = false };
    }

    private static async Task<bool> IsFull(Session session, int most)
    {
        await session.Run(new Query(OneAfterTheOther)).ConfigureAwait(false);
        return await session.First(new Query(CountInUse), static row => row.Int64(0)).ConfigureAwait(false) >= most;
    }

    private static PartitionOwnership Read(Row row) => new(
        true, row.Int32(0), row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4), row.Boolean(5));
}
