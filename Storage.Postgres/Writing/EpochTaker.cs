using System.Collections.Concurrent;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Takes ownership of queues by raising their epochs. A commit in progress on the server holds the lock on its queue's
/// row, so raising the epoch waits for it. A commit that reaches the server later finds another epoch and is refused.
/// </summary>
internal sealed class EpochTaker(PostgresDatabase database)
{
    // Raise and Add may wait for a commit in progress. Only a statement after them, such as Find, sees what that has
    // written.
    private const string Raise =
        "UPDATE ot.queues SET epoch = epoch + 1 WHERE name = $1 AND ($2::bigint IS NULL OR epoch = $2)";

    private const string Find = """
        SELECT q.no, q.epoch, coalesce(e.seq, 0), greatest(q.first_no, e.last_no), coalesce(e.starts_from, 0), q.retired
        FROM ot.queues q LEFT JOIN LATERAL (
            SELECT seq, last_no, starts_from FROM ot.events WHERE queue = q.no ORDER BY seq DESC LIMIT 1) e ON true
        WHERE q.name = $1
        """;

    private const string CountInUse = "SELECT count(*) FROM ot.queues WHERE NOT retired";

    // Held until the transaction ends, so that two new queues are counted one after the other.
    private const string OneAfterTheOther = "SELECT ot.lock('queues')";

    // A new queue gets the next number n. Its rows get the numbers after n * $2, where $2 is QueueOwnership.RowNumbers.
    // On a conflict, another silo has just added the queue, and this one raises the epoch.
    private const string Add = """
        INSERT INTO ot.queues AS q (no, name, epoch, first_no, retired)
        SELECT next, $1, 1, next * $2, false
        FROM (SELECT coalesce(max(no), 0) + 1 AS next FROM ot.queues) n
        ON CONFLICT (name) DO UPDATE SET epoch = q.epoch + 1
        """;

    // Changes no value. As a write, however, it needs a commit, and a primary that its synchronous standby has replaced
    // cannot commit.
    private const string Same = "UPDATE ot.queues SET epoch = epoch WHERE no = $1 AND epoch = $2";

    private readonly ConcurrentDictionary<string, int> numbers = new(StringComparer.Ordinal);

    /// <summary>See <see cref="ITaskStore.TakeEpoch"/>.</summary>
    internal async Task<QueueOwnership> Take(string queue, long? expected, CancellationToken cancellation)
    {
        // Waits for this process's own commits that have not been sent yet.
        if (numbers.TryGetValue(queue, out var number))
            await database.Commits.Decided(number).WaitAsync(cancellation).ConfigureAwait(false);
        var most = database.Options.MaxQueues;
        var taken = await database.Write(session => Take(session, queue, expected, most), cancellation).ConfigureAwait(false);
        if (taken is { QueueNo: 0, IsFull: true })
            throw new TooManyQueuesException();
        if (taken.QueueNo > 0)
            numbers[queue] = taken.QueueNo;
        return taken;
    }

    /// <summary>See <see cref="ITaskStore.Prove"/>.</summary>
    internal Task<bool> Prove(int queueNo, long epoch) => database.Write(
        async session => await session.Run(new Query(Same).Bind(queueNo).Bind(epoch)).ConfigureAwait(false) == 1);

    private static async Task<QueueOwnership> Take(Session session, string queue, long? expected, int most)
    {
        var isRaised = await session.Run(new Query(Raise).Bind(queue).Bind(expected)).ConfigureAwait(false) == 1;
        if (!isRaised && expected is null)
        {
            if (await IsFull(session, most).ConfigureAwait(false))
                return new QueueOwnership(false, 0, 0, 0, 0, IsFull: true);
            isRaised = await session.Run(new Query(Add).Bind(queue).Bind(QueueOwnership.RowNumbers))
                .ConfigureAwait(false) == 1;
        }

        var found = await session.First(new Query(Find).Bind(queue), Read).ConfigureAwait(false);
        if (found is null)
            return new QueueOwnership(false, 0, 0, 0, 0);
        return !isRaised ? found with { Taken = false }
            : found with { IsFull = found.IsRetired && await IsFull(session, most).ConfigureAwait(false) };
    }

    private static async Task<bool> IsFull(Session session, int most)
    {
        await session.Run(new Query(OneAfterTheOther)).ConfigureAwait(false);
        return await session.First(new Query(CountInUse), static row => row.Int64(0)).ConfigureAwait(false) >= most;
    }

    private static QueueOwnership Read(Row row) => new(
        true, row.Int32(0), row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4), row.Boolean(5));
}
