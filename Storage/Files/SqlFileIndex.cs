using System.Globalization;
using System.Text;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>The index of files, on SQLite or PostgreSQL. A list of names is one parameter: their hashes, one after the other.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlFileIndex(ISqlDatabase database) : IFileIndex
{
    // Numbers in a packed list have this many digits.
    private const int Digits = 20;
    private const int UsesShown = 10;

    // The numbers from 0 to the count of names, less 1. $1 has the hashes, $2 their count.
    private const string Places = "WITH RECURSIVE places (i) AS (SELECT 0 WHERE $2 > 0 UNION ALL SELECT i + 1 FROM places WHERE i + 1 < $2) ";
    private const string Hashes = "SELECT substr($1, i * 32 + 1, 32) FROM places";

    // $3 has the sizes as decimal numbers of 20 digits, $4 the time.
    private const string InsertReserved = Places + """
        INSERT INTO ot.files AS f (hash, bytes, created_at, seen_at, state, sweep, claimed_at)
        SELECT substr($1, i * 32 + 1, 32), CAST(substr($3, i * 20 + 1, 20) AS bigint), $4, $4, 0, 0, 0 FROM places WHERE true ORDER BY i
        ON CONFLICT (hash) DO UPDATE SET seen_at = excluded.seen_at WHERE f.state < 2
        RETURNING hash, state
        """;

    private const string MarkStored = Places + "UPDATE ot.files SET state = 1, seen_at = $3 WHERE state < 2 AND hash IN (" + Hashes + ")";

    // The rows are locked in the order of their hashes, so that two callers with the same names cannot block each other.
    private const string Renew = Places + "SELECT hash FROM ot.files WHERE state = 1 AND hash IN (" + Hashes + ") ORDER BY hash\n FOR UPDATE";
    private const string MarkSeen = Places + "UPDATE ot.files SET seen_at = $3 WHERE state = 1 AND seen_at < $3 AND hash IN (" + Hashes + ")";
    private const string SelectStored = "SELECT bytes FROM ot.files WHERE hash = $1 AND state = 1";
    private const string SelectAll = Places + "SELECT hash, bytes FROM ot.files WHERE state = 1 AND hash IN (" + Hashes + ")";
    private const string SelectTotals = "SELECT count(*), CAST(coalesce(sum(bytes), 0) AS bigint) FROM ot.files";

    private const string ByAge = """
        SELECT hash, bytes, created_at, seen_at FROM ot.files WHERE state = 1 AND (created_at, hash) > ($1, $2)
        ORDER BY created_at, hash LIMIT $3
        """;

    private const string BySize = """
        SELECT hash, bytes, created_at, seen_at FROM ot.files WHERE state = 1 AND (-bytes, hash) > ($1, $2)
        ORDER BY -bytes, hash LIMIT $3
        """;

    // The first $3 uses of each file. Each step finds the next one of every file in the index, so that a file with many
    // uses costs no more than others.
    private const string SelectUses = Places + """
        , asked (hash) AS (SELECT substr($1, i * 32 + 1, 32) FROM places),
        uses (hash, n, kind, id) AS (
            SELECT hash, 1,
                (SELECT u.kind FROM ot.file_uses u WHERE u.hash = asked.hash ORDER BY u.kind, u.id LIMIT 1),
                (SELECT u.id FROM ot.file_uses u WHERE u.hash = asked.hash ORDER BY u.kind, u.id LIMIT 1)
            FROM asked
            UNION ALL
            SELECT found.hash, found.n + 1,
                (SELECT u.kind FROM ot.file_uses u WHERE u.hash = found.hash AND (u.kind, u.id) > (found.kind, found.id)
                    ORDER BY u.kind, u.id LIMIT 1),
                (SELECT u.id FROM ot.file_uses u WHERE u.hash = found.hash AND (u.kind, u.id) > (found.kind, found.id)
                    ORDER BY u.kind, u.id LIMIT 1)
            FROM uses found WHERE found.n < $3 AND found.kind IS NOT NULL)
        SELECT hash, kind, id FROM uses WHERE kind IS NOT NULL ORDER BY hash, n
        """;

    // The first $3 tasks of each file whose attempts left it, found in the same way.
    private const string SelectTasks = Places + """
        , asked (hash) AS (SELECT substr($1, i * 32 + 1, 32) FROM places),
        owners (hash, n, task) AS (
            SELECT hash, 1, (SELECT a.task FROM ot.artifacts a WHERE a.hash = asked.hash ORDER BY a.task LIMIT 1)
            FROM asked
            UNION ALL
            SELECT found.hash, found.n + 1,
                (SELECT a.task FROM ot.artifacts a WHERE a.hash = found.hash AND a.task > found.task
                    ORDER BY a.task LIMIT 1)
            FROM owners found WHERE found.n < $3 AND found.task IS NOT NULL)
        SELECT hash, task FROM owners WHERE task IS NOT NULL ORDER BY hash, n
        """;

    private const string InsertUses = Places + """
        INSERT INTO ot.file_uses (kind, id, hash) SELECT $3, $4, substr($1, i * 32 + 1, 32) FROM places WHERE true ON CONFLICT DO NOTHING
        """;

    private const string DeleteUses = "DELETE FROM ot.file_uses WHERE kind = $1 AND id = $2";

    private const string InsertArtifact = """
        INSERT INTO ot.artifacts (task, token, name, path, hash, bytes, executable, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (task, token, name) DO UPDATE SET hash = excluded.hash, bytes = excluded.bytes, executable = excluded.executable,
            at = excluded.at
        """;

    private const string SelectArtifacts = """
        SELECT path, hash, bytes, executable FROM ot.artifacts
        WHERE task = $1 AND token = $2 AND (substr(path, 1, 400), path) > (substr($3, 1, 400), $3) ORDER BY substr(path, 1, 400), path LIMIT $4
        """;

    private const string SelectArtifact =
        "SELECT path, hash, bytes, executable FROM ot.artifacts WHERE task = $1 AND token = $2 AND name = $3";

    private const string CountOfArtifacts =
        "SELECT count(*), CAST(coalesce(sum(bytes), 0) AS bigint) FROM ot.artifacts WHERE task = $1 AND token = $2";

    private const string DeleteArtifacts = """
        DELETE FROM ot.artifacts WHERE task = $1 AND token = $2 AND name IN (
            SELECT name FROM ot.artifacts WHERE task = $1 AND token = $2 ORDER BY name LIMIT $3)
        RETURNING hash, at
        """;

    private const string IsNamed = """
        (EXISTS (SELECT 1 FROM ot.file_uses u WHERE u.hash = files.hash)
        OR EXISTS (SELECT 1 FROM ot.artifacts a WHERE a.hash = files.hash))
        """;

    private const string SumOfNamed =
        "SELECT CAST(coalesce(sum(bytes), 0) AS bigint) FROM ot.files WHERE state < 2 AND " + IsNamed;

    private const string SumOfFreed = Places
        + "SELECT CAST(coalesce(sum(bytes), 0) AS bigint) FROM ot.files WHERE state < 2 AND hash IN (" + Hashes
        + ") AND NOT " + IsNamed;

    // claimed_at of a stored file is the time at which the sweep looked at it last.
    private const string MarkFreed = Places + "UPDATE ot.files SET seen_at = $3 WHERE state = 1 AND hash IN (" + Hashes
        + ") AND seen_at > $3 AND seen_at <= CASE WHEN claimed_at > $4 THEN claimed_at ELSE $4 END AND NOT " + IsNamed;

    private const string SelectOld =
        "SELECT DISTINCT task, token FROM ot.artifacts WHERE at < $1 AND task > $2 ORDER BY task, token LIMIT $3";

    private const string SelectUnseen =
        "SELECT hash FROM ot.files WHERE state < 2 AND seen_at < $1 ORDER BY seen_at LIMIT $2\n FOR UPDATE SKIP LOCKED";

    private const string ClaimUnnamed = Places + "UPDATE ot.files SET state = 2, sweep = $3, claimed_at = $4 WHERE state < 2 AND hash IN ("
        + Hashes + ") AND NOT " + IsNamed + " RETURNING hash";

    private const string MarkLooked = Places
        + "UPDATE ot.files SET seen_at = $3, claimed_at = $3 WHERE state = 1 AND seen_at < $3 AND hash IN ("
        + Hashes + ")";

    private const string ClaimLeft = """
        UPDATE ot.files SET sweep = $1, claimed_at = $2
        WHERE hash IN (SELECT hash FROM ot.files WHERE state = 2 AND claimed_at < $3 ORDER BY claimed_at LIMIT $4
         FOR UPDATE SKIP LOCKED)
        RETURNING hash
        """;

    private const string InsertOrphan = """
        INSERT INTO ot.files (hash, bytes, created_at, seen_at, state, sweep, claimed_at) VALUES ($1, 0, $3, $3, 2, $2, $3)
        ON CONFLICT DO NOTHING
        """;

    private const string SelectKnown = Places + "SELECT hash FROM ot.files WHERE hash IN (" + Hashes + ")";
    private const string SelectClaim = "SELECT 1 FROM ot.files WHERE hash = $1 AND state = 2 AND sweep = $2";
    private const string DeleteClaimed = Places + "DELETE FROM ot.files WHERE state = 2 AND sweep = $3 AND hash IN (" + Hashes + ")";

    /// <inheritdoc/>
    public async Task<ImmutableArray<FileState>> Reserve(IReadOnlyList<StoredFile> files, long at)
    {
        var sizes = new StringBuilder();
        var sorted = files.DistinctBy(static file => file.Name).OrderBy(static file => file.Name).ToArray();
        foreach (var file in sorted)
            sizes.Append(file.Bytes.ToString($"D{Digits}", CultureInfo.InvariantCulture));
        var insert = Names(InsertReserved, sorted.Select(static file => file.Name)).Bind(sizes.ToString()).Bind(at);
        // A row that is leaving is not returned.
        var states = (await database.Write(session => session.All(insert, static row =>
            (Name: FileName.Read(row.Bytes(0).Span), State: (FileState)row.Int64(1)))).ConfigureAwait(false))
            .ToDictionary(static found => found.Name, static found => found.State);
        return [.. files.Select(file => states.GetValueOrDefault(file.Name, FileState.Leaving))];
    }

    /// <inheritdoc/>
    public async Task Confirm(IReadOnlyList<FileName> names, long at)
    {
        var distinct = names.Distinct().ToArray();
        var mark = Names(MarkStored, distinct).Bind(at);
        if (await database.Write(session => session.Run(mark)).ConfigureAwait(false) < distinct.Length)
            throw new StoreUnavailableException("A file was removed while it was being stored.");
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> Missing(IReadOnlyList<FileName> names, long at) =>
        database.Write(session => Unstored(session, names, at));

    /// <inheritdoc/>
    public async Task<StoredFile?> Find(FileName name)
    {
        var found = await database.Read(session =>
            session.All(new SqlStatement(SelectStored).Bind(name.ToArray()), static row => row.Int64(0))).ConfigureAwait(false);
        return found is [var bytes] ? new StoredFile(name, bytes) : null;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredFile>> FindAll(IReadOnlyList<FileName> names) => names.Count == 0 ? [] :
        [.. await database.Read(session => session.All(
            Names(SelectAll, names), static row => new StoredFile(FileName.Read(row.Bytes(0).Span), row.Int64(1)))).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<ImmutableArray<FileView>> List(FileSort sort, FilePosition? after, int limit, CancellationToken cancellation = default) =>
        database.Scan(async session =>
        {
            var page = new SqlStatement(sort == FileSort.Age ? ByAge : BySize)
                .Bind(after?.Key ?? long.MinValue).Bind(after?.Name.ToArray() ?? default(ReadOnlyMemory<byte>)).Bind((long)limit);
            var files = await session.All(page, static row => new FileView(
                new StoredFile(FileName.Read(row.Bytes(0).Span), row.Int64(1)), row.Int64(2), row.Int64(3), [])).ConfigureAwait(false);
            var uses = await Uses(session, files.Select(static file => file.File.Name)).ConfigureAwait(false);
            return files.Select(file => file with { Uses = [.. uses[file.File.Name]] }).ToImmutableArray();
        }, cancellation);

    /// <inheritdoc/>
    public async Task<(long Files, long Bytes)> Totals() => (await database.Read(session =>
        session.All(new SqlStatement(SelectTotals), static row => (row.Int64(0), row.Int64(1)))).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> AddUses(FileUse owner, IReadOnlyList<FileName> names, long at) => database.Write(async session =>
    {
        var missing = await Unstored(session, names, at).ConfigureAwait(false);
        if (missing.IsEmpty)
            await session.Run(InsertionOf(owner, names)).ConfigureAwait(false);
        return missing;
    });

    /// <inheritdoc/>
    public Task RemoveUses(FileUse owner) => database.WriteAll(RemovalOf(owner));

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> AddArtifacts(TaskId task, LeaseToken token, IReadOnlyList<ArtifactRow> artifacts, long at) =>
        database.Write(async session =>
        {
            var missing = await Unstored(session, [.. artifacts.Select(static row => row.File.Name)], at).ConfigureAwait(false);
            if (!missing.IsEmpty)
                return missing;
            await session.RunAll(
            [
                .. artifacts.Select(row => new SqlStatement(InsertArtifact)
                    .Bind(task).Bind(token).Bind(KeyOf(row.Path)).Bind(row.Path)
                    .Bind(row.File.Name.ToArray()).Bind(row.File.Bytes).Bind(row.IsExecutable ? 1L : 0L).Bind(at)),
            ]).ConfigureAwait(false);
            return missing;
        });

    /// <inheritdoc/>
    public async Task<ImmutableArray<ArtifactRow>> Artifacts(TaskId task, LeaseToken token, string? after, int limit) =>
        [.. await database.Read(session => session.All(
            new SqlStatement(SelectArtifacts).Bind(task).Bind(token).Bind(after ?? "").Bind((long)limit), ReadArtifact)).ConfigureAwait(false)];

    /// <inheritdoc/>
    public async Task<ArtifactRow?> FindArtifact(TaskId task, LeaseToken token, string path) => (await database.Read(session => session.All(
        new SqlStatement(SelectArtifact).Bind(task).Bind(token).Bind(KeyOf(path)), ReadArtifact)).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async Task<(long Count, long Bytes)> CountArtifacts(TaskId task, LeaseToken token) => (await database.Read(session => session.All(
        new SqlStatement(CountOfArtifacts).Bind(task).Bind(token), static row => (row.Int64(0), row.Int64(1)))).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public Task<RemovedArtifacts> RemoveArtifacts(TaskId task, LeaseToken token, long seenAt, int limit) =>
        database.WriteInBackground(async session =>
        {
            var removed = await session.All(
                new SqlStatement(DeleteArtifacts).Bind(task).Bind(token).Bind((long)limit),
                static row => (Name: FileName.Read(row.Bytes(0).Span), At: row.Int64(1))).ConfigureAwait(false);
            if (removed.Count == 0)
                return default;
            var names = removed.Select(static row => row.Name).Distinct().ToArray();
            var freed = await session.First(Names(SumOfFreed, names), static row => row.Int64(0)).ConfigureAwait(false);
            var latest = removed.Max(static row => row.At);
            await session.Run(Names(MarkFreed, names).Bind(seenAt).Bind(latest)).ConfigureAwait(false);
            return new RemovedArtifacts(removed.Count, freed);
        });

    /// <inheritdoc/>
    public async Task<long> NamedBytes() => (await database.Scan(
        session => session.All(new SqlStatement(SumOfNamed), static row => row.Int64(0)), CancellationToken.None)
        .ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public async Task<ImmutableArray<(TaskId Task, LeaseToken Token)>> OldArtifacts(long recordedBefore, TaskId? after, int limit) =>
        [.. await database.Scan(session => session.All(
            new SqlStatement(SelectOld).Bind(recordedBefore).Bind(after ?? default).Bind((long)limit),
            static row => (row.Id(0), row.Token(1))), CancellationToken.None).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<ClaimedFiles> Claim(long seenBefore, long claimedBefore, FileClaim claim, int limit) => database.Write(async session =>
    {
        var unseen = await session.All(new SqlStatement(SelectUnseen).Bind(seenBefore).Bind((long)limit), ReadName).ConfigureAwait(false);
        var claimed = await session.All(Names(ClaimUnnamed, unseen).Bind(claim.Sweep).Bind(claim.At), ReadName).ConfigureAwait(false);
        // Not looked at again before a day has passed.
        await session.Run(Names(MarkLooked, unseen).Bind(claim.At)).ConfigureAwait(false);
        var left = await session.All(
            new SqlStatement(ClaimLeft).Bind(claim.Sweep).Bind(claim.At).Bind(claimedBefore).Bind((long)limit), ReadName).ConfigureAwait(false);
        return new ClaimedFiles([.. claimed, .. left], unseen.Count == limit || left.Count == limit);
    });

    /// <inheritdoc/>
    public async Task<ImmutableArray<FileName>> Unknown(IReadOnlyList<FileName> names)
    {
        var known = await database.Read(session => session.All(Names(SelectKnown, names), ReadName)).ConfigureAwait(false);
        return [.. names.Except(known)];
    }

    /// <inheritdoc/>
    public async Task<bool> ClaimOrphan(FileName name, FileClaim claim) => await database.Write(session => session.Run(
        new SqlStatement(InsertOrphan).Bind(name.ToArray()).Bind(claim.Sweep).Bind(claim.At))).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public async Task<bool> Holds(FileName name, FileClaim claim) => (await database.Read(session => session.All(
        new SqlStatement(SelectClaim).Bind(name.ToArray()).Bind(claim.Sweep), static row => row.Int64(0))).ConfigureAwait(false)).Count > 0;

    /// <inheritdoc/>
    public Task Forget(IReadOnlyList<FileName> names, FileClaim claim) =>
        database.Write(session => session.Run(Names(DeleteClaimed, names).Bind(claim.Sweep)));

    /// <summary>
    /// Adds files to those that an owner names, in the transaction that writes the owner, and renews them. Leaves out
    /// files that are not stored or that a sweep has claimed. Later sweeps see that the owner names the files.
    /// </summary>
    internal static async ValueTask UseStored(
        ISqlSession session, FileUse owner, IReadOnlyCollection<FileName> names, long at)
    {
        if (names.Count == 0)
            return;
        var missing = await Unstored(session, [.. names], at).ConfigureAwait(false);
        await session.Run(InsertionOf(owner, names.Except(missing))).ConfigureAwait(false);
    }

    /// <summary>Returns the statement that removes all that an owner names.</summary>
    internal static SqlStatement RemovalOf(FileUse owner) =>
        new SqlStatement(DeleteUses).Bind((long)owner.Kind).Bind(owner.Id);

    private static SqlStatement InsertionOf(FileUse owner, IEnumerable<FileName> names) =>
        Names(InsertUses, names).Bind((long)owner.Kind).Bind(owner.Id);

    // Returns the names that are not stored, and renews the others. No sweep can claim them until the transaction ends.
    private static async ValueTask<ImmutableArray<FileName>> Unstored(ISqlSession session, IReadOnlyList<FileName> names, long at)
    {
        var stored = (await session.All(Names(Renew, names), ReadName).ConfigureAwait(false)).ToHashSet();
        await session.Run(Names(MarkSeen, stored).Bind(at)).ConfigureAwait(false);
        return [.. names.Where(name => !stored.Contains(name))];
    }

    // Returns the first ten uses of each file. Artifacts come after all others.
    private static async ValueTask<Dictionary<FileName, List<FileUse>>> Uses(
        ISqlSession session, IEnumerable<FileName> names)
    {
        var uses = names.ToDictionary(static name => name, static _ => new List<FileUse>());
        var found = await session.All(Names(SelectUses, uses.Keys).Bind(UsesShown), static row =>
            (Name: ReadName(row), Use: new FileUse((FileUseKind)row.Int64(1), row.Text(2)))).ConfigureAwait(false);
        foreach (var (name, use) in found)
            uses[name].Add(use);
        var few = uses.Where(static file => file.Value.Count < UsesShown).Select(static file => file.Key);
        var left = await session.All(Names(SelectTasks, few).Bind(UsesShown), static row =>
            (Name: ReadName(row), Task: row.Id(1))).ConfigureAwait(false);
        foreach (var (name, task) in left)
        {
            if (uses[name].Count < UsesShown)
                uses[name].Add(new FileUse(FileUseKind.Artifact, task.ToString()));
        }

        return uses;
    }

    private static FileName ReadName(ISqlRow row) => FileName.Read(row.Bytes(0).Span);

    private static ArtifactRow ReadArtifact(ISqlRow row) =>
        new(row.Text(0), new StoredFile(FileName.Read(row.Bytes(1).Span), row.Int64(2)), row.Int64(3) != 0);

    // Paths are too long for a key, so their hashes are.
    private static byte[] KeyOf(string path) => FileName.Of(Encoding.UTF8.GetBytes(path)).ToArray();

    private static SqlStatement Names(string text, IEnumerable<FileName> names)
    {
        var sorted = names.Distinct().Order().ToArray();
        var packed = new byte[sorted.Length * FileName.Size];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i].Write(packed.AsSpan(i * FileName.Size));
        return new SqlStatement(text).Bind(packed).Bind((long)sorted.Length);
    }
}
