using OrleansTasks.Audit;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Triggers;

namespace OrleansTasks.Storage.Triggers;

/// <summary>Triggers on SQLite or PostgreSQL. Storing one locks the row of its definition.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlTriggerStore(ISqlDatabase database) : ITriggerStore
{
    private const string Columns = "name, definition, body, created_at, changed_at, kind, secret";

    // A deletion of the definition waits for this lock, and then finds the trigger.
    private const string LockDefinition = "SELECT deleted_at FROM ot.definitions WHERE name = $1\n FOR UPDATE";
    private const string Select = $"SELECT {Columns} FROM ot.triggers WHERE name = $1";
    private const string Lock = Select + "\n FOR UPDATE";
    private const string Count = "SELECT count(*) FROM ot.triggers";
    private const string Insert = $"""
        INSERT INTO ot.triggers ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """;

    private const string Update = """
        UPDATE ot.triggers SET definition = $2, body = $3, created_at = $4, changed_at = $5, kind = $6, secret = $7
        WHERE name = $1
        """;

    private const string UpdateSecret =
        "UPDATE ot.triggers SET secret = $3, changed_at = $4 WHERE name = $1 AND kind = $2";
    private const string SelectPage = """
        SELECT name, definition, body, created_at, changed_at, kind, '' FROM ot.triggers
        WHERE name > $1 ORDER BY name LIMIT $2
        """;

    private const string Remove = "DELETE FROM ot.triggers WHERE name = $1";
    private const string SelectUses = "SELECT name FROM ot.triggers WHERE definition = $1 ORDER BY name LIMIT $2";

    /// <inheritdoc/>
    public Task<(TriggerOutcome Outcome, TriggerView? Stored)> Put(
        TriggerView next, bool keepsSecret, bool onlyCreates = false,
        Func<TriggerView?, TriggerView, AuditRecord?>? audit = null) =>
        database.Write<(TriggerOutcome, TriggerView?)>(async session =>
        {
            var definitions = await session
                .All(new SqlStatement(LockDefinition).Bind(next.Definition), static row => row.Int64(0))
                .ConfigureAwait(false);
            if (definitions is not [0])
                return (TriggerOutcome.NoDefinition, null);
            while (true)
            {
                var earlier = await session.First(new SqlStatement(Lock).Bind(next.Name), Read).ConfigureAwait(false);
                if (earlier is not null && onlyCreates)
                    return (TriggerOutcome.Exists, null);
                if (earlier is null)
                {
                    var count = await session.First(new SqlStatement(Count), static row => row.Int64(0))
                        .ConfigureAwait(false);
                    if (count >= ServiceLimits.Triggers)
                        return (TriggerOutcome.TooMany, null);
                }

                var stored = next with
                {
                    CreatedAt = earlier?.CreatedAt ?? next.CreatedAt,
                    Secret = keepsSecret && earlier?.Kind == next.Kind ? earlier.Secret : next.Secret,
                };
                // A name that is free has no row to lock. A call with another definition may take it meanwhile; the
                // insert then waits for that call and does nothing, and the next look finds the row.
                if (await AuditInsert.ChangeOne(
                    session, Bind(earlier is null ? Insert : Update, stored), audit?.Invoke(earlier, stored))
                    .ConfigureAwait(false))
                    return (earlier is null ? TriggerOutcome.Created : TriggerOutcome.Changed, stored);
            }
        });

    /// <inheritdoc/>
    public Task<bool> SetSecret(TriggerView trigger, AuditRecord? audit = null) =>
        database.Write(session => AuditInsert.ChangeOne(
            session,
            new SqlStatement(UpdateSecret)
                .Bind(trigger.Name).Bind((long)trigger.Kind).Bind(trigger.Secret).Bind(trigger.ChangedAt),
            audit));

    /// <inheritdoc/>
    public Task<TriggerView?> Find(string name) => database.First(new SqlStatement(Select).Bind(name), Read);

    /// <inheritdoc/>
    public Task<ImmutableArray<TriggerView>> List(string after, int limit) =>
        database.Rows(new SqlStatement(SelectPage).Bind(after).Bind(limit), Read);

    /// <inheritdoc/>
    public Task<bool> Delete(string name, Func<TriggerView, AuditRecord?>? audit = null) =>
        database.Write(async session =>
        {
            var stored = await session.First(new SqlStatement(Lock).Bind(name), Read).ConfigureAwait(false);
            return stored is not null && await AuditInsert.ChangeOne(
                session, new SqlStatement(Remove).Bind(name), audit?.Invoke(stored)).ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Uses(string definition, int limit) =>
        database.Rows(new SqlStatement(SelectUses).Bind(definition).Bind(limit), static row => row.Text(0));

    private static SqlStatement Bind(string text, TriggerView trigger) => new SqlStatement(text)
        .Bind(trigger.Name).Bind(trigger.Definition).Bind(trigger.Body).Bind(trigger.CreatedAt).Bind(trigger.ChangedAt)
        .Bind((long)trigger.Kind).Bind(trigger.Secret);

    private static TriggerView Read(ISqlRow row) => new(
        row.Text(0), row.Text(1), row.Bytes(2), row.Int64(3), row.Int64(4), (SignatureKind)row.Int64(5), row.Text(6));
}
