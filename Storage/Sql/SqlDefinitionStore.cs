using OrleansTasks.Audit;
using OrleansTasks.Definitions;
using OrleansTasks.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>Definitions on SQLite or PostgreSQL. Adding a version or a run locks the row of the definition.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlDefinitionStore(ISqlDatabase database) : IDefinitionStore
{
    private const string VersionColumns = "v.name, v.version, v.kind, v.body, v.at, v.key_id, v.key_name, v.says, v.reason";
    private const string RunColumns =
        "id, kind, name, version, at, parameters, no, key_id, key_name, says, idempotency, body_hash, started";

    // Above every character of a name.
    private const string AfterNames = "\x7f";

    // A definition without a version counts as deleted.
    private const string InsertHead = """
        INSERT INTO ot.definitions (name, version, runs, deleted_at) VALUES ($1, 0, 0, $2) ON CONFLICT (name) DO NOTHING
        """;

    private const string LockHead = "SELECT version, deleted_at FROM ot.definitions WHERE name = $1\n FOR UPDATE";
    private const string CountLive = "SELECT count(*) FROM ot.definitions WHERE deleted_at = 0";
    private const string CountVersions = "SELECT count(*) FROM ot.definition_versions WHERE name = $1";
    private const string InsertVersion = """
        INSERT INTO ot.definition_versions (name, version, kind, body, at, key_id, key_name, says, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    private const string SetHead = "UPDATE ot.definitions SET version = $2, deleted_at = 0 WHERE name = $1";
    private const string SelectVersion = $"SELECT {VersionColumns} FROM ot.definition_versions v WHERE v.name = $1 AND v.version = $2";
    private const string SelectLatest = $"""
        SELECT {VersionColumns} FROM ot.definitions d JOIN ot.definition_versions v ON v.name = d.name AND v.version = d.version
        WHERE d.name = $1 AND d.deleted_at = 0
        """;

    private const string SelectLive = "SELECT 1 FROM ot.definitions WHERE name = $1 AND deleted_at = 0";
    private const string SelectPage = $"""
        SELECT {VersionColumns} FROM ot.definitions d JOIN ot.definition_versions v ON v.name = d.name AND v.version = d.version
        WHERE d.deleted_at = 0 AND d.name > $1 AND d.name >= $2 AND d.name < $3 ORDER BY d.name LIMIT $4
        """;

    private const string SelectHistory = """
        SELECT name, version, kind, NULL, at, key_id, key_name, says, reason FROM ot.definition_versions
        WHERE name = $1 AND version < $2 ORDER BY version DESC LIMIT $3
        """;

    private const string MarkDeleted = """
        UPDATE ot.definitions SET deleted_at = $2
        WHERE name = $1 AND deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM ot.triggers WHERE definition = $1)
        """;

    private const string DeleteVersions = "DELETE FROM ot.definition_versions WHERE name = $1";
    private const string DeleteRuns = "DELETE FROM ot.definition_runs WHERE name = $1";
    private const string ForgetDeleted = "DELETE FROM ot.definitions WHERE deleted_at > 0 AND deleted_at < $1";

    private const string CountRun = "UPDATE ot.definitions SET runs = runs + 1 WHERE name = $1 AND deleted_at = 0 RETURNING runs";
    private const string SelectSame = $"""
        SELECT {RunColumns} FROM ot.definition_runs WHERE id = $1 OR (length(idempotency) > 0 AND idempotency = $2)
        """;

    private const string InsertRun = $"""
        INSERT INTO ot.definition_runs ({RunColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)
        """;

    private const string MarkStarted = "UPDATE ot.definition_runs SET started = 1 WHERE id = $1";
    private const string ForgetRuns = "DELETE FROM ot.definition_runs WHERE name = $1 AND no <= $2";
    private const string DeleteRun = "DELETE FROM ot.definition_runs WHERE id = $1";
    private const string SelectRun = $"SELECT {RunColumns} FROM ot.definition_runs WHERE id = $1";
    private const string SelectRuns = $"SELECT {RunColumns} FROM ot.definition_runs WHERE name = $1 AND no < $2 ORDER BY no DESC LIMIT $3";

    /// <inheritdoc/>
    public Task<DefinitionReply> Put(
        DefinitionView next, long? expected, Func<DefinitionView?, DefinitionView, AuditRecord?>? audit = null) =>
        database.Write(session => Put(session, next, expected, audit));

    private static async ValueTask<DefinitionReply> Put(
        ISqlSession session, DefinitionView next, long? expected,
        Func<DefinitionView?, DefinitionView, AuditRecord?>? audit)
    {
        await session.Run(new SqlStatement(InsertHead).Bind(next.Name).Bind(Math.Max(next.At, 1))).ConfigureAwait(false);
        var (last, deletedAt) = (await session.All(
            new SqlStatement(LockHead).Bind(next.Name), static row => (row.Int64(0), row.Int64(1))).ConfigureAwait(false))[0];
        var latest = deletedAt > 0 ? null : await Version(session, next.Name, last).ConfigureAwait(false);
        if (latest is not null && latest.Kind == next.Kind && latest.Body.Span.SequenceEqual(next.Body.Span))
            return new DefinitionReply(DefinitionOutcome.Unchanged, latest);
        if (expected is not null && expected != (latest?.Version ?? 0))
            return new DefinitionReply(DefinitionOutcome.Conflict, latest);
        if (latest is null && await Count(session, new SqlStatement(CountLive)).ConfigureAwait(false) >= ServiceLimits.Definitions)
            return new DefinitionReply(DefinitionOutcome.TooMany, null);
        if (latest is not null
            && await Count(session, new SqlStatement(CountVersions).Bind(next.Name)).ConfigureAwait(false) >= ServiceLimits.DefinitionVersions)
            return new DefinitionReply(DefinitionOutcome.TooManyVersions, latest);
        var stored = next with { Version = last + 1 };
        await session.RunAll(
        [
            new SqlStatement(InsertVersion)
                .Bind(stored.Name).Bind(stored.Version).Bind((long)stored.Kind).Bind(stored.Body).Bind(stored.At)
                .Bind(stored.Key).Bind(stored.KeyName).Bind(stored.Says).Bind(stored.Reason),
            new SqlStatement(SetHead).Bind(stored.Name).Bind(stored.Version),
            .. AuditInsert.Of(audit?.Invoke(latest, stored)),
        ]).ConfigureAwait(false);
        await SqlFileIndex.UseStored(session, UseOf(stored.Name), NamedFiles.In(stored.Body.Span), stored.At)
            .ConfigureAwait(false);
        return new DefinitionReply(latest is null ? DefinitionOutcome.Created : DefinitionOutcome.Changed, stored);
    }

    /// <inheritdoc/>
    public Task<DefinitionView?> Get(string name, long? version) => database.Read(async session =>
    {
        var latest = await session.First(new SqlStatement(SelectLatest).Bind(name), ReadVersion).ConfigureAwait(false);
        return latest is null || version is null || version == latest.Version
            ? latest
            : await Version(session, name, version.Value).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>> List(string prefix, string after, int limit) => database.Rows(
        new SqlStatement(SelectPage).Bind(after).Bind(prefix).Bind(prefix + AfterNames).Bind(limit), ReadVersion);

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>?> History(string name, long before, int limit) =>
        database.Read<ImmutableArray<DefinitionView>?>(async session =>
        {
            if (!await session.First(new SqlStatement(SelectLive).Bind(name), static _ => true).ConfigureAwait(false))
                return null;
            return
            [
                .. await session.All(new SqlStatement(SelectHistory).Bind(name).Bind(before).Bind(limit), ReadVersion)
                    .ConfigureAwait(false),
            ];
        });

    /// <inheritdoc/>
    public Task<bool> Delete(
        string name, long at, Func<DefinitionView, AuditRecord?>? audit = null) => database.Write(async session =>
    {
        // Waits for a transaction that stores a trigger of the definition, and then sees the trigger.
        await session.All(new SqlStatement(LockHead).Bind(name), static row => row.Int64(0)).ConfigureAwait(false);
        var latest = await session.First(new SqlStatement(SelectLatest).Bind(name), ReadVersion).ConfigureAwait(false);
        var mark = new SqlStatement(MarkDeleted).Bind(name).Bind(Math.Max(at, 1));
        if (latest is null || await session.Run(mark).ConfigureAwait(false) == 0)
            return false;
        await session.RunAll(
        [
            new SqlStatement(DeleteVersions).Bind(name),
            new SqlStatement(DeleteRuns).Bind(name),
            SqlFileIndex.RemovalOf(UseOf(name)),
            new SqlStatement(ForgetDeleted).Bind(at - IDefinitionStore.DeletedFor),
            .. AuditInsert.Of(audit?.Invoke(latest)),
        ]).ConfigureAwait(false);
        return true;
    });

    /// <inheritdoc/>
    public Task<DefinitionRun?> AddRun(DefinitionRun run, AuditRecord? audit = null) => database.Write(async session =>
    {
        // Waits for another run of the definition, and sees it then.
        var deletedAt = await session.All(new SqlStatement(LockHead).Bind(run.Name), static row => row.Int64(1))
            .ConfigureAwait(false);
        if (deletedAt is not [0])
            return null;
        var same = await session.All(new SqlStatement(SelectSame).Bind(run.Id).Bind(run.IdempotencyKey), ReadRun).ConfigureAwait(false);
        if (same.Count > 0)
            return same[0];
        // Only a new run takes a number: the numbers say which runs are old enough to be forgotten.
        var no = (await session.All(new SqlStatement(CountRun).Bind(run.Name), static row => row.Int64(0))
            .ConfigureAwait(false))[0];
        await session.RunAll(
        [
            new SqlStatement(InsertRun).Bind(run.Id).Bind((long)run.Kind).Bind(run.Name).Bind(run.Version).Bind(run.At)
                .Bind(run.Parameters).Bind(no).Bind(run.Key).Bind(run.KeyName).Bind(run.Says).Bind(run.IdempotencyKey)
                .Bind(run.BodyHash),
            new SqlStatement(ForgetRuns).Bind(run.Name).Bind(no - ServiceLimits.DefinitionRuns),
            .. AuditInsert.Of(audit),
        ]).ConfigureAwait(false);
        return run with { No = no };
    });

    /// <inheritdoc/>
    public Task RemoveRun(TaskId id) =>
        database.WriteAll(new SqlStatement(DeleteRun).Bind(id), AuditInsert.RemovalOf(id));

    /// <inheritdoc/>
    public async Task<bool> Started(TaskId id) =>
        await database.Write(session => session.Run(new SqlStatement(MarkStarted).Bind(id))).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public Task<DefinitionRun?> FindRun(TaskId id) => database.First(new SqlStatement(SelectRun).Bind(id), ReadRun);

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionRun>> Runs(string name, long before, int limit) =>
        database.Rows(new SqlStatement(SelectRuns).Bind(name).Bind(before).Bind(limit), ReadRun);

    private static FileUse UseOf(string definition) => new(FileUseKind.Definition, definition);

    private static ValueTask<DefinitionView?> Version(ISqlSession session, string name, long version) =>
        session.First(new SqlStatement(SelectVersion).Bind(name).Bind(version), ReadVersion);

    private static ValueTask<long> Count(ISqlSession session, SqlStatement statement) =>
        session.First(statement, static row => row.Int64(0));

    private static DefinitionView ReadVersion(ISqlRow row) =>
        new(row.Text(0), row.Int64(1), (DefinitionKind)row.Int64(2), row.Bytes(3), row.Int64(4))
        {
            Key = row.NullableText(5), KeyName = row.NullableText(6), Says = row.NullableText(7), Reason = row.NullableText(8),
        };

    private static DefinitionRun ReadRun(ISqlRow row) =>
        new(row.Id(0), (DefinitionKind)row.Int64(1), row.Text(2), row.Int64(3), row.Int64(4), row.Bytes(5))
        {
            No = row.Int64(6), Key = row.NullableText(7), KeyName = row.NullableText(8), Says = row.NullableText(9),
            IdempotencyKey = row.Bytes(10), BodyHash = row.Bytes(11), IsStarted = row.Int64(12) > 0,
        };
}
