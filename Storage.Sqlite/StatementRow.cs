using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The current row of a statement, for what is written once for both databases.</summary>
/// <param name="row">The statement.</param>
/// <param name="names">Shared instances of names; null to make a string for each row.</param>
internal sealed class StatementRow(Statement row, InternTable<string>? names = null) : ISqlRow
{
    public bool IsNull(int column) => row.IsNull(column);

    public bool Boolean(int column) => row.Int32(column) != 0;

    public int Int32(int column) => row.Int32(column);

    public long Int64(int column) => row.Int64(column);

    public string Text(int column) => row.Text(column)!;

    public string? NullableText(int column) => row.Text(column);

    public string Name(int column) => names?.Get(row.Bytes(column)) ?? row.Text(column)!;

    public ReadOnlySpan<byte> Utf8(int column) => row.Bytes(column);

    public ReadOnlyMemory<byte> Bytes(int column) => row.Copy(column);

    public TaskId Id(int column) => row.Id(column);

    public TaskId? NullableId(int column) => row.NullableId(column);

    public LeaseToken Token(int column) => row.Token(column);
}
