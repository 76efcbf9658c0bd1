using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The nodes.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlNodeStore(ISqlDatabase database) : INodeStore
{
    /// <summary>
    /// The bit in <c>enforces</c>, above those of <see cref="Limits"/>, that marks a node that evaluates chunks.
    /// </summary>
    private const int Chunks = 256;

    private const string Columns =
        "id, session, instance, slots, labels, enforces, version, address, draining, gone, seen_at";

    // Values of gone. A forgotten node is hidden from all reads.
    private const string Here = "0", SaidGoodbye = "1", Forgotten = "2";
    private const string One = $"SELECT {Columns} FROM ot.nodes WHERE id = $1 AND gone <> {Forgotten}";
    private const string All = $"SELECT {Columns} FROM ot.nodes WHERE gone <> {Forgotten} ORDER BY id";

    private const string Open = $"""
        INSERT INTO ot.nodes AS n ({Columns}) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, false, {Here}, $8)
        ON CONFLICT (id) DO UPDATE SET session = n.session + 1, instance = excluded.instance, slots = excluded.slots,
            labels = excluded.labels, enforces = excluded.enforces, version = excluded.version,
            address = excluded.address, draining = n.draining AND n.gone <> {Forgotten}, gone = {Here},
            seen_at = excluded.seen_at
        RETURNING {Columns}
        """;

    private const string Leave = $"""
        UPDATE ot.nodes SET gone = {SaidGoodbye}, seen_at = $3 WHERE id = $1 AND session = $2 AND gone <> {Forgotten}
        """;

    private const string Add = "UPDATE ot.nodes SET enforces = enforces | $3 WHERE id = $1 AND session = $2";
    private const string Drain = $"UPDATE ot.nodes SET draining = $2 WHERE id = $1 AND gone <> {Forgotten}";

    // The row stays for its session number: later sessions need higher numbers than those that queues remember as over.
    private const string Forget = $"UPDATE ot.nodes SET gone = {Forgotten} WHERE id = $1 AND gone <> {Forgotten}";

    /// <inheritdoc/>
    public Task<NodeRow?> Get(string id) => database.First(new SqlStatement(One).Bind(id), Read);

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeRow>> List() => database.Rows(new SqlStatement(All), Read);

    /// <inheritdoc/>
    public async Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at)
    {
        var open = new SqlStatement(Open)
            .Bind(id)
            .Bind(registration.Instance)
            .Bind(registration.Slots)
            .BindUtf8(LabelText.Write(registration.Labels))
            .Bind((int)registration.Enforces | (registration.EvaluatesChunks ? Chunks : 0))
            .Bind(registration.Version)
            .Bind(registration.Address)
            .Bind(at);
        return (await database.Write(session => session.First(open, Read)).ConfigureAwait(false))!;
    }

    /// <inheritdoc/>
    public Task Close(string id, long session, long at) =>
        database.WriteAll(new SqlStatement(Leave).Bind(id).Bind(session).Bind(at));

    /// <inheritdoc/>
    public Task AddLimits(string id, long session, Limits limits) =>
        database.WriteAll(new SqlStatement(Add).Bind(id).Bind(session).Bind((int)limits));

    /// <inheritdoc/>
    public Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null) =>
        Change(new SqlStatement(Drain).Bind(id).Bind(draining), audit);

    /// <inheritdoc/>
    public Task<bool> Delete(string id, AuditRecord? audit = null) => database.Write(async session =>
    {
        var isRevoked = await SqlTrustStore.Revoke(session, id).ConfigureAwait(false);
        if (await session.Run(new SqlStatement(Forget).Bind(id)).ConfigureAwait(false) == 0 && !isRevoked)
            return false;
        await session.RunAll(AuditInsert.Of(audit)).ConfigureAwait(false);
        return true;
    });

    private Task<bool> Change(SqlStatement statement, AuditRecord? audit) =>
        database.Write(session => AuditInsert.ChangeOne(session, statement, audit));

    private static NodeRow Read(ISqlRow row) => new(
        row.Text(0),
        row.Int64(1),
        row.Text(2),
        row.Int32(3),
        LabelText.ReadOrTell(row.Utf8(4)),
        (Limits)(row.Int32(5) & ~Chunks),
        row.Text(6),
        row.Text(7),
        row.Boolean(8),
        row.Int32(9) != 0,
        row.Int64(10),
        (row.Int32(5) & Chunks) != 0);
}
