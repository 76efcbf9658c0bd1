using System.Buffers.Binary;
using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Calendars;

/// <summary>The calendars, on SQLite or PostgreSQL.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlCalendarStore(ISqlDatabase database) : ICalendarStore
{
    private const string SelectHeads = "SELECT name, version, changed_at FROM ot.calendars ORDER BY name";
    private const string Select = "SELECT name, version, changed_at, spec, edges, known_until FROM ot.calendars WHERE name = $1";

    // A writer of uses locks the row, so that nothing deletes the calendar meanwhile.
    private const string Lock = "SELECT version FROM ot.calendars WHERE name = $1\n FOR UPDATE";

    private const string Insert = """
        INSERT INTO ot.calendars (name, version, changed_at, spec, edges, known_until) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """;

    private const string Update = """
        UPDATE ot.calendars SET version = $2, changed_at = $3, spec = $4, edges = $5, known_until = $6 WHERE name = $1 AND version = $7
        """;

    private const string Remove = """
        DELETE FROM ot.calendars WHERE name = $1 AND version = $2 AND NOT EXISTS (SELECT 1 FROM ot.calendar_uses WHERE calendar = $1)
        """;

    private const string InsertUse = "INSERT INTO ot.calendar_uses (calendar, kind, id, queue) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    private const string SelectUses = "SELECT calendar, kind, id, queue FROM ot.calendar_uses WHERE calendar = $1 ORDER BY kind, id, queue";
    private const string RemoveUse = "DELETE FROM ot.calendar_uses WHERE calendar = $1 AND kind = $2 AND id = $3 AND queue = $4";

    /// <inheritdoc/>
    public Task<ImmutableArray<CalendarHead>> Heads() => database.Rows(
        new SqlStatement(SelectHeads), static row => new CalendarHead(row.Text(0), row.Int64(1), row.Int64(2)));

    /// <inheritdoc/>
    public Task<CalendarView?> Find(string name) => database.First(
        new SqlStatement(Select).Bind(name), static row => new CalendarView(
            row.Text(0), row.Int64(1), row.Int64(2), row.Bytes(3), Unpack(row.Bytes(4).Span), row.Int64(5)));

    /// <inheritdoc/>
    public Task<bool> Put(CalendarView calendar, long? replaces, AuditRecord? audit = null)
    {
        var statement = Bind(new SqlStatement(replaces is null ? Insert : Update), calendar);
        if (replaces is { } version)
            statement.Bind(version);
        return database.Write(session => AuditInsert.ChangeOne(session, statement, audit));
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version, AuditRecord? audit = null) => database.Write(async session =>
    {
        // Waits for a writer of uses, and sees them then.
        await session.All(new SqlStatement(Lock).Bind(name), static row => row.Int64(0)).ConfigureAwait(false);
        return await AuditInsert.ChangeOne(session, new SqlStatement(Remove).Bind(name).Bind(version), audit)
            .ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Use(IReadOnlyList<CalendarUse> uses) => database.Write(async session =>
    {
        var missing = ImmutableArray.CreateBuilder<string>();
        // In one order, so that two writers cannot block each other.
        foreach (var name in uses.Select(static use => use.Calendar).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!await session.First(new SqlStatement(Lock).Bind(name), static _ => true).ConfigureAwait(false))
                missing.Add(name);
        }

        if (missing.Count == 0)
        {
            await session.RunAll([.. uses.Select(static use => Bind(new SqlStatement(InsertUse), use))])
                .ConfigureAwait(false);
        }

        return missing.ToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<CalendarUse>> Uses(string name) => database.Rows(
        new SqlStatement(SelectUses).Bind(name),
        static row => new CalendarUse(row.Text(0), (CalendarUserKind)row.Int64(1), row.Text(2), row.Text(3)));

    /// <inheritdoc/>
    public Task Forget(IReadOnlyList<CalendarUse> uses) =>
        database.WriteAll([.. uses.Select(static use => Bind(new SqlStatement(RemoveUse), use))]);

    private static SqlStatement Bind(SqlStatement statement, CalendarUse use) =>
        statement.Bind(use.Calendar).Bind((long)use.Kind).Bind(use.Id).Bind(use.Queue);

    private static SqlStatement Bind(SqlStatement statement, CalendarView calendar) =>
        statement.Bind(calendar.Name).Bind(calendar.Version).Bind(calendar.ChangedAt).Bind(calendar.Spec)
            .Bind((ReadOnlyMemory<byte>)Pack(calendar.Edges)).Bind(calendar.KnownUntil);

    private static byte[] Pack(ImmutableArray<long> edges)
    {
        var bytes = new byte[edges.Length * sizeof(long)];
        for (var i = 0; i < edges.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), edges[i]);
        return bytes;
    }

    private static ImmutableArray<long> Unpack(ReadOnlySpan<byte> bytes)
    {
        var edges = ImmutableArray.CreateBuilder<long>(bytes.Length / sizeof(long));
        for (var i = 0; i + sizeof(long) <= bytes.Length; i += sizeof(long))
            edges.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes[i..]));
        return edges.ToImmutable();
    }
}
