using OrleansTasks.Queues;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Takes partitions over.</summary>
internal static class EpochWriter
{
    private const string Find = """
        SELECT p.no, p.epoch, p.seq, p.last_no, ifnull(l.starts_from, 0), ifnull(l.retired, 0)
        FROM partitions p LEFT JOIN partition_limits l ON l.partition = p.no
        WHERE p.queue = ?1 AND p.number = ?2
        """;

    private const string CountInUse = """
        SELECT count(*) FROM partitions p LEFT JOIN partition_limits l ON l.partition = p.no WHERE ifnull(l.retired, 0) = 0
        """;

    private const string Add = """
        INSERT INTO partitions (queue, number, epoch, seq, last_no, transitions) VALUES (?1, ?2, 0, 0, 0, 0)
        """;

    private const string Raise = "UPDATE partitions SET epoch = epoch + 1 WHERE no = ?1";

    private const string Same = "SELECT 1 FROM partitions WHERE no = ?1 AND epoch = ?2";

    /// <summary>Whether a partition is stored.</summary>
    internal static bool Has(ReadSession session, PartitionKey partition)
    {
        var find = session.Get(Find);
        find.Bind(1, partition.Queue);
        find.Bind(2, partition.Number);
        var found = false;
        while (find.Step())
            found = true;
        return found;
    }

    /// <summary>Whether an epoch is the stored one.</summary>
    internal static bool Has(Connection connection, int partition, long epoch)
    {
        var same = connection.Get(Same);
        same.Bind(1, partition);
        same.Bind(2, epoch);
        var found = false;
        while (same.Step())
            found = true;
        return found;
    }

    /// <summary>
    /// Raises the epoch, or only reads it when it is not the expected one. A new partition is not stored when there are
    /// <paramref name="most"/> already: then the result is full, and has no number.
    /// </summary>
    internal static PartitionOwnership Take(Connection connection, PartitionKey partition, long? expected, int most)
    {
        var found = Read(connection, partition);
        if (expected is { } epoch && (found is null || found.Epoch != epoch))
            return found is null ? new PartitionOwnership(false, 0, 0, 0, 0) : found with { Taken = false };
        if (found is null && IsFull(connection, most))
            return new PartitionOwnership(false, 0, 0, 0, 0, IsFull: true);
        if (found is null)
        {
            var add = connection.Get(Add);
            add.Bind(1, partition.Queue);
            add.Bind(2, partition.Number);
            add.Run();
            found = Read(connection, partition)!;
        }

        var raise = connection.Get(Raise);
        raise.Bind(1, found.Partition);
        raise.Run();
        return found with { Epoch = found.Epoch + 1, IsFull = found.IsRetired && IsFull(connection, most) };
    }

    private static bool IsFull(Connection connection, int most)
    {
        var count = connection.Get(CountInUse);
        var inUse = 0L;
        while (count.Step())
            inUse = count.Int64(0);
        return inUse >= most;
    }

    private static PartitionOwnership? Read(Connection connection, PartitionKey partition)
    {
        var find = connection.Get(Find);
        find.Bind(1, partition.Queue);
        find.Bind(2, partition.Number);
        PartitionOwnership? found = null;
        while (find.Step())
            found = new PartitionOwnership(
                true, find.Int32(0), find.Int64(1), find.Int64(2), find.Int64(3), find.Int64(4), find.Int32(5) != 0);
        return found;
    }
}
