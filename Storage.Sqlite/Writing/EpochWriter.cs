using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Takes ownership of queues by raising their epochs, in a transaction of the single writer.</summary>
internal static class EpochWriter
{
    private const string Find = """
        SELECT no, epoch, seq, last_no, starts_from, retired FROM queues WHERE name = ?1
        """;

    private const string CountInUse = "SELECT count(*) FROM queues WHERE retired = 0";

    // A new queue gets the next number n. Its rows get the numbers after n * ?2, where ?2 is QueueOwnership.RowNumbers.
    // Its epoch starts at 0; Raise then makes it 1.
    private const string Add = """
        INSERT INTO queues (no, name, epoch, seq, first_no, last_no, transitions, starts_from, retired)
        SELECT next, ?1, 0, 0, next * ?2, next * ?2, 0, 0, 0 FROM (SELECT ifnull(max(no), 0) + 1 AS next FROM queues)
        """;

    // From here on, the fence refuses every commit of an earlier owner.
    private const string Raise = "UPDATE queues SET epoch = epoch + 1 WHERE no = ?1";

    private const string Same = "SELECT 1 FROM queues WHERE no = ?1 AND epoch = ?2";

    /// <summary>Returns whether a queue is stored, in use or retired.</summary>
    internal static bool Has(ReadSession session, string queue)
    {
        var find = session.Get(Find);
        find.Bind(1, queue);
        var found = false;
        while (find.Step())
            found = true;
        return found;
    }

    /// <summary>Returns whether a queue's stored epoch is the given one.</summary>
    internal static bool Has(Connection connection, int queueNo, long epoch)
    {
        var same = connection.Get(Same);
        same.Bind(1, queueNo);
        same.Bind(2, epoch);
        var found = false;
        while (same.Step())
            found = true;
        return found;
    }

    /// <summary>
    /// Raises a queue's epoch, creating the queue if needed. If another epoch is stored than
    /// <paramref name="expected"/>, changes nothing and returns the present owner's values, or zeros if there is no
    /// such queue. If <paramref name="most"/> queues are already in use, does not create one: the result then has
    /// <see cref="QueueOwnership.IsFull"/> and the queue number 0.
    /// </summary>
    internal static QueueOwnership Take(Connection connection, string queue, long? expected, int most)
    {
        var found = Read(connection, queue);
        if (expected is { } epoch && (found is null || found.Epoch != epoch))
            return found is null ? new QueueOwnership(false, 0, 0, 0, 0) : found with { Taken = false };
        if (found is null && IsFull(connection, most))
            return new QueueOwnership(false, 0, 0, 0, 0, IsFull: true);
        if (found is null)
        {
            var add = connection.Get(Add);
            add.Bind(1, queue);
            add.Bind(2, QueueOwnership.RowNumbers);
            add.Run();
            found = Read(connection, queue)!;
        }

        var raise = connection.Get(Raise);
        raise.Bind(1, found.QueueNo);
        raise.Run();
        return found with { Epoch = found.Epoch + 1, IsFull = found.IsRetired && IsFull(connection, most) };
    }

    // Whether no further queue may be put into use; retired ones do not count.
    private static bool IsFull(Connection connection, int most)
    {
        var count = connection.Get(CountInUse);
        var inUse = 0L;
        while (count.Step())
            inUse = count.Int64(0);
        return inUse >= most;
    }

    private static QueueOwnership? Read(Connection connection, string queue)
    {
        var find = connection.Get(Find);
        find.Bind(1, queue);
        QueueOwnership? found = null;
        while (find.Step())
            found = new QueueOwnership(
                true, find.Int32(0), find.Int64(1), find.Int64(2), find.Int64(3), find.Int64(4), find.Int32(5) != 0);
        return found;
    }
}
