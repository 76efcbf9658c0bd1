using System.Globalization;
using Npgsql;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Schema;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Postgres.Members;

/// <summary>
/// The table of the silos that share a database. A change names the etags of the table and of the row on which it is
/// based, and is refused as a whole if either has changed since. The table has its own connections, so that it never
/// waits for those that serve tasks. Except for changes, whose outcome may be unknown, methods throw
/// <see cref="StoreUnavailableException"/> if the database cannot be reached.
/// </summary>
public sealed class PostgresMembers : IDisposable, IAsyncDisposable
{
    private const string Installation = "SELECT replace(cluster::text, '-', '') FROM ot.installation";

    private const string FirstVersion =
        "INSERT INTO ot.members_version (cluster, version, etag) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING";

    // One statement, so that the version and the rows are from the same moment.
    private const string Select = """
        SELECT v.version, v.etag, m.address, m.port, m.generation, m.status, m.gateway_port, m.host, m.name, m.started, m.alive,
            m.suspects, m.suspect_at, m.etag, (extract(epoch FROM m.alive_db) * 1000)::bigint, m.version, m.wire, m.wire_from,
            (extract(epoch FROM clock_timestamp() - m.alive_db) * 1000)::bigint
        FROM ot.members_version v LEFT JOIN ot.members m ON m.cluster = v.cluster
        """;

    private const string SelectAll = Select + " WHERE v.cluster = $1 ORDER BY m.address, m.port, m.generation";
    private const string SelectOne = Select
        + " AND m.address = $2 AND m.port = $3 AND m.generation = $4 WHERE v.cluster = $1";

    // Every change updates the version first, so concurrent changes wait for each other there.
    private const string Advance =
        "UPDATE ot.members_version SET version = $3, etag = etag + 1 WHERE cluster = $1 AND etag::text = $2";

    private const string Insert = """
        INSERT INTO ot.members (cluster, address, port, generation, status, gateway_port, host, name, started, alive, suspects, suspect_at,
            version, wire, wire_from, etag)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) ON CONFLICT DO NOTHING
        """;

    // A member alone knows its program, and adds itself; others change the rest of its row.
    private const string Update = """
        UPDATE ot.members SET status = $5, gateway_port = $6, host = $7, name = $8, started = $9, alive = $10, suspects = $11,
            suspect_at = $12, etag = etag + 1
        WHERE cluster = $1 AND address = $2 AND port = $3 AND generation = $4 AND etag::text = $13
        """;

    private const string Live = """
        UPDATE ot.members SET alive = $5, alive_db = clock_timestamp() WHERE cluster = $1 AND address = $2 AND port = $3 AND generation = $4
        """;

    private const string Delete =
        "WITH gone AS (DELETE FROM ot.members WHERE cluster = $1) DELETE FROM ot.members_version WHERE cluster = $1";

    private const string DeleteOld =
        "DELETE FROM ot.members WHERE cluster = $1 AND status <> $2 AND greatest(alive, started) < $3";

    private const string Sessions = """
        SELECT application_name FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'otask %@%'
        """;

    // PostgreSQL cuts longer names of applications.
    private const int LongestName = 63;

    private readonly NpgsqlDataSource source;
    private readonly PostgresStorageOptions options;

    private PostgresMembers(NpgsqlDataSource source, PostgresStorageOptions options, string cluster)
    {
        (this.source, this.options) = (source, options);
        Cluster = cluster;
    }

    /// <summary>The name of the cluster: 32 hexadecimal digits, unique to this database.</summary>
    public string Cluster { get; }

    /// <summary>
    /// Opens the table, creating the schema if there is none. Throws <see cref="UnusableDatabaseException"/> if the
    /// database cannot be reached, or is unsafe, foreign or of another version.
    /// </summary>
    public static async Task<PostgresMembers> Open(string connectionString, CancellationToken cancellation = default)
    {
        var options = new PostgresStorageOptions
        {
            ConnectionString = connectionString, Connections = 4, StatementTimeout = TimeSpan.FromSeconds(4),
            LockTimeout = TimeSpan.FromSeconds(2),
        };
        var source = Connections.Source(options, pooled: true);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            await DatabaseSchema.Prepare(connection, cancellation).ConfigureAwait(false);
            var session = new Session(connection, cancellation);
            var cluster = await session.First(new Query(Installation), static row => row.Text(0)).ConfigureAwait(false);
            await session.Run(new Query(FirstVersion).Bind(cluster)).ConfigureAwait(false);
            return new PostgresMembers(source, options, cluster!);
        }
        catch (Exception fault)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (fault is UnusableDatabaseException || !Failures.IsDatabase(fault))
                throw;
            throw new UnusableDatabaseException(
                $"Cannot open the database. {Failures.Detail(fault)} Check the connection "
                + "string, and that the server is running and lets this user connect.", fault);
        }
    }

    /// <summary>
    /// Returns the authority that certifies the cluster's silos and gateways; null before a silo creates it.
    /// </summary>
    public Task<AuthorityRow?> GetAuthority() => Use(static session =>
        SqlTrustStore.ReadAuthority(PostgresSql.Over(session)).AsTask());

    /// <summary>Inserts the table's version if there is none.</summary>
    public Task Prepare() => Use(session => session.Run(new Query(FirstVersion).Bind(Cluster)));

    /// <summary>Reads all members, or only the given one.</summary>
    public Task<MemberTable> Read(MemberKey? only = null) => Use(async session =>
    {
        var query = only is { } key ? Bind(SelectOne, key) : new Query(SelectAll).Bind(Cluster);
        var rows = await session.All(query, static row => (
            Version: row.Int32(0), Etag: Text(row.Int64(1)), Member: row.IsNull(2) ? null : ReadMember(row)))
            .ConfigureAwait(false);
        // The outer join yields one row, without a member, for an empty table; no row means another cluster.
        return rows.Count == 0
            ? new MemberTable(0, "", [])
            : new MemberTable(
                rows[0].Version, rows[0].Etag, [.. rows.Select(static row => row.Member).OfType<StoredMember>()]);
    });

    /// <summary>
    /// Adds a member and sets the table's version. Returns false and changes nothing if the member exists, or if the
    /// table has another etag.
    /// </summary>
    public Task<bool> Add(Member member, int version, string etag) =>
        Change(version, etag, Values(Insert, member)
            .Bind(member.Program.Version).Bind(member.Program.Wire).Bind(member.Program.WireFrom));

    /// <summary>
    /// Replaces a member, except for its program, and sets the version. Returns false and changes nothing if either has another etag.
    /// </summary>
    public Task<bool> Replace(Member member, string memberEtag, int version, string etag) =>
        Change(version, etag, Values(Update, member).Bind(memberEtag));

    /// <summary>Records that a member is alive. Changes neither etags nor the version.</summary>
    public Task KeepAlive(MemberKey key, long at) => Use(session => session.Run(Bind(Live, key).Bind(at)));

    /// <summary>
    /// Holds a session under a member's name until it breaks, which throws, or is cancelled. When the member's process
    /// dies, the server ends the session within milliseconds; when its machine does, after ten seconds.
    /// </summary>
    public async Task HoldSession(MemberKey own, CancellationToken cancellation)
    {
        await using var held = Connections.Source(options, pooled: false, SessionName(own));
        await using var connection = await held.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        while (true)
            await connection.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Returns those of some members that hold a session now.</summary>
    public Task<ImmutableArray<MemberKey>> FindSessions(IReadOnlyCollection<MemberKey> members) => Use(async session =>
    {
        var names = await session.All(new Query(Sessions), static row => row.Text(0)!).ConfigureAwait(false);
        return members.Where(member => names.Contains(SessionName(member))).ToImmutableArray();
    });

    /// <summary>Deletes all members of a cluster.</summary>
    public Task DeleteAll(string cluster) => Use(session => session.Run(new Query(Delete).Bind(cluster)));

    /// <summary>
    /// Deletes the members that were last alive before a time (ticks of UTC), except those with the status
    /// <paramref name="activeStatus"/>.
    /// </summary>
    public Task DeleteDefunct(long before, int activeStatus) =>
        Use(session => session.Run(new Query(DeleteOld).Bind(Cluster).Bind(activeStatus).Bind(before)));

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private static string SessionName(MemberKey member)
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"otask {member.Generation}@{member.Address}:{member.Port}");
        return name.Length <= LongestName ? name : name[..LongestName];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // Columns 0 and 1 are the table's version and etag.
    private static StoredMember ReadMember(Row row) => new(
        new Member(
            new MemberKey(row.Text(2)!, row.Int32(3), row.Int32(4)), row.Int32(5), row.Int32(6), row.Text(7)!,
            row.Text(8)!, row.Int64(9),
            row.Int64(10), [.. row.Texts(11).Zip(row.Int64s(12), static (by, at) => new Suspicion(by, at))])
        {
            Program = new MemberProgram(row.Text(15)!, row.Int32(16), row.Int32(17)),
        },
        Text(row.Int64(13)), row.Int64(14), row.Int64(18));

    private Query Bind(string text, MemberKey key) =>
        new Query(text).Bind(Cluster).Bind(key.Address).Bind(key.Port).Bind(key.Generation);

    private Query Values(string text, Member member) => Bind(text, member.Key)
        .Bind(member.Status).Bind(member.GatewayPort).Bind(member.Host).Bind(member.Name).Bind(member.Started)
        .Bind(member.Alive)
        .Bind(member.Suspicions.Select(static suspicion => (string?)suspicion.By).ToList())
        .Bind(member.Suspicions.Select(static suspicion => suspicion.At).ToList());

    private async Task<bool> Change(int version, string etag, Query row)
    {
        await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        var session = new Session(connection, CancellationToken.None);
        if (await session.Run(new Query(Advance).Bind(Cluster).Bind(etag).Bind(version)).ConfigureAwait(false) == 0
            || await session.Run(row).ConfigureAwait(false) == 0)
            return false;
        await transaction.CommitAsync().ConfigureAwait(false);
        return true;
    }

    private async Task<T> Use<T>(Func<Session, Task<T>> use)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            return await use(new Session(connection, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (Exception fault) when (Failures.IsDatabase(fault))
        {
            throw new StoreUnavailableException(Failures.Detail(fault), fault);
        }
    }
}
