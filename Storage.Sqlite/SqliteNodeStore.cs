using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The nodes in the SQLite file.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteNodeStore(SqliteDatabase database) : INodeStore
{
    /// <summary>
    /// The bit in <c>enforces</c>, above those of <see cref="Limits"/>, that marks a node that evaluates chunks.
    /// </summary>
    private const int Chunks = 256;

    private const string Columns =
        "id, session, instance, slots, labels, enforces, version, address, draining, gone, seen_at";

    // Values of gone: 0 no, 1 said goodbye, 2 forgotten. A forgotten node is hidden from all reads.
    private const string One = $"SELECT {Columns} FROM nodes WHERE id = ?1 AND gone < 2";
    private const string All = $"SELECT {Columns} FROM nodes WHERE gone < 2 ORDER BY id";

    private const string Open = """
        INSERT INTO nodes (id, session, instance, slots, labels, enforces, version, address, draining, gone, seen_at)
        VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8)
        ON CONFLICT (id) DO UPDATE SET session = session + 1, instance = ?2, slots = ?3, labels = ?4, enforces = ?5,
            version = ?6, address = ?7, draining = CASE gone WHEN 2 THEN 0 ELSE draining END, gone = 0, seen_at = ?8
        """;

    private const string Leave = "UPDATE nodes SET gone = 1, seen_at = ?3 WHERE id = ?1 AND session = ?2 AND gone < 2";
    private const string Drain = "UPDATE nodes SET draining = ?2 WHERE id = ?1 AND gone < 2";

    // The row stays for its session number: later sessions need higher numbers than those that queues remember as over.
    private const string Forget = "UPDATE nodes SET gone = 2 WHERE id = ?1 AND gone < 2";

    /// <inheritdoc/>
    public Task<NodeRow?> Get(string id) => database.Readers.ShortTask(session => Read(session.Get(One), id));

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeRow>> List() => database.Readers.ShortTask(session =>
    {
        var nodes = ImmutableArray.CreateBuilder<NodeRow>();
        var row = session.Get(All);
        while (row.Step())
            nodes.Add(Read(row));
        return nodes.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at) => database.Write(connection =>
    {
        var open = connection.Get(Open);
        open.Bind(1, id);
        open.Bind(2, registration.Instance);
        open.Bind(3, (long)registration.Slots);
        open.BindUtf8(4, LabelText.Write(registration.Labels));
        open.Bind(5, (int)registration.Enforces | (registration.EvaluatesChunks ? Chunks : 0));
        open.Bind(6, registration.Version);
        open.Bind(7, registration.Address);
        open.Bind(8, at);
        open.Run();
        return Read(connection.Get(One), id)!;
    });

    /// <inheritdoc/>
    public Task Close(string id, long session, long at) => database.Write(connection =>
    {
        var leave = connection.Get(Leave);
        leave.Bind(1, id);
        leave.Bind(2, session);
        leave.Bind(3, at);
        return leave.Run();
    });

    /// <inheritdoc/>
    public Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null) => database.Write(connection =>
    {
        var drain = connection.Get(Drain);
        drain.Bind(1, id);
        drain.Bind(2, draining);
        return AuditWriter.ChangeOne(connection, drain, audit);
    });

    /// <inheritdoc/>
    public Task<bool> Delete(string id, AuditRecord? audit = null) => database.Write(connection =>
    {
        var forget = connection.Get(Forget);
        forget.Bind(1, id);
        return AuditWriter.ChangeOne(connection, forget, audit);
    });

    private static NodeRow? Read(Statement statement, string id)
    {
        statement.Bind(1, id);
        NodeRow? node = null;
        while (statement.Step())
            node = Read(statement);
        return node;
    }

    private static NodeRow Read(Statement row) => new(
        row.Text(0)!,
        row.Int64(1),
        row.Text(2)!,
        row.Int32(3),
        LabelText.ReadOrTell(row.Bytes(4)),
        (Limits)(row.Int32(5) & 255),
        row.Text(6)!,
        row.Text(7)!,
        row.Int32(8) != 0,
        row.Int32(9) != 0,
        row.Int64(10),
        (row.Int32(5) & Chunks) != 0);
}
