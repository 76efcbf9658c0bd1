using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads tasks in the form that gateways return.</summary>
internal static class RecordReader
{
    private static readonly string ById = TextWhere("t.id = $1");
    private static readonly string ByKey = TextWhere("t.key = $1");

    private const string Result = """
        SELECT v.value FROM tasks t JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt
        WHERE t.id = ?1 AND t.state = 4
        """;

    internal static TaskRecord? Read(ReadSession session, TaskId id)
    {
        var statement = session.Get(ById);
        statement.Bind(1, id);
        return ReadOne(session, statement);
    }

    internal static TaskRecord? Read(ReadSession session, long key)
    {
        var statement = session.Get(ByKey);
        statement.Bind(1, key);
        return ReadOne(session, statement);
    }

    /// <summary>Returns the result of a succeeded task; empty if there is none.</summary>
    internal static ReadOnlyMemory<byte> ReadResult(ReadSession session, TaskId id)
    {
        var row = session.Get(Result);
        row.Bind(1, id);
        ReadOnlyMemory<byte> value = default;
        while (row.Step())
            value = row.Copy(0);
        return value;
    }

    private static string TextWhere(string condition) =>
        SqliteSql.TextOf($"SELECT {RecordColumns.All} FROM ot.tasks t {RecordColumns.Joins} WHERE {condition}");

    private static TaskRecord? ReadOne(ReadSession session, Statement statement)
    {
        if (!statement.Step())
            return null;
        var record = RecordColumns.Read(new StatementRow(statement, session.Names));
        statement.Reset();
        return record;
    }
}
