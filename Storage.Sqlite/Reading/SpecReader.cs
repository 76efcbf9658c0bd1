using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads the specs that nodes need, and the stored answers for repeated requests.</summary>
internal static class SpecReader
{
    private const string Specs = """
        SELECT t.name, s.spec, x.env FROM tasks t JOIN specs s ON s.task = t.key LEFT JOIN secrets x ON x.task = t.key
        WHERE t.id = ?1
        """;

    private const string Known = "SELECT body, answer FROM idempotency WHERE key = ?1 AND at > ?2";

    internal static ImmutableArray<StoredSpec> Read(ReadSession session, ImmutableArray<TaskId> ids)
    {
        var specs = ImmutableArray.CreateBuilder<StoredSpec>(ids.Length);
        var statement = session.Get(Specs);
        foreach (var id in ids)
        {
            statement.Bind(1, id);
            while (statement.Step())
                specs.Add(new StoredSpec(id, statement.Text(0)!, statement.Copy(1), statement.Copy(2)));
        }

        return specs.DrainToImmutable();
    }

    internal static ImmutableArray<IdempotencyEntry> ReadKnown(
        ReadSession session, ImmutableArray<ReadOnlyMemory<byte>> keys, long now)
    {
        var entries = ImmutableArray.CreateBuilder<IdempotencyEntry>();
        var statement = session.Get(Known);
        foreach (var key in keys)
        {
            statement.Bind(1, key.Span);
            statement.Bind(2, now - IdempotencyEntry.Lifetime);
            while (statement.Step())
                entries.Add(new IdempotencyEntry(key, statement.Copy(0), statement.Copy(1)));
        }

        return entries.DrainToImmutable();
    }
}
