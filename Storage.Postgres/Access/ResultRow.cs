using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>The current row of a result, for what is written once for both databases.</summary>
/// <param name="row">The row.</param>
internal sealed class ResultRow(Row row) : ISqlRow
{
    public bool IsNull(int column) => row.IsNull(column);

    public bool Boolean(int column) => row.Boolean(column);

    public int Int32(int column) => row.Int32(column);

    public long Int64(int column) => row.Int64(column);

    public string Text(int column) => row.Text(column)!;

    public string? NullableText(int column) => row.Text(column);

    public string Name(int column) => row.Text(column)!;

    public ReadOnlySpan<byte> Utf8(int column) => row.Utf8(column);

    public ReadOnlyMemory<byte> Bytes(int column) => row.Memory(column);

    public TaskId Id(int column) => row.Id(column);

    public TaskId? NullableId(int column) => row.NullableId(column);

    public LeaseToken Token(int column) => row.Token(column);
}
